//! One invocation after the other over one connection, with retries if it fails.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use super::invocation::Invocation;
use super::upload::{JOINED, Sent, Upload};
use crate::invocation_error::InvocationError;
use crate::log::{Level, log, log_failure};
use crate::runtime::api::{
    Address, Connection, Fault, Head, Requests, Wait, end_body, end_body_with, error_class, write_report,
};

/// The pauses between the attempts of one step, and so their number: the first retry follows without a pause, since a
/// kept connection that the other side ended is no sign of trouble.
const PAUSES_MS: [u64; 4] = [0, 5, 25, 125];
/// The longest pause while there is nothing to do.
const IDLE_LIMIT: Duration = Duration::from_secs(1);

/// The future that is awaited beside the next event: once it is ready, no further event is taken.
pub(super) type Stop = Pin<Box<dyn Future<Output = ()>>>;

/// The outcome of the request for the next event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Event,
    Stop,
}

/// The reason why no further event can be received.
#[derive(Debug)]
pub(super) enum ClientError {
    /// After several attempts.
    Fault(Fault),
    /// The service refuses to go on.
    Refused { what: &'static str, status: u16, answer: String },
    /// The service sends events that cannot be answered.
    NoRequestId,
}

impl std::fmt::Display for ClientError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fault(fault) => fault.fmt(f),
            Self::Refused { what, status, answer } => {
                write!(f, "the Runtime API answers {what} with status {status}: {answer}")
            }
            Self::NoRequestId => {
                f.write_str("the Runtime API sends events without a usable Lambda-Runtime-Aws-Request-Id")
            }
        }
    }
}

impl std::error::Error for ClientError {}

impl From<Fault> for ClientError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// The settings of a client.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    /// True if a response and the request for the next event are one write.
    pub(super) pipelined: bool,
    /// True if failures of the app are logged elsewhere.
    pub(super) quiet: bool,
}

pub(super) struct Client {
    address: Address,
    requests: Requests,
    connection: Connection,
    invocation: Invocation,
    wait: Wait,
    pipelined: bool,
    /// True if the access log has the failures of the app.
    quiet: bool,
    /// True if the next event was requested on this connection.
    asked: bool,
    /// The outcome of a request that was sent ahead of time.
    asked_ahead: Option<Result<(), Fault>>,
    stop: Option<Stop>,
    /// Reused for the head of every `POST`.
    head: Vec<u8>,
    report: Vec<u8>,
    /// Reused for the pieces of a response that is sent while it is made.
    chunk: Vec<u8>,
    /// The progress of such a response.
    sent: Sent,
}

impl Client {
    pub(super) fn new(address: Address, wait: Wait, settings: Settings, stop: Option<Stop>) -> Self {
        let Settings { pipelined, quiet } = settings;
        Self {
            requests: Requests::new(&address),
            address,
            connection: Connection::new(),
            invocation: Invocation::default(),
            wait,
            pipelined,
            quiet,
            asked: false,
            asked_ahead: None,
            stop,
            head: Vec::new(),
            report: Vec::new(),
            chunk: Vec::new(),
            sent: Sent::Nothing,
        }
    }

    /// The invocation that was received last, and the buffer that holds it.
    pub(super) fn invocation(&self) -> (&Invocation, &[u8]) {
        (&self.invocation, self.connection.buffer())
    }

    /// Receives the next event.
    pub(super) async fn next(&mut self) -> Result<Next, ClientError> {
        let (mut failures, mut idle) = (0, Duration::ZERO);
        loop {
            let error = match self.try_next().await {
                Ok(Received::Event) => return Ok(Next::Event),
                Ok(Received::Stop) => return Ok(Next::Stop),
                Ok(Received::Lost) => {
                    failures = 0;
                    continue;
                }
                // An emulator whose queue has closed, or one that does not wait for long.
                Ok(Received::Nothing) => {
                    std::thread::sleep(idle);
                    idle = (idle * 2).clamp(Duration::from_millis(1), IDLE_LIMIT);
                    failures = 0;
                    continue;
                }
                Err(error @ ClientError::Refused { .. }) => return Err(error),
                Err(error) => error,
            };
            self.disconnect();
            let Some(&pause) = PAUSES_MS.get(failures) else { return Err(error) };
            std::thread::sleep(Duration::from_millis(pause));
            failures += 1;
        }
    }

    /// Requests the next event, for callers with work to do before [`next`](Self::next), which returns the outcome.
    pub(super) fn ask_ahead(&mut self) {
        self.asked_ahead = Some(self.ask());
    }

    /// Requests the next event, unless that was done already.
    fn ask(&mut self) -> Result<(), Fault> {
        if !self.asked {
            self.connection.open(&self.address)?;
            self.connection.send(&[self.requests.next(), b"", b""])?;
            self.asked = true;
        }
        Ok(())
    }

