//! A Runtime API on the loopback interface, as a function sees it, with faults on request.
//!
//! It hands out invocations from a queue and records the posts, by the rules of the real one: it hands out an event once;
//! only the invocation in flight can be answered, once, with its identifiers; a request for the next event before that is
//! forbidden. When the queue is empty it answers 500, after which a function must end, or it waits for more events.

use std::collections::{HashMap, VecDeque};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The longest wait of the service.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
const RESPONSE_LIMIT: usize = 6 * 1024 * 1024 + 100;
const BASE: &str = "/2018-06-01/runtime/";
const EXTENSIONS: &str = "/2020-01-01/extension/";

/// How the body of an event is framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Length,
    /// In chunks of this many bytes.
    Chunks(usize),
    /// Until the connection ends.
    Close,
}

/// An invocation that the service hands out.
#[derive(Clone, Debug)]
pub(crate) struct Invocation {
    pub(crate) id: String,
    /// Lines of fields in addition to the identifiers, each with its line break.
    pub(crate) fields: String,
    pub(crate) payload: Vec<u8>,
    pub(crate) framing: Framing,
}

impl Invocation {
    pub(crate) fn new(id: impl Into<String>, payload: impl Into<Vec<u8>>) -> Self {
        let fields = "Content-Type: application/json\r\nLambda-Runtime-Deadline-Ms: 4102444800000\r\n".to_owned();
        Self { id: id.into(), fields, payload: payload.into(), framing: Framing::Length }
    }

    pub(crate) fn fields(mut self, fields: &str) -> Self {
        fields.clone_into(&mut self.fields);
        self
    }

    pub(crate) fn framing(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    /// Returns the identifier of the handed-out event, which the function must send back.
    fn invocation_id(&self) -> String {
        format!("inv-{}", self.id)
    }

    /// Writes the answer that hands out the invocation.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let Self { id, fields, payload, .. } = self;
        let own = self.invocation_id();
        let _ = write!(
            out,
            "HTTP/1.1 200 OK\r\n{fields}Lambda-Runtime-Aws-Request-Id: {id}\r\nLambda-Runtime-Invocation-Id: {own}\r\n"
        );
        match self.framing {
            Framing::Length => {
                let _ = write!(out, "Content-Length: {}\r\n\r\n", payload.len());
                out.extend_from_slice(payload);
            }
            Framing::Chunks(size) => {
                out.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
                for chunk in payload.chunks(size) {
                    let _ = write!(out, "{:x}\r\n", chunk.len());
                    out.extend_from_slice(chunk);
                    out.extend_from_slice(b"\r\n");
                }
                out.extend_from_slice(b"0\r\n\r\n");
            }
            Framing::Close => {
                out.extend_from_slice(b"Connection: close\r\n\r\n");
                out.extend_from_slice(payload);
            }
        }
    }
}

/// The place at which a connection is cut. Exchanges are counted from 0, over all connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// After this many bytes of the request are read.
    Request { exchange: usize, after: usize },
    /// After this many bytes of the answer are written.
    Answer { exchange: usize, after: usize },
}

/// Faults of the service.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    /// Each cut happens once.
    pub(crate) cuts: Vec<Cut>,
    /// Bytes that replace the answer to an exchange, which then has no effect; and whether the connection ends.
    pub(crate) answers: HashMap<usize, (Vec<u8>, bool)>,
    /// Bytes that are sent after the answer to an exchange.
    pub(crate) extra: HashMap<usize, Vec<u8>>,
    /// The largest number of bytes that are sent at once; 0 means no limit.
    pub(crate) piece: usize,
    /// If set, the service waits for more events when it has none, as the real one does.
    pub(crate) waits: bool,
    /// If set, a body in chunks is answered as soon as its head arrives.
    pub(crate) early: bool,
    /// If set, there is no Extensions API.
    pub(crate) no_extensions: bool,
    /// The delay of the answer to an exchange.
    pub(crate) delay: HashMap<usize, Duration>,
}

