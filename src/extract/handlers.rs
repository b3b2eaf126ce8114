//! Handlers with typed arguments.

use std::marker::PhantomData;

use super::{Arguments, FromRequest, HandlerArgument, Input};
use crate::handler::{Error, Handler, HandlerCall, IntoResponse, Private, Progress, Request};

/// The marker of a handler with the typed arguments `A`: see [`SyncHandler`](crate::handler::SyncHandler).
#[derive(Debug)]
pub struct TypedHandler<A>(PhantomData<A>);

/// The marker of an async handler with the typed arguments `A`: see [`SyncHandler`](crate::handler::SyncHandler).
#[derive(Debug)]
pub struct AsyncTypedHandler<A>(PhantomData<A>);

// `A` is the type of the argument `a`, and so on.
macro_rules! handlers {
    ($($kind:ident: $($name:ident $value:ident)+;)+) => {
        $(
            // From `Fn(A) -> P`, the compiler infers the types of the arguments, at `'static`. `Fn(A::At<'r>) -> O` is called.
            impl<'r, Func, P, O, $($name),+> Handler<'r, TypedHandler<($($name,)+)>> for Func
            where
                $($name: $kind, $name::At<'r>: FromRequest<'r>,)+
                Func: Fn($($name),+) -> P + Fn($($name::At<'r>),+) -> O,
                O: IntoResponse,
            {
                #[inline]
                fn call(&'r self, req: Request<'r>, _: Private) -> Progress<'r> {
                    match read::<($($name::At<'r>,)+)>(req) {
                        Ok(($($value,)+)) => self($($value),+).respond(req),
                        Err(error) => reject(req, error),
                    }
                    Progress(HandlerCall::Done)
                }

                fn describe(arguments: &mut Arguments) {
                    <($($name::At<'r>,)+)>::describe(arguments);
                }

                #[cfg(feature = "openapi")]
                fn document(responses: &mut crate::handler::ResponseDocs, schemas: &mut crate::handler::Schemas) {
                    O::describe_response(responses);
                    $($name::schemas(schemas);)+
                }
            }

            impl<'r, Func, P, O, $($name),+> Handler<'r, AsyncTypedHandler<($($name,)+)>> for Func
            where
                $($name: $kind, $name::At<'r>: FromRequest<'r>,)+
                Func: AsyncFn($($name),+) -> P + AsyncFn($($name::At<'r>),+) -> O,
                O: IntoResponse,
            {
                #[inline]
                fn call(&'r self, req: Request<'r>, _: Private) -> Progress<'r> {
                    Progress(HandlerCall::Later(req.exchange.arena.pin(async move {
                        match read::<($($name::At<'r>,)+)>(req) {
                            Ok(($($value,)+)) => self($($value),+).await.respond(req),
                            Err(error) => reject(req, error),
                        }
                    })))
                }

                fn describe(arguments: &mut Arguments) {
                    <($($name::At<'r>,)+)>::describe(arguments);
                }

                #[cfg(feature = "openapi")]
                fn document(responses: &mut crate::handler::ResponseDocs, schemas: &mut crate::handler::Schemas) {
                    O::describe_response(responses);
                    $($name::schemas(schemas);)+
                }
            }
        )+
    };
}

handlers! {
    Input: A a;
    HandlerArgument: A a B b;
    HandlerArgument: A a B b C c;
    HandlerArgument: A a B b C c D d;
    HandlerArgument: A a B b C c D d E e;
    HandlerArgument: A a B b C c D d E e F f;
    HandlerArgument: A a B b C c D d E e F f G g;
    HandlerArgument: A a B b C c D d E e F f G g H h;
}

/// Reads the arguments.
#[cfg(not(feature = "validate"))]
#[inline(always)]
fn read<'r, T: FromRequest<'r, Rejection = Error>>(req: Request<'r>) -> Result<T, Error> {
    T::from_request(req)
}

/// Reads the arguments, and checks them. If any is not valid, all are looked at.
#[cfg(feature = "validate")]
#[inline(always)]
fn read<'r, T: super::tuples::Gather<'r>>(req: Request<'r>) -> Result<T, Error> {
    match T::from_request(req) {
        Ok(arguments) if arguments.is_valid(req) => Ok(arguments),
        Ok(_) => Err(super::valid::explained(req, None, T::gather)),
        Err(error) => Err(super::valid::explained(req, Some(error), T::gather)),
    }
}

/// Fails a request whose arguments cannot be read.
#[cold]
fn reject(req: Request<'_>, error: Error) {
    req.fail(error);
}
