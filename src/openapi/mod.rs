//! The OpenAPI document of an app: what it says, and where it is served.
//!
//! [`OpenApi`] has what no route knows: the title, servers, security schemes. Everything else comes from the routes: their
//! rules, the typed arguments and responses of their handlers, and what [`Route`](crate::Route) declares.
//! [`manual::openapi`](crate::manual::openapi) is the guide.

mod builder;
mod declared;
mod document;
mod errors;
mod operation;
mod page;
mod parameters;
mod responses;
mod rust_type;
mod schemas;
mod security;
mod template;
#[cfg(feature = "openapi-ui")]
mod vendored;
mod write;

pub use builder::OpenApi;
pub use operation::Operation;
pub use security::SecurityScheme;

pub(crate) use document::{Document, RouteSource};
pub(crate) use errors::Checks;
pub(crate) use page::Page;
#[cfg(feature = "openapi-ui")]
pub(crate) use vendored::{ASSETS, Asset};
