use gatewire::extract::Extension;

#[derive(Clone)]
struct User(String);

gatewire::check_handler! {
    pub(crate) async fn show(Extension(user): Extension<User>) -> String {
        user.0
    }
}

fn main() {}
