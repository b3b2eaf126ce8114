//! The manual: topics that do not fit on the page of one item.

#[doc = include_str!("architecture.md")]
pub mod architecture {}

#[doc = include_str!("arguments.md")]
pub mod arguments {}
#[doc = include_str!("authorizers.md")]
pub mod authorizers {}

#[cfg(feature = "tower")]
#[doc = include_str!("axum.md")]
pub mod axum {}

#[doc = include_str!("compile_errors.md")]
pub mod compile_errors {}

#[doc = include_str!("dependencies.md")]
pub mod dependencies {}

#[doc = include_str!("everyday.md")]
pub mod everyday {}
#[doc = include_str!("forms.md")]
pub mod forms {}

#[cfg(all(feature = "macros", feature = "openapi", feature = "validate"))]
#[doc = include_str!("from_fastapi.md")]
pub mod from_fastapi {}

#[doc = include_str!("gateways.md")]
pub mod gateways {}

#[cfg(feature = "openapi")]
#[doc = include_str!("openapi.md")]
pub mod openapi {}

#[doc = include_str!("performance.md")]
pub mod performance {}

#[doc = include_str!("powertools.md")]
pub mod powertools {}

#[doc = include_str!("production.md")]
pub mod production {}

#[doc = include_str!("../route/RULES.md")]
pub mod routing {}

#[doc = include_str!("security.md")]
pub mod security {}

#[doc = include_str!("testing.md")]
pub mod testing {}

#[cfg(feature = "validate")]
#[doc = include_str!("validation.md")]
pub mod validation {}
#[doc = include_str!("websocket.md")]
pub mod websocket {}
