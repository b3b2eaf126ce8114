use gatewire::extract::Header;

struct PageSize(u16);

fn show(Header(size): Header<PageSize>) -> String {
    size.to_string()
}

fn main() {
    let _ = gatewire::App::new().get("/", show);
}