    async fn try_next(&mut self) -> Result<Received, ClientError> {
        self.asked_ahead.take().unwrap_or_else(|| self.ask())?;
        if self.stopped_while_waiting().await? {
            return Ok(Received::Stop);
        }
        let mut invocation = Invocation::default();
        let head = self.connection.read_head(|name, value, at| invocation.field(name, value, at))?;
        self.asked = false;
        self.invocation = invocation;
        if head.status == 204 {
            self.connection.skip_body(&head);
            return Ok(Received::Nothing);
        }
        let body = self.connection.read_body(&head);
        if !head.is_success() {
            let answer = body.map_or_else(|fault| fault.to_string(), |body| excerpt(&self.connection.buffer()[body]));
            return Err(ClientError::Refused { what: "the request for the next event", status: head.status, answer });
        }
        let known = invocation.request_id(self.connection.buffer()).is_some();
        match body {
            Ok(body) if known => {
                self.invocation.set_payload(body);
                Ok(Received::Event)
            }
            Ok(_) => Err(ClientError::NoRequestId),
            // The event is lost, but not the invocation: it has failed, and a caller waits for its result.
            Err(fault) if known => {
                self.connection.close();
                self.log_and_report(&InvocationError::new("Runtime.LostPayload", fault.to_string()), false)?;
                Ok(Received::Lost)
            }
            Err(fault) => Err(fault.into()),
        }
    }

    /// Waits for something to read, unless the read itself shall wait; returns whether it is time to stop.
    async fn stopped_while_waiting(&mut self) -> Result<bool, Fault> {
        let Some(stop) = &mut self.stop else {
            self.connection.readable(self.wait).await?;
            return Ok(false);
        };
        let mut readable = pin!(self.connection.readable(self.wait));
        poll_fn(|context| match stop.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Ok(true)),
            Poll::Pending => readable.as_mut().poll(context).map_ok(|()| false),
        })
        .await
    }

    /// Answers the invocation with a response.
    pub(super) fn respond(&mut self, response: &[u8]) -> Result<(), ClientError> {
        let buffer = self.connection.buffer();
        let id = self.invocation.request_id(buffer).unwrap_or_default();
        let invocation_id = self.invocation.invocation_id(buffer);
        self.requests.response(&mut self.head, id, invocation_id, response.len());
        if response.len() <= JOINED {
            self.head.extend_from_slice(response);
            return self.post(b"", false);
        }
        self.post(response, false)
    }

    /// Reports that the app has failed.
    pub(super) fn fail(&mut self, error: &InvocationError) -> Result<(), ClientError> {
        if self.quiet { self.report(error, false) } else { self.log_and_report(error, false) }
    }

    /// `answered`: whether the service may have a response already.
    fn log_and_report(&mut self, error: &InvocationError, answered: bool) -> Result<(), ClientError> {
        // Before the report: Lambda may freeze the process once it has received that.
        log_failure(self.invocation.context(self.connection.buffer()).request_id, error);
        self.report(error, answered)
    }

    fn report(&mut self, error: &InvocationError, answered: bool) -> Result<(), ClientError> {
        let buffer = self.connection.buffer();
        let id = self.invocation.request_id(buffer).unwrap_or_default();
        let invocation_id = self.invocation.invocation_id(buffer);
        let mut report = std::mem::take(&mut self.report);
        write_report(&mut report, error.error_type(), error.message());
        let class = error_class(error.error_type());
        self.requests.error(&mut self.head, id, invocation_id, &class, report.len());
        let posted = self.post(&report, answered);
        self.report = report;
        posted
    }

    /// Posts the body after the head that was written, over a new connection if one is lost. `sent`: whether the
    /// service may have an answer already.
    fn post(&mut self, body: &[u8], mut sent: bool) -> Result<(), ClientError> {
        let mut failures = 0;
        loop {
            let fault = match self.try_post(body, &mut sent, failures > 0) {
                Ok(posted) => return posted,
                Err(fault) => fault,
            };
            self.disconnect();
            let Some(&pause) = PAUSES_MS.get(failures) else { return Err(fault.into()) };
            std::thread::sleep(Duration::from_millis(pause));
            failures += 1;
        }
    }

    /// `sent`: whether the service may have the body already.
    fn try_post(&mut self, body: &[u8], sent: &mut bool, again: bool) -> Result<Result<(), ClientError>, Fault> {
        self.connection.open(&self.address)?;
        let resent = std::mem::replace(sent, true);
        // Once a connection was lost, the event should not be the next thing that is lost.
        let ask = self.pipelined && !again;
        let next = if ask { self.requests.next() } else { b"" };
        let parts: [&[u8]; 3] = if body.is_empty() { [&self.head, next, b""] } else { [&self.head, body, next] };
        let head = match self.connection.send(&parts) {
            Ok(()) => self.connection.read_bare_head()?,
            // A service that refuses a body may say so before it has all of it.
            Err(fault @ Fault::Lost(_)) => {
                let head = self.connection.read_bare_head().map_err(|_| fault)?;
                let judged = self.judge(head.status, resent, String::new());
                self.disconnect();
                return Ok(judged);
            }
            Err(fault) => return Err(fault),
        };
        let answer = self.read_answer(&head);
        self.asked = ask && self.connection.is_open();
        Ok(self.judge(head.status, resent, answer))
    }

    /// Reads the answer to a `POST`, and returns its text if it is a refusal.
    fn read_answer(&mut self, head: &Head) -> String {
        if head.is_success() {
            self.connection.skip_body(head);
            return String::new();
        }
        match self.connection.read_body(head) {
            Ok(body) => excerpt(&self.connection.buffer()[body]),
            Err(fault) => {
                self.connection.close();
                fault.to_string()
            }
        }
    }

    /// Turns the status of the answer to a `POST` into a result.
    fn judge(&self, status: u16, resent: bool, answer: String) -> Result<(), ClientError> {
        match status {
            200..=299 => Ok(()),
            // It has arrived the first time: the service no longer waits for a response to it.
            400 | 403 | 410 if resent => Ok(()),
            500.. => Err(ClientError::Refused { what: "a response", status, answer }),
            _ => {
                let mut path = self.head.split(|&byte| byte == b' ').nth(1).unwrap_or_default().rsplit(|&b| b == b'/');
                let what = String::from_utf8_lossy(path.next().unwrap_or_default());
                let id = String::from_utf8_lossy(path.next().unwrap_or_default());
                let why = if status == 410 { " (the invocation has timed out)" } else { "" };
                log(Level::Warn, &id, &format!("the {what} was refused with status {status}{why}: {answer}"));
                Ok(())
            }
        }
    }

    /// Waits until the snapshot that the service takes of this process is restored. No connection outlives that.
    pub(super) fn restore(&mut self) -> Result<(), ClientError> {
        self.connection.open(&self.address)?;
        self.connection.send(&[&self.requests.restore(), b"", b""])?;
        let head = self.connection.read_bare_head()?;
        let body = self.connection.read_body(&head);
        let answer = body.map_or_else(|fault| fault.to_string(), |body| excerpt(&self.connection.buffer()[body]));
        self.disconnect();
        if head.is_success() {
            return Ok(());
        }
        Err(ClientError::Refused { what: "the request for the restored snapshot", status: head.status, answer })
    }

    fn disconnect(&mut self) {
        self.connection.close();
        self.asked = false;
    }
}

