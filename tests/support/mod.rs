//! Helpers of several tests.

pub(crate) mod mock_api;

use std::process::Command;

/// Returns a command that runs this program again, through the emulator if there is one.
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