/// A post that the service accepted.
#[derive(Clone, Debug)]
pub(crate) struct Posted {
    /// The path below that of the Runtime API: `invocation/ID/response`, `invocation/ID/error`, `init/error`.
    pub(crate) path: String,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// The chunks of the body, if it came in chunks.
    pub(crate) chunks: Vec<Vec<u8>>,
    /// The lines after the last chunk.
    pub(crate) trailers: String,
    /// The time since the event was handed out.
    pub(crate) took: Duration,
}

impl Posted {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        field(&self.head, name)
    }

    pub(crate) fn trailer(&self, name: &str) -> Option<&str> {
        field(&self.trailers, name)
    }
}

/// The body of a request.
#[derive(Default)]
struct Body {
    bytes: Vec<u8>,
    chunks: Vec<Vec<u8>>,
    trailers: String,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Invocation>,
    in_flight: HashMap<String, (String, Instant)>,
    posted: Vec<Posted>,
    /// Chunks that have arrived, including those of incomplete bodies.
    arrived: Vec<Vec<u8>>,
    /// `POST`s that were refused, by status.
    refused: Vec<u16>,
    cuts: Vec<Cut>,
    /// The request lines of the first exchanges.
    lines: Vec<String>,
    /// The time of each request for an event.
    asked: Vec<Instant>,
    /// The number of requests for the restored snapshot.
    restores: usize,
    /// The steps of extensions, each with the number of events that were requested before.
    extensions: Vec<(String, usize)>,
}

impl State {
    /// Keeps the request line, unless there are many already, since some runs are long.
    fn note(&mut self, head: &str) {
        if self.lines.len() < 64 {
            self.lines.push(head.lines().next().unwrap_or_default().to_owned());
        }
    }
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    faults: Faults,
    concurrency: usize,
    exchanges: AtomicUsize,
    connections: AtomicUsize,
    over: AtomicBool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The service; dropping the value ends it.
pub(crate) struct MockApi {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

impl MockApi {
    pub(crate) fn start(invocations: Vec<Invocation>, faults: Faults) -> Self {
        Self::with_concurrency(invocations, faults, 1)
    }

    /// Starts a service that hands out `concurrency` events at a time.
    pub(crate) fn with_concurrency(invocations: Vec<Invocation>, faults: Faults, concurrency: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = State { queue: invocations.into(), cuts: faults.cuts.clone(), ..State::default() };
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            changed: Condvar::new(),
            faults,
            concurrency,
            exchanges: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            over: AtomicBool::new(false),
        });
        let accepting = Arc::clone(&shared);
        let acceptor = std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if accepting.over.load(Ordering::SeqCst) {
                    return;
                }
                accepting.connections.fetch_add(1, Ordering::SeqCst);
                let shared = Arc::clone(&accepting);
                std::thread::spawn(move || {
                    Served { stream, shared, received: Vec::new(), arrived: Instant::now() }.serve()
                });
            }
        });
        Self { address, shared, acceptor: Some(acceptor) }
    }

    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn posted(&self) -> Vec<Posted> {
        self.shared.state().posted.clone()
    }

    /// Returns the posts since the last call; a long run has no room for all of them.
    pub(crate) fn take_posted(&self) -> Vec<Posted> {
        std::mem::take(&mut self.shared.state().posted)
    }

    /// Returns the request lines of the first exchanges, including those with replaced answers.
    pub(crate) fn request_lines(&self) -> Vec<String> {
        self.shared.state().lines.clone()
    }

    pub(crate) fn refused(&self) -> Vec<u16> {
        self.shared.state().refused.clone()
    }

    /// Returns the identifiers of events that were handed out and not answered.
    pub(crate) fn unanswered(&self) -> Vec<String> {
        self.shared.state().in_flight.keys().cloned().collect()
    }

    /// Returns the number of requests for the restored snapshot.
    pub(crate) fn restores(&self) -> usize {
        self.shared.state().restores
    }

    /// Returns the requests of extensions, each with the number of events that were requested before.
    pub(crate) fn extensions(&self) -> Vec<(String, usize)> {
        self.shared.state().extensions.clone()
    }

    /// Returns the time of each request for an event.
    pub(crate) fn asked(&self) -> Vec<Instant> {
        self.shared.state().asked.clone()
    }

    /// Puts events at the end of the queue.
    pub(crate) fn push(&self, invocations: impl IntoIterator<Item = Invocation>) {
        self.shared.state().queue.extend(invocations);
        self.shared.changed.notify_all();
    }

    /// Returns whether at least `count` events have been requested. A test that must not block calls this instead of waiting.
    pub(crate) fn has_requests(&self, count: usize) -> bool {
        self.shared.state().asked.len() >= count
    }

    /// Waits until a chunk has arrived, whether or not its body is complete.
    pub(crate) fn wait_for_chunk(&self, chunk: &[u8]) {
        self.wait(|state| state.arrived.iter().any(|arrived| arrived == chunk));
    }

    /// Waits until `count` posts have arrived.
    pub(crate) fn wait_for_posts(&self, count: usize) {
        self.wait(|state| state.posted.len() >= count);
    }

    /// Waits until `count` events have been requested.
    pub(crate) fn wait_for_requests(&self, count: usize) {
        self.wait(|state| state.asked.len() >= count);
    }

    fn wait(&self, reached: impl Fn(&State) -> bool) {
        let state = self.shared.state();
        let waited = self.shared.changed.wait_timeout_while(state, PATIENCE, |state| !reached(state));
        assert!(!waited.unwrap_or_else(PoisonError::into_inner).1.timed_out(), "the function does nothing");
    }
}

