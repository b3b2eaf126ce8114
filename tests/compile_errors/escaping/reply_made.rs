
fn main() {
    let _ = gatewire::Reply(());
}
