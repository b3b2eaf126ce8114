//! What several tests share.

pub(crate) mod mock_api;

use std::process::Command;

/// This program once more; through the emulator, where it is run by one.
pub(crate) fn this_program() -> Command {
    let program = std::env::current_exe().unwrap();
    let emulator = std::env::var_os("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER");
    match emulator.filter(|_| cfg!(target_arch = "aarch64")) {
        Some(emulator) => {
            let mut command = Command::new(emulator);
            command.arg(program);
            command
        }
        None => Command::new(program),
    }
}
