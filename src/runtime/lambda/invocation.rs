//! An invocation under `lambda_runtime`, and its failure.

use lambda_runtime::Diagnostic;
use serde_json::value::RawValue;

use crate::invocation_error::InvocationError;
use crate::log::log_failure;
use crate::runtime::streaming_invocation::StreamingInvocation;

/// An invocation that returns the response, or streams it.
pub(super) type Invocation = StreamingInvocation<Result<Box<RawValue>, InvocationError>>;

/// The failure as `lambda_runtime` reports it. It is logged here, unless `quiet` says that the access log has it.
#[cold]
pub(super) fn diagnostic(request_id: &str, error: &InvocationError, quiet: bool) -> Diagnostic {
    if !quiet {
        log_failure(request_id, error);
    }
    Diagnostic { error_type: error.error_type().to_owned(), error_message: error.message().to_owned() }
}