impl Drop for MockApi {
    fn drop(&mut self) {
        let state = self.shared.state();
        self.shared.over.store(true, Ordering::SeqCst);
        drop(state);
        self.shared.changed.notify_all();
        // A connection wakes the acceptor.
        let _ = TcpStream::connect(self.address);
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

/// A connection of a function.
struct Served {
    stream: TcpStream,
    shared: Arc<Shared>,
    received: Vec<u8>,
    /// The time at which the last of these bytes arrived.
    arrived: Instant,
}

impl Served {
    fn serve(mut self) {
        let set = self.stream.set_nodelay(true).and_then(|()| self.stream.set_read_timeout(Some(PATIENCE)));
        if set.is_err() {
            return;
        }
        let mut answer = Vec::new();
        while let Some((exchange, head, body)) = self.read_request() {
            let arrived = self.arrived;
            self.shared.state().note(&head);
            answer.clear();
            let mut last = false;
            let answered = self.shared.faults.early && !body.chunks.is_empty();
            match self.shared.faults.answers.get(&exchange) {
                Some((bytes, close)) => {
                    answer.extend_from_slice(bytes);
                    last = *close;
                }
                None => last |= self.answer(&head, body, arrived, &mut answer),
            }
            if let Some(extra) = self.shared.faults.extra.get(&exchange) {
                answer.extend_from_slice(extra);
            }
            if let Some(delay) = self.shared.faults.delay.get(&exchange) {
                std::thread::sleep(*delay);
            }
            if answered {
                answer.clear();
            }
            if !self.send(exchange, &answer) || last {
                return;
            }
        }
    }

    /// Returns a cut of this exchange, if there is one that has not happened.
    fn cut(&self, of: impl Fn(&Cut) -> Option<usize>) -> Option<usize> {
        let mut state = self.shared.state();
        let index = state.cuts.iter().position(|cut| of(cut).is_some())?;
        of(&state.cuts.swap_remove(index))
    }

    /// Reads one request; returns `None` if either side ends the connection.
    fn read_request(&mut self) -> Option<(usize, String, Body)> {
        if self.received.is_empty() {
            self.receive(usize::MAX)?;
        }
        let exchange = self.shared.exchanges.fetch_add(1, Ordering::SeqCst);
        let limit = self.cut(|cut| match *cut {
            Cut::Request { exchange: at, after } if at == exchange => Some(after),
            _ => None,
        });
        let limit = limit.unwrap_or(usize::MAX);
        let end = loop {
            if let Some(end) = find(&self.received, b"\r\n\r\n") {
                break end + 4;
            }
            self.receive(limit)?;
        };
        let head = String::from_utf8(self.received[..end].to_vec()).expect("a head is text");
        if field(&head, "transfer-encoding") == Some("chunked") {
            if self.shared.faults.early {
                let mut answer = Vec::new();
                ok(&mut answer, 202);
                self.stream.write_all(&answer).ok()?;
            }
            let body = self.read_chunks(end, limit)?;
            return Some((exchange, head, body));
        }
        let length = field(&head, "content-length").map_or(0, |length| length.parse().expect("a length"));
        while self.received.len() < end + length {
            self.receive(limit)?;
        }
        if end + length > limit {
            return None;
        }
        let bytes = self.received[end..end + length].to_vec();
        self.received.drain(..end + length);
        Some((exchange, head, Body { bytes, ..Body::default() }))
    }

    /// Reads a body in chunks, and records each as soon as it arrives.
    fn read_chunks(&mut self, mut at: usize, limit: usize) -> Option<Body> {
        let mut body = Body::default();
        loop {
            let line = self.read_line(&mut at, limit)?;
            let size = usize::from_str_radix(&line, 16).expect("the size of a chunk");
            if size == 0 {
                break;
            }
            while self.received.len() < at + size + 2 {
                self.receive(limit)?;
            }
            let chunk = self.received[at..at + size].to_vec();
            assert_eq!(&self.received[at + size..at + size + 2], b"\r\n");
            at += size + 2;
            body.bytes.extend_from_slice(&chunk);
            self.shared.state().arrived.push(chunk.clone());
            self.shared.changed.notify_all();
            body.chunks.push(chunk);
        }
        loop {
            let line = self.read_line(&mut at, limit)?;
            if line.is_empty() {
                break;
            }
            body.trailers.push_str(&line);
            body.trailers.push_str("\r\n");
        }
        if at > limit {
            return None;
        }
        self.received.drain(..at);
        Some(body)
    }

    /// Reads the line at `at` in the received bytes, and moves `at` past it.
    fn read_line(&mut self, at: &mut usize, limit: usize) -> Option<String> {
        loop {
            if let Some(length) = find(&self.received[*at..], b"\r\n") {
                let line = String::from_utf8(self.received[*at..*at + length].to_vec()).expect("a line is text");
                *at += length + 2;
                return Some(line);
            }
            self.receive(limit)?;
        }
    }

    /// Receives more bytes, unless there are more than `limit`.
    fn receive(&mut self, limit: usize) -> Option<()> {
        if self.received.len() >= limit {
            return None;
        }
        let mut more = [0; 32 * 1024];
        match self.stream.read(&mut more) {
            Ok(0) => None,
            Ok(length) => {
                self.arrived = Instant::now();
                self.received.extend_from_slice(&more[..length]);
                Some(())
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Some(()),
            Err(_) => None,
        }
    }

    /// Sends an answer; returns whether the connection stays open.
    fn send(&mut self, exchange: usize, answer: &[u8]) -> bool {
        let after = self.cut(|cut| match *cut {
            Cut::Answer { exchange: at, after } if at == exchange => Some(after),
            _ => None,
        });
        let cut = &answer[..after.unwrap_or(answer.len()).min(answer.len())];
        let piece = match self.shared.faults.piece {
            0 => cut.len().max(1),
            piece => piece,
        };
        cut.chunks(piece).all(|piece| self.stream.write_all(piece).is_ok()) && after.is_none()
    }

    /// Writes the answer to a request; returns whether the connection ends after it.
    fn answer(&self, head: &str, body: Body, arrived: Instant, answer: &mut Vec<u8>) -> bool {
        let Body { bytes: body, chunks, trailers } = body;
        let mut words = head.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if let Some(at) = path.find(EXTENSIONS) {
            return self.extension(method, &path[at + EXTENSIONS.len()..], head, &body, answer);
        }
        // Emulators put a path before it.
        let Some(path) = path.find(BASE).map(|at| &path[at + BASE.len()..]) else {
            error(answer, 404, "Runtime.NotFound");
            return false;
        };
        if (method, path) == ("GET", "invocation/next") {
            return self.hand_out(arrived, answer);
        }
        let mut state = self.shared.state();
        match (method, path) {
            ("GET", "restore/next") => {
                state.restores += 1;
                ok(answer, 200);
            }
            ("POST", "init/error") => {
                let (path, head) = (path.to_owned(), head.to_owned());
                state.posted.push(Posted { path, head, body, chunks, trailers, took: Duration::ZERO });
                ok(answer, 202);
            }
            ("POST", _) if is_answer(path) => {
                let id = path.split('/').nth(1).unwrap_or_default();
                let own = field(head, "lambda-runtime-invocation-id");
                let status = match state.in_flight.get(id) {
                    Some((expected, _)) if own != Some(expected) => 400,
                    // A streamed response may be larger.
                    Some(_) if chunks.is_empty() && body.len() > RESPONSE_LIMIT => 413,
                    Some(_) => 202,
                    None => 400,
                };
                if status == 400 {
                    state.refused.push(status);
                    error(answer, status, "InvalidRequestID");
                    return false;
                }
                let begin = state.in_flight.remove(id).map_or(arrived, |(_, begin)| begin);
                if status == 413 {
                    state.refused.push(status);
                    error(answer, status, "RequestEntityTooLarge");
                } else {
                    let took = arrived.saturating_duration_since(begin);
                    let (path, head) = (path.to_owned(), head.to_owned());
                    state.posted.push(Posted { path, head, body, chunks, trailers, took });
                    ok(answer, 202);
                }
            }
            _ => error(answer, 404, "Runtime.NotFound"),
        }
        drop(state);
        self.shared.changed.notify_all();
        false
    }

    /// Registers an extension for no events, or lets it wait for one.
    fn extension(&self, method: &str, path: &str, head: &str, body: &[u8], answer: &mut Vec<u8>) -> bool {
        let mut state = self.shared.state();
        let asked = state.asked.len();
        match (method, path) {
            ("POST", "register") if self.shared.faults.no_extensions => error(answer, 404, "Extension.NotFound"),
            ("POST", "register") => {
                let name = field(head, "lambda-extension-name").expect("a name");
                state.extensions.push((format!("{name} {}", String::from_utf8_lossy(body)), asked));
                let _ = write!(
                    answer,
                    "HTTP/1.1 200 OK\r\nLambda-Extension-Identifier: e-1\r\nContent-Length: 2\r\n\r\n{{}}"
                );
            }
            ("GET", "event/next") => {
                let identifier = field(head, "lambda-extension-identifier").expect("an identifier");
                state.extensions.push((format!("next {identifier}"), asked));
                self.shared.changed.notify_all();
                while !self.shared.over.load(Ordering::SeqCst) {
                    state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
                return true;
            }
            _ => error(answer, 404, "Extension.NotFound"),
        }
        false
    }

    fn hand_out(&self, arrived: Instant, answer: &mut Vec<u8>) -> bool {
        let mut state = self.shared.state();
        state.asked.push(arrived);
        self.shared.changed.notify_all();
        while self.shared.faults.waits && state.queue.is_empty() && !self.shared.over.load(Ordering::SeqCst) {
            state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.in_flight.len() >= self.shared.concurrency {
            error(answer, 403, "InvalidStateTransition");
            return false;
        }
        let Some(invocation) = state.queue.pop_front() else {
            error(answer, 500, "Runtime.QueueEmpty");
            return false;
        };
        invocation.write(answer);
        state.in_flight.insert(invocation.id.clone(), (invocation.invocation_id(), Instant::now()));
        invocation.framing == Framing::Close
    }
}

fn is_answer(path: &str) -> bool {
    path.starts_with("invocation/") && (path.ends_with("/response") || path.ends_with("/error"))
}

fn ok(answer: &mut Vec<u8>, status: u16) {
    let body = "{\"status\":\"OK\"}\n";
    let length = body.len();
    let _ = write!(
        answer,
        "HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
}

fn error(answer: &mut Vec<u8>, status: u16, error_type: &str) {
    let body = format!("{{\"errorMessage\":\"refused\",\"errorType\":\"{error_type}\"}}\n");
    let length = body.len();
    let _ = write!(
        answer,
        "HTTP/1.1 {status} No\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// Returns the value of a field of a head.
pub(crate) fn field<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut fields = head.lines().filter_map(|line| line.split_once(": "));
    fields.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}
