//! The second stage: finds the route for the path of the event.

use bumpalo::Bump;

use crate::app::{Compiled, Found, Miss};
use crate::arena::Arena;
use crate::event::Event;
use crate::handler::{Matched, RouteOptions, Scope};
use crate::http::percent::{self, MalformedPath};
use crate::route::{Scratch, TrailingSlash};
use crate::source::EventSource;

/// The route of a request, or why there is none.
pub(super) struct Routed<'r> {
    /// The decoded path without the stage, in which escaped slashes are `%2F`.
    pub(super) path: &'r str,
    /// The path that rules see, without prefixes, and the offsets of slashes in it that were encoded.
    #[cfg(feature = "http")]
    pub(super) stripped: (&'r str, &'r [u32]),
    pub(super) found: Result<Found, Miss<'r>>,
    pub(super) matched: Option<Matched<'r>>,
    pub(super) options: Option<&'r RouteOptions>,
    pub(super) scope: &'r Scope,
}

/// Finds the route of an event. `escaped` and `scratch` are memory of the worker.
#[inline(always)]
pub(super) fn route<'r>(
    app: &'r Compiled,
    event: &Event<'r>,
    arena: &'r Arena,
    escaped: &'r mut Vec<u32>,
    scratch: &'r mut Scratch,
) -> Routed<'r> {
    let bump: &Bump = arena.bump();
    let (path, well_formed) = decode_path(event, arena, escaped);
    let shown = percent::show_path(bump, path, escaped);
    let stripped = app.prefixes.strip(path, escaped, bump);
    let policy = app.settings.trailing_slash.unwrap_or_else(|| trailing_slash_of(event.source()));
    let method = event.method(bump);
    let found = well_formed.and_then(|()| app.route_for(method, stripped, policy, scratch, bump));
    let Ok(Found { route, .. }) = found else {
        return Routed {
            path: shown,
            #[cfg(feature = "http")]
            stripped: (stripped.text, stripped.escaped),
            found,
            matched: None,
            options: None,
            scope: app.scope(),
        };
    };
    let (names, rule) = (app.table.names(route), app.table.rule(route));
    let matched = Matched { rule, names, values: scratch.captures(), text: stripped.text };
    Routed {
        path: shown,
        #[cfg(feature = "http")]
        stripped: (stripped.text, stripped.escaped),
        found,
        matched: Some(matched),
        options: Some(app.options(route)),
        scope: app.scope_of(route),
    }
}

/// Returns the policy of Powertools for each source.
const fn trailing_slash_of(source: EventSource) -> TrailingSlash {
    match source {
        // Powertools reads payload 1.0 with the same resolver.
        EventSource::RestApi | EventSource::HttpApiV1 => TrailingSlash::Lenient,
        _ => TrailingSlash::Exact,
    }
}

/// Returns the path without the stage. The offsets of slashes that were decoded from `%2F` go to `escaped`.
pub(super) fn decode_path<'r>(
    event: &Event<'r>,
    arena: &'r Arena,
    escaped: &mut Vec<u32>,
) -> (&'r str, Result<(), Miss<'r>>) {
    let mut raw = event.path(arena.bump());
    if let Some(stage) = event.stage_in_path() {
        let stage = stage.decode(arena.bump());
        // The stage is stripped only if it is there: emulators leave it out.
        if let Some(rest) = raw.strip_prefix('/').and_then(|raw| raw.strip_prefix(stage))
            && (rest.is_empty() || rest.starts_with('/'))
            && !event.leaves_stage_out()
        {
            raw = rest;
        }
    }
    if raw.is_empty() {
        raw = "/";
    }
    match percent::decode_path(arena.bump(), raw, event.path_is_encoded(), escaped) {
        Ok(path) => (path, Ok(())),
        Err(MalformedPath) => {
            // The path was not decoded, so none of its slashes were.
            escaped.clear();
            (raw, Err(Miss::MalformedPath))
        }
    }
}
