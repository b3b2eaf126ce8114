use gatewire::App;
fn main() {
    App::new().state(std::rc::Rc::new(5));
}
