use std::ops::Range;

use gatewire::extract::Path;

gatewire::check_handler! {
    fn show(Path(range): Path<Range<u32>>) -> String {
        format!("{range:?}")
    }
}

fn main() {}
