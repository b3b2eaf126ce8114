//! A compiled app, which the engine works with.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::cors::{CompiledCors, Cors};
use super::fallback::Fallback;
use super::prefix::{Prefix, Prefixes};
use super::{App, Route, Settings, debug, scope};
use crate::build_error::BuildError;
use crate::encode;
use crate::handler::{Endpoint, Layer, Next, Observing, RouteOptions, Scope, Shared};
use crate::route::{RouteId, Rules, Table};
use crate::source::EventSource;

/// A handler with its options and the middleware around it, the outermost first.
struct CompiledRoute {
    layers: Vec<Arc<dyn Layer>>,
    endpoint: Arc<dyn Endpoint>,
    options: RouteOptions,
    /// An index of `scopes`.
    scope: u32,
}

pub(crate) struct Compiled {
    pub(crate) table: Table,
    routes: Vec<CompiledRoute>,
    /// The route of each rule of the table: several methods share one.
    route_of: Vec<u32>,
    /// The middleware of the app, for requests that match no route.
    pub(crate) layers: Vec<Arc<dyn Layer>>,
    pub(crate) shared: Shared,
    /// The state and error handlers of each router's routes; the first are the app's.
    scopes: Vec<Scope>,
    pub(crate) settings: Settings,
    pub(crate) prefixes: Prefixes,
    pub(crate) cors: Option<CompiledCors>,
    /// For routes that turn CORS on in an app without it.
    pub(super) default_cors: Option<CompiledCors>,
    /// `Access-Control-Allow-Methods` of every preflight.
    pub(super) cors_methods: String,
    /// The handlers for requests that match no route.
    pub(super) fallback: Fallback,
    /// The receivers of reports about invocations.
    pub(crate) observing: Observing,
}

/// The memory in which responses are completed. A worker keeps it.
#[derive(Debug, Default)]
pub(crate) struct Finishing {
    /// The body to be compressed.
    #[cfg(feature = "gzip")]
    pub(super) body: Vec<u8>,
    #[cfg(feature = "gzip")]
    pub(super) compressor: crate::codec::compress::KeptCompressor,
}

impl Finishing {
    /// Shrinks the buffers that a large response has made grow.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        #[cfg(feature = "gzip")]
        {
            self.body.truncate(bytes);
            self.body.shrink_to(bytes);
            self.compressor.shrink(bytes);
        }
        #[cfg(not(feature = "gzip"))]
        let _ = bytes;
    }
}

impl App {
    /// Compiles the app.
    pub(crate) fn compile(self) -> Result<Compiled, BuildError> {
        let Self { router, settings, cors, prefixes, serializer, debug, fallback, observing } = self;
        let debug = debug::decide(debug)?;
        check_observing(&observing)?;
        check_headers(cors.as_ref(), &router.routes)?;
        let (scopes, scope_of) = scope::compile(router.own, router.inner)?;
        // Only preflights need them.
        let cors_methods = if cors.is_some() { cors_methods(&router.routes) } else { String::new() };
        let count = router.routes.iter().map(|route| route.methods.len()).sum();
        let bytes = router.routes.iter().map(|route| route.methods.len() * route.rule.len()).sum();
        let mut rules = Rules::with_capacity(count, bytes);
        let (mut routes, mut route_of) = (Vec::with_capacity(router.routes.len()), Vec::with_capacity(count));
        for route in router.routes {
            for method in &route.methods {
                rules.add(method, &route.rule);
                route_of.push(routes.len() as u32);
            }
            let layers = router.layers.iter().cloned().chain(route.layers).collect();
            let scope = scope_of[route.scope];
            routes.push(CompiledRoute { layers, endpoint: route.endpoint, options: route.options, scope });
        }
        let wants_default = cors.is_none() && routes.iter().any(|route| route.options.cors == Some(true));
        let shared = Shared {
            serializer,
            ascii: settings.ascii,
            debug,
            internal_server_errors: settings.internal_server_errors,
            warm: AtomicBool::new(false),
        };
        Ok(Compiled {
            table: rules.build()?,
            routes,
            route_of,
            layers: router.layers,
            shared,
            scopes,
            settings,
            prefixes: compile_prefixes(prefixes)?,
            cors: cors.map(CompiledCors::new),
            default_cors: wants_default.then(|| CompiledCors::new(Cors::any())),
            cors_methods,
            fallback: fallback.compile()?,
            observing,
        })
    }
}

