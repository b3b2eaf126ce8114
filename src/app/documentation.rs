//! The OpenAPI document of an app, and the routes that serve it.

use std::sync::{Arc, OnceLock};

use super::{App, Route, Settings};
use crate::handler::{Request, Response, RouteOptions};
use crate::openapi::{Checks, Document, OpenApi, Operation, Page, RouteSource};

/// The path of the document if only that of the page was set.
const DOCUMENT_PATH: &str = "/openapi.json";

/// The document of an app: it is made when it is first asked for.
pub(crate) struct Documentation {
    api: OpenApi,
    routes: Vec<RouteSource>,
    /// The document as it is served.
    served: OnceLock<String>,
}

impl Documentation {
    /// Takes over what the routes declare, and adds the routes that serve the document.
    pub(super) fn install(api: OpenApi, settings: &Settings, routes: &mut Vec<Route>) -> Arc<Self> {
        let source = |route: &mut Route| RouteSource {
            methods: route.methods.iter().map(|method| method.to_string()).collect(),
            rule: route.rule.clone(),
            handler: route.handler.clone(),
            status: route.options.status,
            checks: checks(settings, &route.options),
            docs: route.docs.take(),
        };
        let sources = routes.iter_mut().map(source).collect();
        let documentation = Arc::new(Self { api, routes: sources, served: OnceLock::new() });
        let api = &documentation.api;
        let default_path = api.page_path.is_some().then_some(DOCUMENT_PATH);
        let document_path = api.document_path.as_deref().or(default_path);
        if let Some(path) = document_path {
            let own = documentation.clone();
            let serve = move |req: Request<'_>| {
                let json = own.served.get_or_init(|| own.document().compact());
                req.reply(Response::new(json.as_str()).content_type("application/json"))
            };
            routes.push(Route::get(path, serve));
        }
        if let (Some(path), Some(document)) = (&api.page_path, document_path) {
            let page = Page::new(api, path, document);
            #[cfg(feature = "openapi-ui")]
            if page.is_embedded() {
                routes.extend(crate::openapi::ASSETS.iter().map(|asset| asset_route(path, asset)));
            }
            let serve =
                move |req: Request<'_>| Response::new(page.html(req.path())).content_type("text/html; charset=utf-8");
            routes.push(Route::get(path, serve));
        }
        documentation
    }

    fn document(&self) -> Document {
        Document::new(&self.api, &self.routes)
    }

    /// Returns the document in the form for people and version control.
    pub(crate) fn pretty(&self) -> String {
        self.document().pretty()
    }

    /// Returns a line for each thing that the document does not say.
    pub(crate) fn gaps(&self) -> Vec<String> {
        self.document().gaps
    }
}

/// Returns how the arguments of a route are checked.
#[cfg(feature = "validate")]
fn checks(settings: &Settings, options: &RouteOptions) -> Checks {
    let validation = settings.validation.unwrap_or_default();
    Checks {
        all: options.validation.unwrap_or_else(|| settings.validation.is_some()),
        status: validation.status,
        messages: validation.messages,
    }
}

/// Returns how the arguments of a route are checked: not at all.
#[cfg(not(feature = "validate"))]
fn checks(_: &Settings, _: &RouteOptions) -> Checks {
    Checks::default()
}

/// The route of a file that the page needs.
#[cfg(feature = "openapi-ui")]
fn asset_route(page: &str, asset: &'static crate::openapi::Asset) -> Route {
    let serve = move |req: Request<'_>| {
        let response = Response::new(asset.gzip).content_type(asset.content_type).header("Content-Encoding", "gzip");
        req.reply(response)
    };
    Route::get(&format!("{}/{}", page.trim_end_matches('/'), asset.name), serve)
        .compress(false)
        .cache_control("max-age=86400")
}

/// The OpenAPI document.
impl App {
    /// Describes the API for its OpenAPI document, which is made of this and of all routes: see [`OpenApi`], and
    /// [`manual::openapi`](crate::manual::openapi) for a guide. The document is served if it says so.
    ///
    /// ```
    /// use gatewire::{App, Request, openapi::OpenApi};
    ///
    /// let app = App::new().get("/hello", |_: Request| "hello").openapi(OpenApi::new("Greetings", "1.0.0"));
    /// let document = app.build()?.openapi_json().unwrap();
    /// assert!(document.contains("\"/hello\""));
    /// # Ok::<(), gatewire::error::BuildError>(())
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "openapi")))]
    pub fn openapi(mut self, api: OpenApi) -> Self {
        self.openapi = Some(Box::new(api));
        self
    }
}

/// Forwards to the methods of [`Operation`].
macro_rules! declarations {
    ($($(#[$doc:meta])* $name:ident $(<$type:ident>)? ($($argument:ident: $kind:ty),*);)+) => {
        $(
            $(#[$doc])*
            #[cfg_attr(docsrs, doc(cfg(feature = "openapi")))]
            #[track_caller]
            pub fn $name $(<$type: schemars::JsonSchema>)? (self, $($argument: $kind),*) -> Self {
                self.docs(Operation::new().$name $(::<$type>)? ($($argument),*))
            }
        )+
    };
}

/// The description of the route in the OpenAPI document. [`Operation`] has more.
impl Route {
    /// Describes the route for the OpenAPI document. It may be called more than once.
    #[cfg_attr(docsrs, doc(cfg(feature = "openapi")))]
    pub fn docs(mut self, operation: Operation) -> Self {
        self.docs.get_or_insert_default().merge(operation);
        self
    }

    declarations! {
        /// Sets the summary: see [`Operation::summary`].
        summary(summary: impl Into<String>);
        /// Sets the description, in CommonMark: see [`Operation::description`].
        description(description: impl Into<String>);
        /// Adds a tag: see [`Operation::tag`].
        tag(tag: impl Into<String>);
        /// Sets the identifier: see [`Operation::operation_id`].
        operation_id(id: impl Into<String>);
        /// Says that clients should no longer use the route: see [`Operation::deprecated`].
        deprecated();
        /// Declares a response of JSON of the type `T`: see [`Operation::response`].
        ///
        /// # Panics
        /// If the number is not a status.
        response<T>(status: u16, description: impl Into<String>);
        /// Declares the status of the handler's own response: see [`Operation::returns`].
        ///
        /// # Panics
        /// If the number is not a status.
        returns(status: u16, description: impl Into<String>);
        /// Declares an error response: see [`Operation::error`].
        ///
        /// # Panics
        /// If the number is not a status.
        error(status: u16, description: impl Into<String>);
    }
}
