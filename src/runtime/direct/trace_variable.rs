//! The environment variable `_X_AMZN_TRACE_ID`, whose value changes with each invocation.
//!
//! An island of `unsafe`: `std::env::set_var` for each invocation would be unsound while any other thread reads any variable, such
//! as the one that resolves names for an HTTP client, and takes memory that glibc never frees. So the variable is put into the
//! environment once, by `putenv`, and its value is then changed in place.
#![allow(unsafe_code)] // a call of the C library, which keeps a pointer

use std::ffi::{c_char, c_int};
use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

unsafe extern "C" {
    /// POSIX: "the string pointed to by *string* shall become part of the environment, so altering the string shall change
    /// the environment".
    fn putenv(string: *mut c_char) -> c_int;
}

const NAME: &[u8] = b"_X_AMZN_TRACE_ID=";
/// The most bytes of a value: a header with all of its parts has about 150.
const VALUE_LIMIT: usize = 1023;
/// The name, the value and a zero.
const LENGTH: usize = NAME.len() + VALUE_LIMIT + 1;

/// The string in the environment. The last byte is never written, so that it stays zero.
type Text = [AtomicU8; LENGTH];

/// The environment variable `_X_AMZN_TRACE_ID`, for [`Direct::trace_variable`](super::Direct::trace_variable): the AWS SDK reads
/// from it the trace that a request belongs to, for one header of its own requests.
///
/// Its value has the whole header, with the decision on sampling. It is empty while no invocation has begun, and for an invocation
/// that has no such header, or one of more than 1,023 bytes. Lambda sends a header of about 100 bytes with each.
///
/// ```no_run
/// use gatewire::runtime::direct::{Direct, TraceVariable};
/// use gatewire::{App, Request};
///
/// fn main() -> Result<(), gatewire::RunError> {
///     // SAFETY: `main` has just begun, and no other thread has been started.
///     let variable = unsafe { TraceVariable::define() };
///     let engine = App::new().get("/hello", |_: Request| "hello").build()?;
///     Direct::from_env(engine)?.trace_variable(variable).run()
/// }
/// ```
#[derive(Clone, Copy)]
pub struct TraceVariable(&'static Text);

impl TraceVariable {
    /// Puts the variable into the environment of this process, with an empty value. Further calls return the same variable.
    ///
    /// 1 KB of memory belongs to the environment from then on, and is where the value changes. If the variable is later changed in
    /// another way, as by [`std::env::set_var`], it no longer has the trace of an invocation.
    ///
    /// # Panics
    /// If the environment has no room for it.
    ///
    /// # Safety
    /// * As for [`std::env::set_var`], no other thread may read or change the environment during this call, not even by
    ///   [`std::env`](mod@std::env). So call it first in `main`; `#[tokio::main(flavor = "current_thread")]` starts no
    ///   thread before.
    /// * While a runtime [sets the variable](super::Direct::trace_variable), no other thread may read this variable or copy the
    ///   whole environment at the moment in which an invocation begins: it could read past the end of a value that grows.
    ///   Handlers, and tasks of a tokio runtime of one thread, run on the thread that sets it. Other threads may read
    ///   variables with other names.
    pub unsafe fn define() -> Self {
        static DEFINED: OnceLock<&'static Text> = OnceLock::new();
        Self(DEFINED.get_or_init(|| {
            let text: &'static Text =
                Box::leak(Box::new(std::array::from_fn(|at| AtomicU8::new(NAME.get(at).copied().unwrap_or_default()))));
            // SAFETY: The string has a name and ends with a zero, and it lives as long as the process. Its bytes are atomic, so
            // that they may change while the environment points to them. The caller promises that no other thread uses the
            // environment now, or reads this variable while it changes.
            let refused = unsafe { putenv(text.as_ptr().cast_mut().cast()) };
            assert_eq!(refused, 0, "the environment has no room for _X_AMZN_TRACE_ID");
            text
        }))
    }

    /// Changes the value. A header that has no room, and an absent one, make it empty.
    pub(super) fn set(self, header: Option<&str>) {
        let header = header.unwrap_or_default().as_bytes();
        let header = if header.len() <= VALUE_LIMIT && !header.contains(&0) { header } else { b"" };
        let value = &self.0[NAME.len()..LENGTH - 1];
        for (byte, new) in value.iter().zip(header.iter().chain([&0])) {
            byte.store(*new, Relaxed);
        }
    }
}

impl fmt::Debug for TraceVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TraceVariable")
    }
}
