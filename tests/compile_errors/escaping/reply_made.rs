// refused: E0423
#![allow(unused)]


fn main() {
    let _ = gatewire::Reply(());
}
