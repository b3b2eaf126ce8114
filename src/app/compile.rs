//! A compiled app, which the engine works with. [`App::build`], which makes an engine of it, is in `engine/build.rs`,
//! since the engine stands above the app.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::arguments::ArgumentChecks;
use super::cors::{CompiledCors, Cors};
use super::fallback::Fallback;
use super::prefix::{Prefix, Prefixes};
use super::security_headers::SecurityHeaders;
use super::{App, Others, Route, Settings, body_limit, cors_check, debug, scope};
use crate::build_error::BuildError;
use crate::handler::{Endpoint, Layer, Next, Observing, RouteOptions, Scope, Shared};
use crate::respond;
use crate::route::{RouteId, Rules, Table};
use crate::source::EventSource;

/// A handler with its options and the middleware around it, the outermost first.
struct CompiledRoute {
    layers: Vec<Arc<dyn Layer>>,
    handler: Endpoint,
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
    pub(super) request_id_header: Option<Cow<'static, str>>,
    pub(super) security_headers: Option<SecurityHeaders>,
    #[cfg(feature = "openapi")]
    pub(crate) documentation: Option<Arc<super::documentation::Documentation>>,
    /// The handlers of events that are not requests.
    pub(crate) others: Others,
    /// The receivers of reports about invocations.
    pub(crate) observing: Observing,
}

impl App {
    /// Compiles the app.
    pub(crate) fn compile(self) -> Result<Compiled, BuildError> {
        #[cfg(feature = "openapi")]
        let mut own = self;
        #[cfg(feature = "openapi")]
        let documentation = own
            .openapi
            .take()
            .map(|api| super::documentation::Documentation::install(*api, &own.settings, &mut own.router.routes));
        #[cfg(not(feature = "openapi"))]
        let own = self;
        let Self {
            router,
            settings,
            cors,
            prefixes,
            serializer,
            debug,
            mut fallback,
            request_id_header,
            security_headers,
            others,
            observing,
            ..
        } = own;
        let debug = debug::decide(debug)?;
        check_observing(&observing)?;
        let always = request_id_header.iter().map(|name| (&**name, ""));
        let always = always.chain(security_headers.iter().flat_map(SecurityHeaders::fields));
        check_headers(cors.as_ref(), &router.routes, always)?;
        cors.as_ref().map_or(Ok(()), cors_check::check)?;
        fallback.limit(settings.body_limit);
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
            let handler = body_limit::limit(route.handler, route.options.body_limit.or(settings.body_limit));
            routes.push(CompiledRoute { layers, handler, options: route.options, scope });
        }
        let wants_default = cors.is_none() && routes.iter().any(|route| route.options.cors == Some(true));
        let shared = Shared {
            serializer,
            ascii: settings.ascii,
            debug,
            internal_server_errors: settings.internal_server_errors,
            warm: AtomicBool::new(false),
            #[cfg(feature = "validate")]
            validation: settings.validation.unwrap_or_default(),
            simple_responses: settings.simple_responses,
        };
        let table = rules.build()?;
        let fallback = fallback.compile()?;
        let mut checks = ArgumentChecks::default();
        // The first rule of each route: those of other methods are the same.
        for (id, route) in first_rules(&route_of) {
            let CompiledRoute { handler, scope, .. } = &routes[route];
            checks.check(&**handler, Some((&table, id)), &scopes[*scope as usize]);
        }
        if let Some(handler) = fallback.handler() {
            checks.check(handler, None, &scopes[0]);
        }
        checks.finish()?;
        Ok(Compiled {
            table,
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
            fallback,
            request_id_header,
            security_headers,
            #[cfg(feature = "openapi")]
            documentation,
            others: others.compile()?,
            observing,
        })
    }
}

/// Returns the first rule of each route, and the index of the route. `route_of` has the route of each rule, in order.
fn first_rules(route_of: &[u32]) -> impl Iterator<Item = (RouteId, usize)> {
    let is_first = |id: usize| id == 0 || route_of[id] != route_of[id - 1];
    (0..route_of.len()).filter(move |id| is_first(*id)).map(|id| (id as RouteId, route_of[id] as usize))
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
fn check_headers<'a>(
    cors: Option<&'a Cors>,
    routes: &'a [Route],
    always: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<(), BuildError> {
    let caching = routes.iter().filter_map(|route| route.options.cache_control.as_deref());
    let own = cors.into_iter().flat_map(Cors::fields).chain(caching.map(|value| ("Cache-Control", value)));
    let mut fields = own.map(|(name, value)| -> (&str, &str) { (name, value) }).chain(always);
    match fields.find_map(|(name, value)| respond::check_field(name, value).err().map(|error| (error, value))) {
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
        let CompiledRoute { layers, handler, .. } = self.route(route);
        Next::new(layers, &**handler)
    }

    /// Returns whether the response to an event of `source` is streamed; `route` has the options of the route that
    /// matched.
    pub(crate) fn streams(&self, route: Option<&RouteOptions>, source: EventSource) -> bool {
        source.can_stream() && route.and_then(|route| route.streaming).unwrap_or(self.settings.streaming)
    }

    /// Returns whether the arguments of the handler are checked; `route` has the options of the route that matched.
    #[cfg(feature = "validate")]
    pub(crate) fn validates(&self, route: Option<&RouteOptions>) -> bool {
        route.and_then(|route| route.validation).unwrap_or_else(|| self.settings.validation.is_some())
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
