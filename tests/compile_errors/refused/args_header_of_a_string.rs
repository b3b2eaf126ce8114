use gatewire::extract::Header;

fn show(Header(size): Header<"x-page-size">) -> String {
    size.to_owned()
}

fn main() {
    let _ = gatewire::App::new().get("/", show);
}
