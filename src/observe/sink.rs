//! The place that lines go to.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::unwind::discard;

/// A function instead of standard output.
type Write = dyn Fn(&[u8]) + Send + Sync;

/// Receives whole lines, each with its line break.
#[derive(Clone, Default)]
pub(super) enum Sink {
    #[default]
    StandardOutput,
    Function(Arc<Write>),
}

impl Sink {
    /// Writes lines at once. A process whose standard output is closed still does its work.
    pub(super) fn write(&self, lines: &[u8]) {
        if lines.is_empty() {
            return;
        }
        match self {
            // Its buffer is written at each line break, and whole lines pass it by: this is one system call, unless
            // the program has printed part of a line before.
            Self::StandardOutput => drop(std::io::stdout().lock().write_all(lines)),
            Self::Function(function) => {
                if let Err(panic) = catch_unwind(AssertUnwindSafe(|| function(lines))) {
                    // The panic hook has reported it.
                    discard(panic);
                }
            }
        }
    }
}
