//! Bodies that are made piece by piece, while the client already reads.

use std::cell::Cell;
use std::fmt;
use std::future::poll_fn;
use std::task::Poll;

use super::error::Error;
use super::exchange::{HandlerCall, Request};
use super::reply::IntoResponse;

/// A body that is made piece by piece: an async closure writes it to a [`Sink`], after the handler and all middleware
/// have returned.
///
/// If [streaming](crate::App::streaming) is on, each piece is sent when it is written, so that the client has the first
/// before the last is made, and the body may be larger than a Lambda response otherwise can be (200 MB instead of 6
/// MB). If it is off, the same handler works as well: the pieces are joined and sent as one body, as text if they are
/// UTF-8.
///
/// The closure owns what it captures, and reads the request from [`Sink::request`]. Status, headers and cookies are
/// those of the [`Response`](crate::Response) around it; the content type is `application/octet-stream` unless that
/// `Response` has another.
///
/// ```
/// use gatewire::testing::Client;
/// use gatewire::{App, Request, Response, Stream};
///
/// fn countdown(_: Request<'_>) -> Response<'static, impl gatewire::IntoResponse + use<>> {
///     let body = Stream::new(async |mut sink| {
///         let from: u32 = sink.request().param_as("from")?;
///         for number in (1..=from).rev() {
///             sink.write(format!("{number}\n")).await;
///         }
///         Ok(())
///     });
///     Response::new(body).content_type("text/plain; charset=utf-8")
/// }
///
/// let client = Client::new(App::new().streaming(true).get("/countdown/{from}", countdown))?;
/// assert_eq!(client.get("/countdown/3").send().text(), "3\n2\n1\n");
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
///
/// A stream of another crate is written in a loop:
/// `while let Some(chunk) = stream.next().await { sink.write(chunk?).await }`. With the feature `futures`,
/// `Stream::from_stream` is that loop.
///
/// # When it fails
///
/// An error or a panic before the first piece is treated like that of any handler: error handlers answer it. After the
/// first piece, the status has been sent, so the error cannot be answered any more: the invocation is reported as
/// failed, and the gateway cuts the response off. A body that is joined always fails before anything has been sent.
///
/// If nobody takes the body any more, the closure is dropped at its `await`. It is not called at all if the response
/// has no body: for `HEAD` requests that [`App::automatic_head`](crate::App::automatic_head) answers, and the statuses
/// 204 and 304.
#[must_use = "return it from the handler"]
pub struct Stream<P> {
    producer: P,
}

impl<P> Stream<P>
where
    P: for<'r> AsyncFnOnce(Sink<'r>) -> Result<(), Error> + 'static,
{
    /// Creates the body that `producer` writes.
    pub fn new(producer: P) -> Self {
        Self { producer }
    }
}

#[cfg(feature = "futures")]
impl Stream<()> {
    /// Creates a body from the pieces of `stream`: any type that implements the `Stream` of the crate futures-core,
    /// such as a file, a response of another server, or rows of a database. An error among the pieces ends the body, as
    /// an error of a [`new`](Self::new) body does.
    ///
    /// The stream is only polled for the next piece when the one before has been sent.
    ///
    /// ```
    /// use std::pin::Pin;
    /// use std::task::{Context, Poll};
    ///
    /// use gatewire::testing::Client;
    /// use gatewire::{App, Request, Stream};
    ///
    /// struct Lines(u32);
    ///
    /// impl futures_core::Stream for Lines {
    ///     type Item = std::io::Result<String>;
    ///
    ///     fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
    ///         self.0 += 1;
    ///         Poll::Ready((self.0 <= 3).then(|| Ok(format!("line {}\n", self.0))))
    ///     }
    /// }
    ///
    /// let app = App::new().streaming(true).get("/lines", |_: Request| Stream::from_stream(Lines(0)));
    /// assert_eq!(Client::new(app)?.get("/lines").send().text(), "line 1\nline 2\nline 3\n");
    /// # Ok::<(), gatewire::error::BuildError>(())
    /// ```
    pub fn from_stream<S, C, E>(stream: S) -> Stream<impl for<'r> AsyncFnOnce(Sink<'r>) -> Result<(), Error> + 'static>
    where
        S: futures_core::Stream<Item = Result<C, E>> + 'static,
        C: AsRef<[u8]>,
        E: Into<Error>,
    {
        Stream::new(async move |mut sink: Sink<'_>| {
            let mut stream = std::pin::pin!(stream);
            while let Some(piece) = poll_fn(|context| stream.as_mut().poll_next(context)).await {
                sink.write(piece.map_err(Into::into)?).await;
            }
            Ok(())
        })
    }
}

impl<P> fmt::Debug for Stream<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").finish_non_exhaustive()
    }
}

impl<P> IntoResponse for Stream<P>
where
    P: for<'r> AsyncFnOnce(Sink<'r>) -> Result<(), Error> + 'static,
{
    fn respond(self, req: Request<'_>) {
        // In the arena, so that answering with a stream allocates nothing.
        req.exchange.values.insert(Kept(Cell::new(Some(self.producer))));
        req.exchange.producer.set(Some(start::<P>));
        req.exchange.buffer.borrow_mut().set_stream(Some("application/octet-stream"));
    }

    #[cfg(feature = "openapi")]
    fn describe_response(docs: &mut super::ResponseDocs) {
        docs.body::<[u8]>("application/octet-stream");
    }
}

struct Kept<P>(Cell<Option<P>>);

fn start<'r, P>(req: Request<'r>) -> HandlerCall<'r>
where
    P: for<'s> AsyncFnOnce(Sink<'s>) -> Result<(), Error> + 'static,
{
    let Some(producer) = req.exchange.values.get::<Kept<P>>().and_then(|kept| kept.0.take()) else {
        return HandlerCall::Done;
    };
    HandlerCall::Later(req.exchange.arena.pin(async move {
        if let Err(error) = producer(Sink { req }).await {
            req.fail_stream(error);
        }
    }))
}

/// The writer for the body of a [`Stream`].
pub struct Sink<'r> {
    req: Request<'r>,
}

impl<'r> Sink<'r> {
    /// Returns the request that is answered.
    ///
    /// Until the first piece is written, changes of its [`response`](Request::response) still count.
    pub fn request(&self) -> Request<'r> {
        self.req
    }

    /// Writes a piece of the body. If the response is streamed, the piece is sent while this is awaited. It is copied
    /// once; a piece of several KB costs little more than a byte. An empty piece is ignored.
    ///
    /// It does not fail: if nobody takes the body any more, the future that awaits this is dropped.
    pub async fn write(&mut self, piece: impl AsRef<[u8]>) {
        let piece = piece.as_ref();
        if piece.is_empty() {
            return;
        }
        self.req.exchange.buffer.borrow_mut().write_piece(piece);
        // The engine sends the piece when the producer returns `Pending`.
        let mut waited = false;
        poll_fn(|context| {
            if std::mem::replace(&mut waited, true) {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}

impl fmt::Debug for Sink<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sink").field("req", &self.req).finish()
    }
}
