//! Handlers: functions and closures, sync or async, as one type.

use std::any::type_name;
use std::fmt;
use std::marker::PhantomData;
use std::mem::needs_drop;
use std::ops::Deref;
use std::sync::Arc;

use super::arguments::Arguments;
use super::error::Error;
use super::exchange::{HandlerCall, Request};
use super::reply::{IntoResponse, Reply};
#[cfg(feature = "openapi")]
use super::response_docs::{ResponseDocs, Schemas};

/// The marker of a handler that is a plain function or closure. It is inferred; naming it, as in
/// `app.get::<SyncHandler, _>("/", handler)`, makes the compiler report what is wrong with a handler that it refuses.
#[derive(Debug)]
pub struct SyncHandler(());

/// The marker of a handler that is an `async fn` or an async closure: see [`SyncHandler`].
#[derive(Debug)]
pub struct AsyncHandler(());

/// A handler: a function or closure that takes the [`Request`] or typed arguments, sync or async.
///
/// | form | what it may return |
/// | --- | --- |
/// | `fn h(req: Request<'_>) -> Json<Todo<'_>>` | also a value that borrows from the request |
/// | `async fn h(req: Request<'_>) -> Result<Json<Todo<'_>>, Error>` | likewise |
/// | `fn h<'r>(Path(id): Path<u64>, Json(todo): Json<Todo<'r>>) -> Json<Todo<'r>>` | likewise, with a named lifetime |
/// | <code>&#124;req: Request&#124; …</code> | an owned value, or `req.reply(…)` with a borrowed one |
/// | <code>async &#124;req: Request&#124; …</code> | likewise |
/// | <code>&#124;Path(id): Path&lt;u64&gt;, State(db): State&lt;&amp;Db&gt;&#124; …</code> | an owned value |
///
/// The typed arguments are one to eight of [`extract`](crate::extract), which are read before the handler is called.
///
/// A closure has to name the types of its arguments, `|req: Request| …`, or go through [`from_fn`] or
/// [`from_async_fn`], which make `?` work without naming anything. Futures live in the arena of the invocation,
/// so that no call allocates.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a request handler",
    label = "it returns no response, or takes an argument that cannot be read from a request",
    note = "the value that it returns, or that its future has, must be a response: `Json(value)` for a value that is `Serialize`, a string, bytes, `(status, value)` with a `StatusCode` or a `u16`, `Response`, or `Option` or `Result` of those",
    note = "the error of a `Result` must implement `std::error::Error`, or be a `gatewire::Error` or a `StatusCode`; errors of anyhow, eyre and boxes become a `gatewire::Error` by `.or_fail()?`",
    note = "it must take the request, as in `fn h(req: Request<'_>)` or `|req: Request| ..`, or one to eight typed arguments of `gatewire::extract`: `Path<T>`, `Query<T>`, `Json<T>`, `State<&T>`, `Header<Name>` ..",
    note = "a `T` of your own needs `#[derive(serde::Deserialize)]` and `gatewire::input!(T);`, or `gatewire::input!(T<'r>);` if it borrows; one of another crate is `Owned<T>`; borrowed arguments take any lifetime (`Path<&str>`, not `Path<&'static str>`)",
    note = "to see which argument or part is wrong, write `gatewire::check_handler! {{ .. }}` around the function, or name the kind: `.get::<gatewire::handler::SyncHandler, _>(\"/\", handler)`, `AsyncHandler` for an async one"
)]
pub trait Handler<'r, Kind> {
    /// Calls the handler.
    #[doc(hidden)]
    fn call(&'r self, req: Request<'r>, token: Private) -> Progress<'r>;

    /// Describes its typed arguments.
    #[doc(hidden)]
    fn describe(arguments: &mut Arguments) {
        let _ = arguments;
    }

    /// Describes its responses, and the types of its arguments.
    #[cfg(feature = "openapi")]
    #[doc(hidden)]
    fn document(responses: &mut ResponseDocs, schemas: &mut Schemas) {
        let _ = (responses, schemas);
    }
}

/// A value that only this crate can make: nobody else calls handlers.
#[doc(hidden)]
#[derive(Debug)]
pub struct Private(pub(crate) ());

/// [`HandlerCall`], opaque.
#[doc(hidden)]
pub struct Progress<'r>(pub(crate) HandlerCall<'r>);

impl fmt::Debug for Progress<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if matches!(self.0, HandlerCall::Done) { "Progress(done)" } else { "Progress(pending)" })
    }
}

impl<'r, F, O> Handler<'r, SyncHandler> for F
where
    F: Fn(Request<'r>) -> O,
    O: IntoResponse,
{
    #[inline]
    fn call(&'r self, req: Request<'r>, _: Private) -> Progress<'r> {
        self(req).respond(req);
        Progress(HandlerCall::Done)
    }

    #[cfg(feature = "openapi")]
    fn document(responses: &mut ResponseDocs, _: &mut Schemas) {
        O::describe_response(responses);
    }
}

impl<'r, F, O> Handler<'r, AsyncHandler> for F
where
    F: AsyncFn(Request<'r>) -> O,
    O: IntoResponse,
{
    #[inline]
    fn call(&'r self, req: Request<'r>, _: Private) -> Progress<'r> {
        Progress(HandlerCall::Later(req.exchange.arena.pin(async move { self(req).await.respond(req) })))
    }

    #[cfg(feature = "openapi")]
    fn document(responses: &mut ResponseDocs, _: &mut Schemas) {
        O::describe_response(responses);
    }
}