/// A response that is sent while it is made.
impl Client {
    /// The invocation that was received last, the buffer that holds it, and the sink of a response that is streamed.
    pub(super) fn upload(&mut self) -> (&Invocation, &[u8], Upload<'_>) {
        // The service may have ended the connection after the event, or sent more than that. If no other connection can
        // be opened, sending will fail.
        if self.connection.has_unread() {
            self.connection.close();
        }
        let _ = self.connection.open(&self.address);
        let Self { connection, requests, invocation, head, chunk, sent, .. } = self;
        *sent = Sent::Nothing;
        (invocation, connection.buffer(), Upload { connection, requests, invocation, head, chunk, sent })
    }

    /// Returns whether part of a response may have left.
    pub(super) const fn has_begun(&self) -> bool {
        !matches!(self.sent, Sent::Nothing)
    }

    /// Ends the response that was streamed; `error` is the reason if it was cut off.
    pub(super) fn end(&mut self, error: Option<&InvocationError>) -> Result<(), ClientError> {
        let lost = match std::mem::take(&mut self.sent) {
            Sent::Lost(fault) => Err(fault),
            Sent::Nothing | Sent::Begun => self.send_end(error),
        };
        // A service that refuses a body may say so before it has all of it, and end the connection.
        let answer = match lost {
            Ok(()) => self.connection.read_bare_head(),
            Err(fault @ Fault::Lost(_)) => self.connection.read_bare_head().map_err(|_| fault),
            Err(fault) => Err(fault),
        };
        match answer {
            Ok(head) => {
                let text = self.read_answer(&head);
                self.judge(head.status, false, text)
            }
            Err(fault) => {
                // The bytes that were sent are gone, and cannot be sent again: they were not kept. So it has failed,
                // unless the service knows by itself, which it then says.
                self.disconnect();
                self.log_and_report(&InvocationError::new("Runtime.StreamLost", fault.to_string()), true)
            }
        }
    }

    fn send_end(&mut self, error: Option<&InvocationError>) -> Result<(), Fault> {
        if let Some(error) = error.filter(|_| !self.quiet) {
            log_failure(self.invocation.context(self.connection.buffer()).request_id, error);
        }
        self.chunk.clear();
        match error {
            None => end_body(&mut self.chunk),
            Some(error) => end_body_with(&mut self.chunk, &mut self.report, error.error_type(), error.message()),
        }
        self.connection.send(&[&self.chunk, b"", b""])
    }
}

enum Received {
    Event,
    /// An event that did not arrive whole; it was reported.
    Lost,
    /// The service had none.
    Nothing,
    Stop,
}

/// The part that fits a log line.
fn excerpt(answer: &[u8]) -> String {
    String::from_utf8_lossy(&answer[..answer.len().min(300)]).into_owned()
}
