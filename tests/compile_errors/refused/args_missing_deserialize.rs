use gatewire::extract::Query;
use gatewire::App;

struct Page {
    page: u32,
}

gatewire::input!(Page);

fn main() {
    let _ = App::new().get("/", |Query(page): Query<Page>| page.page.to_string());
}