/// The methods of all routes that have CORS on, and `OPTIONS`, in alphabetical order.
fn cors_methods(routes: &[Route]) -> String {
    let mut methods = vec!["OPTIONS".to_owned()];
    for method in routes.iter().filter(|route| route.options.cors != Some(false)).flat_map(|route| &route.methods) {
        if methods.iter().any(|known| known.eq_ignore_ascii_case(method)) {
            continue;
        }
        let method = method.to_ascii_uppercase();
        let place = methods.partition_point(|known| *known < method);
        methods.insert(place, method);
    }
    methods.join(",")
}

/// Refuses settings of the access log and the metrics that CloudWatch would refuse.
fn check_observing(observing: &Observing) -> Result<(), BuildError> {
    match observing.observe.iter().find_map(|observe| observe.fault()) {
        Some(reason) => Err(BuildError::Observe { reason }),
        None => Ok(()),
    }
}

/// Refuses configured header values that no response could carry.
fn check_headers(cors: Option<&Cors>, routes: &[Route]) -> Result<(), BuildError> {
    let caching = routes.iter().filter_map(|route| route.options.cache_control.as_deref());
    let mut fields = cors.into_iter().flat_map(Cors::fields).chain(caching.map(|value| ("Cache-Control", value)));
    match fields.find_map(|(name, value)| encode::check_field(name, value).err().map(|error| (error, value))) {
        Some((error, value)) => Err(BuildError::Header { value: value.to_owned(), error }),
        None => Ok(()),
    }
}

fn compile_prefixes(prefixes: Vec<(String, bool)>) -> Result<Prefixes, BuildError> {
    let compile = |(text, is_regex): (String, bool)| {
        if !is_regex {
            return Prefix::text(&text).map_err(|reason| BuildError::Prefix { regex: text, reason });
        }
        #[cfg(feature = "regex")]
        return match regex_lite::Regex::new(&text) {
            Ok(regex) => Ok(Prefix::Regex(regex)),
            Err(error) => Err(BuildError::Prefix { regex: text, reason: error.to_string() }),
        };
        #[cfg(not(feature = "regex"))]
        Err(BuildError::Prefix { regex: text, reason: "it needs the feature `regex`".to_owned() })
    };
    Ok(Prefixes(prefixes.into_iter().map(compile).collect::<Result<_, _>>()?))
}

impl Compiled {
    fn route(&self, route: RouteId) -> &CompiledRoute {
        &self.routes[self.route_of[route as usize] as usize]
    }

    /// The handler of a route, and the middleware around it.
    pub(crate) fn next(&self, route: RouteId) -> Next<'_> {
        let CompiledRoute { layers, endpoint, .. } = self.route(route);
        Next::new(layers, &**endpoint)
    }

    /// Returns whether the response to an event of `source` is streamed; `route` has the options of the route that
    /// matched.
    pub(crate) fn streams(&self, route: Option<&RouteOptions>, source: EventSource) -> bool {
        source.can_stream() && route.and_then(|route| route.streaming).unwrap_or(self.settings.streaming)
    }

    /// Returns whether any response is streamed.
    pub(crate) fn streams_any(&self) -> bool {
        self.settings.streaming || self.routes.iter().any(|route| route.options.streaming == Some(true))
    }

    /// The state and error handlers of a route.
    pub(crate) fn scope_of(&self, route: RouteId) -> &Scope {
        &self.scopes[self.route(route).scope as usize]
    }

    /// The state and error handlers of the app itself.
    pub(crate) fn scope(&self) -> &Scope {
        &self.scopes[0]
    }

    /// The options of a route.
    pub(crate) fn options(&self, route: RouteId) -> &RouteOptions {
        &self.route(route).options
    }
}
