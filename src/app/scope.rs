//! The scopes of routes: which state and which error handlers a route finds.

use crate::build_error::BuildError;
use crate::handler::Scope;

/// Joins the scopes of routers, as they are registered, into those that routes find: a router's own scope, those around
/// it, and last the others, a later one first. Returns the scopes, that of the app first, and the index for each
/// router.
pub(super) fn compile(own: Scope, inner: Vec<(usize, Scope)>) -> Result<(Vec<Scope>, Vec<u32>), BuildError> {
    check(&own)?;
    for (_, scope) in &inner {
        check(scope)?;
    }
    let count = inner.len() + 1;
    let registered = |index: usize| if index == 0 { &own } else { &inner[index - 1].1 };
    let around = |index: usize| if index == 0 { None } else { Some(inner[index - 1].0) };
    let mut scopes: Vec<Scope> = Vec::new();
    let mut index_of: Vec<u32> = Vec::with_capacity(count);
    for index in 0..count {
        let scope = registered(index);
        if let (Some(around), true, true) = (around(index), scope.state.is_empty(), scope.errors.is_empty()) {
            // This scope adds nothing to the one around it, which comes before it.
            index_of.push(index_of[around]);
            continue;
        }
        let mut joined = Scope::default();
        let chain = std::iter::successors(Some(index), |&index| around(index));
        for index in chain.chain((1..count).rev()) {
            joined.state.add_missing(&registered(index).state);
            joined.errors.add_missing(&registered(index).errors);
        }
        index_of.push(scopes.len() as u32);
        scopes.push(joined);
    }
    Ok((scopes, index_of))
}

fn check(scope: &Scope) -> Result<(), BuildError> {
    if let Some(type_name) = scope.state.duplicate() {
        return Err(BuildError::DuplicateState { type_name });
    }
    match scope.errors.duplicate() {
        Some(type_name) => Err(BuildError::DuplicateErrorHandler { type_name }),
        None => Ok(()),
    }
}
