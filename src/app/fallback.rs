//! Fallbacks: handlers that answer instead of 404 and 405.

use super::body_limit;
use crate::build_error::BuildError;
use crate::handler::{DynHandler, Endpoint, Request};

/// The handlers for requests that match no route.
#[derive(Default)]
pub(crate) struct Fallback {
    any: Option<Endpoint>,
    /// The handlers below prefixes, the longest prefix first once the app is built.
    #[cfg(feature = "tower")]
    nested: Vec<Nested>,
}

#[cfg(feature = "tower")]
struct Nested {
    /// The prefix as it was given.
    prefix: String,
    handler: Endpoint,
}

impl Fallback {
    pub(super) fn set(&mut self, handler: Endpoint) {
        self.any = Some(handler);
    }

    #[cfg(feature = "tower")]
    pub(super) fn nest(&mut self, prefix: String, handler: Endpoint) {
        self.nested.push(Nested { prefix, handler });
    }

    /// Puts the check of a limit in front of each handler.
    pub(super) fn limit(&mut self, bytes: Option<usize>) {
        self.any = self.any.take().map(|endpoint| body_limit::limit(endpoint, bytes));
        #[cfg(feature = "tower")]
        for nested in &mut self.nested {
            nested.handler = body_limit::limit(nested.handler.clone(), bytes);
        }
    }

    /// Checks the prefixes, and puts the longest first.
    #[cfg_attr(not(feature = "tower"), expect(clippy::unnecessary_wraps, reason = "only prefixes can be wrong"))]
    pub(super) fn compile(self) -> Result<Self, BuildError> {
        #[cfg(feature = "tower")]
        {
            let mut own = self;
            own.nested.sort_by(|a, b| b.prefix.len().cmp(&a.prefix.len()).then_with(|| a.prefix.cmp(&b.prefix)));
            let twice = own.nested.windows(2).find(|pair| pair[0].prefix == pair[1].prefix).map(|pair| &pair[0].prefix);
            let wrong = own.nested.iter().find_map(|nested| Some((&nested.prefix, nested.fault()?)));
            if let Some((prefix, reason)) = wrong.or_else(|| twice.map(|prefix| (prefix, "there is one already"))) {
                return Err(BuildError::Nest { prefix: prefix.clone(), reason });
            }
            Ok(own)
        }
        #[cfg(not(feature = "tower"))]
        Ok(self)
    }

    /// The handler for any path.
    pub(super) fn handler(&self) -> Option<&dyn DynHandler> {
        self.any.as_deref()
    }

    /// Returns the handler that answers a request which no route takes.
    #[cold]
    pub(super) fn handler_for(&self, req: Request<'_>) -> Option<&dyn DynHandler> {
        #[cfg(feature = "tower")]
        if let Some(nested) = self.nested.iter().find(|nested| nested.takes(req)) {
            return Some(&*nested.handler);
        }
        let _ = req;
        self.any.as_deref()
    }
}

#[cfg(feature = "tower")]
impl Nested {
    /// Returns what is wrong with the prefix.
    fn fault(&self) -> Option<&'static str> {
        match self.prefix.as_str() {
            "" | "/" => Some("it is the whole app: use `App::fallback_service`"),
            prefix if !prefix.starts_with('/') => Some("it does not begin with a slash"),
            prefix if prefix.contains(['{', '}', '<', '>', '*', '?', '#']) => Some("it can hold no parameters"),
            prefix if prefix.contains("//") => Some("it has a segment without a name"),
            _ => None,
        }
    }

    /// Returns whether the path is the prefix or below it, by whole segments. If the prefix ends with a slash, the path
    /// must have that slash too.
    fn takes(&self, req: Request<'_>) -> bool {
        let (path, escaped) = req.exchange.routed;
        let own = self.prefix.trim_end_matches('/');
        let Some(rest) = path.strip_prefix(own) else { return false };
        let in_prefix = escaped.first().is_some_and(|slash| *slash as usize <= own.len());
        !in_prefix && (rest.starts_with('/') || rest.is_empty() && !self.prefix.ends_with('/'))
    }
}
