//! The body of an answer: whole, or as it is made.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};

use super::line::Line;
use crate::gateway::{HttpResponse, MalformedResponse};
use crate::invocation_error::InvocationError;
use crate::log::{log_failure, print};
use crate::runtime::streaming_invocation::StreamingInvocation;

/// An invocation that returns the response, or streams it.
pub(super) type Invocation = StreamingInvocation<Result<HttpResponse, MalformedResponse>>;

/// The body that is sent after the head.
pub(super) enum ResponseBody {
    Whole(Full<Bytes>),
    Streamed(Box<Streamed>),
}

/// A body whose handler goes on as the client takes it. If the client goes away, the handler is dropped with it.
pub(super) struct Streamed {
    invocation: Invocation,
    request_id: String,
    /// True if the access log has the failures of the app.
    quiet: bool,
    sent: u64,
    state: State,
    /// True if it was broken off.
    is_cut: bool,
    /// Printed at the end.
    line: Option<Line>,
}

enum State {
    Going,
    /// It is cut off once the earlier pieces have been sent.
    Failed(InvocationError),
    Over,
}

impl ResponseBody {
    pub(super) fn whole(body: impl Into<Bytes>) -> Self {
        Self::Whole(Full::new(body.into()))
    }

    pub(super) fn streamed(invocation: Invocation, request_id: String, quiet: bool) -> Self {
        Self::Streamed(Box::new(Streamed {
            invocation,
            request_id,
            quiet,
            sent: 0,
            state: State::Going,
            is_cut: false,
            line: None,
        }))
    }

    /// Has the line printed: now, or when all of the answer has been sent.
    pub(super) fn print(&mut self, line: Line) {
        match self {
            Self::Whole(body) => print(format_args!("{}", line.end(body.size_hint().lower(), false))),
            Self::Streamed(body) => body.line = Some(line),
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    /// The server ends the connection over it, without an end of the body.
    type Error = InvocationError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, InvocationError>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body).poll_frame(context).map_err(|never| match never {}),
            Self::Streamed(body) => body.poll_piece(context).map_ok(Frame::data),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(body) if body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Streamed(_) => SizeHint::default(),
        }
    }
}

impl Streamed {
    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, InvocationError>>> {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Going => {}
            State::Failed(error) => return Poll::Ready(Some(Err(error))),
            State::Over => return Poll::Ready(None),
        }
        match self.invocation.poll_piece(context) {
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Ready(Some(Err(error))) => {
                if !self.quiet {
                    log_failure(&self.request_id, &error);
                }
                self.is_cut = true;
                self.state = State::Failed(error);
                // At an error the server drops the pieces that it has not sent; while it waits, it sends them.
                context.waker().wake_by_ref();
                Poll::Pending
            }
            piece => {
                self.state = State::Going;
                if let Poll::Ready(Some(Ok(piece))) = &piece {
                    self.sent += piece.len() as u64;
                }
                piece
            }
        }
    }
}

impl Drop for Streamed {
    fn drop(&mut self) {
        if let Some(line) = self.line.take() {
            print(format_args!("{}", line.end(self.sent, self.is_cut)));
        }
    }
}
