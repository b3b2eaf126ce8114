//! An internal extension that takes no events: with one, Lambda sends `SIGTERM` before it ends the process.
//!
//! The [Extensions API][docs] expects an extension to register before the runtime asks for its first event, and to ask
//! for an event itself, which ends its initialisation. This one asks and never reads the answer: none comes.
//!
//! [docs]: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html

use std::time::Duration;

use super::address::Address;
use super::connection::Connection;
use super::fault::Fault;
use super::request::Requests;

/// The time limit of the registration.
const PATIENCE: Duration = Duration::from_secs(2);

/// A registered extension. It waits for its event on this connection.
#[derive(Debug)]
pub(in crate::runtime) struct Extension {
    _connection: Connection,
}

impl Extension {
    /// Registers the extension.
    ///
    /// # Errors
    /// The reason, for a line of the log.
    pub(in crate::runtime) fn register(address: &Address) -> Result<Self, String> {
        let mut connection = Connection::new();
        let identifier = identify(&mut connection, address).map_err(|fault| fault.to_string())??;
        let request = Requests::new(address).extension_next(&identifier);
        // The service may have ended the connection after its answer.
        connection
            .open(address)
            .and_then(|()| connection.send(&[&request, b"", b""]))
            .map_err(|fault| fault.to_string())?;
        Ok(Self { _connection: connection })
    }
}

/// Returns the identifier that the service assigns, or the reason of its refusal.
fn identify(connection: &mut Connection, address: &Address) -> Result<Result<String, String>, Fault> {
    connection.open(address)?;
    connection.limit_reads(PATIENCE)?;
    connection.send(&[&Requests::new(address).register(), b"", b""])?;
    let mut identifier = None;
    let head = connection.read_head(|name, value, _| {
        if name.eq_ignore_ascii_case(b"lambda-extension-identifier") && value.iter().all(u8::is_ascii_graphic) {
            identifier = Some(String::from_utf8_lossy(value).into_owned());
        }
    })?;
    connection.skip_body(&head);
    if !head.is_success() {
        return Ok(Err(format!("the service answers with status {}", head.status)));
    }
    Ok(identifier.ok_or_else(|| "the service sends no identifier".to_owned()))
}