/// A handler with its type erased, once, when it is registered.
pub(crate) trait DynHandler: Send + Sync {
    fn call<'r>(&'r self, req: Request<'r>) -> HandlerCall<'r>;

    /// Describes the typed arguments, and returns the Rust name of the handler.
    fn describe(&self, arguments: &mut Arguments) -> &'static str {
        let _ = arguments;
        type_name::<Self>()
    }

    /// Describes the responses, and the types of the arguments.
    #[cfg(feature = "openapi")]
    fn document(&self, responses: &mut ResponseDocs, schemas: &mut Schemas) {
        let _ = (responses, schemas);
    }
}

struct Erased<F, Kind>(F, PhantomData<fn() -> Kind>);

impl<F, Kind: 'static> DynHandler for Erased<F, Kind>
where
    F: for<'r> Handler<'r, Kind> + Send + Sync + 'static,
{
    #[inline]
    fn call<'r>(&'r self, req: Request<'r>) -> HandlerCall<'r> {
        Handler::call(&self.0, req, Private(())).0
    }

    fn describe(&self, arguments: &mut Arguments) -> &'static str {
        <F as Handler<'static, Kind>>::describe(arguments);
        type_name::<F>()
    }

    #[cfg(feature = "openapi")]
    fn document(&self, responses: &mut ResponseDocs, schemas: &mut Schemas) {
        <F as Handler<'static, Kind>>::document(responses, schemas);
    }
}

/// A handler whose type is erased, shared by all clones of its route.
#[derive(Clone)]
pub(crate) enum Endpoint {
    /// A function, or a closure that captures nothing.
    Stateless(&'static dyn DynHandler),
    Shared(Arc<dyn DynHandler>),
}

impl Endpoint {
    /// Erases the type of a handler. One without captures takes no memory, so an app of functions allocates nothing for
    /// its handlers while it starts.
    pub(crate) fn new<H: DynHandler + 'static>(handler: H) -> Self {
        if size_of::<H>() == 0 && !needs_drop::<H>() {
            // A box of a value without size has no memory that could be lost.
            Self::Stateless(Box::leak(Box::new(handler)))
        } else {
            Self::Shared(Arc::new(handler))
        }
    }
}

impl Deref for Endpoint {
    type Target = dyn DynHandler;

    #[inline]
    fn deref(&self) -> &(dyn DynHandler + 'static) {
        match self {
            Self::Stateless(handler) => *handler,
            Self::Shared(handler) => &**handler,
        }
    }
}

/// Erases the type of a handler, since routes hold one type.
pub(crate) fn erase<F, Kind: 'static>(handler: F) -> Endpoint
where
    F: for<'r> Handler<'r, Kind> + Send + Sync + 'static,
{
    Endpoint::new(Erased(handler, PhantomData))
}

/// Returns a closure with the signature of a handler, so that nothing in it needs a type: `?` makes an [`Error`].
///
/// ```
/// use gatewire::{handler::from_fn, App, Json};
///
/// let app = App::new().get("/double/{n}", from_fn(|req| {
///     let n: u32 = req.param_as("n")?;
///     Ok(req.reply(Json(n * 2)))
/// }));
/// # app.build().unwrap();
/// ```
pub fn from_fn<F>(handler: F) -> F
where
    F: for<'r> Fn(Request<'r>) -> Result<Reply, Error>,
{
    handler
}

/// Returns an async closure with the signature of a handler, so that nothing in it needs a type: `?` makes an
/// [`Error`].
///
/// ```
/// use gatewire::{handler::from_async_fn, App, Json};
///
/// let app = App::new().get("/double/{n}", from_async_fn(async |req| {
///     let n: u32 = req.param_as("n")?;
///     Ok(req.reply(Json(n * 2)))
/// }));
/// # app.build().unwrap();
/// ```
pub fn from_async_fn<F>(handler: F) -> F
where
    F: for<'r> AsyncFn(Request<'r>) -> Result<Reply, Error>,
{
    handler
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_handlers_without_captures_are_stateless() {
        fn plain(_: Request<'_>) -> &'static str {
            "plain"
        }
        let stateless = |endpoint: &Endpoint| matches!(endpoint, Endpoint::Stateless(_));
        assert!(stateless(&erase(plain)));
        assert!(stateless(&erase(|_: Request<'_>| "closure")));
        assert!(stateless(&erase(async |_: Request<'_>| "async")));
        let text = String::from("captured");
        assert!(!stateless(&erase(move |_: Request<'_>| text.clone())));
    }

    #[test]
    fn a_captured_value_without_size_is_dropped_with_the_last_route() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static DROPPED: AtomicUsize = AtomicUsize::new(0);
        struct Guard;
        impl Drop for Guard {
            fn drop(&mut self) {
                DROPPED.fetch_add(1, Ordering::SeqCst);
            }
        }
        let guard = Guard;
        let endpoint = erase(move |_: Request<'_>| {
            let _ = &guard;
            "guarded"
        });
        let clone = endpoint.clone();
        drop(endpoint);
        assert_eq!(DROPPED.load(Ordering::SeqCst), 0);
        drop(clone);
        assert_eq!(DROPPED.load(Ordering::SeqCst), 1);
    }
}
