//! Compares the typed arguments of handlers with their rules and state.

use crate::build_error::{ArgumentError, ArgumentErrorKind, ArgumentErrors, BuildError};
use crate::handler::{Arguments, DynHandler, Scope};
use crate::route::{RouteId, Table};

/// The arguments that no request could fill.
#[derive(Default)]
pub(super) struct ArgumentChecks(Vec<ArgumentError>);

impl ArgumentChecks {
    /// Checks a handler; a fallback has no rule.
    pub(super) fn check(&mut self, endpoint: &dyn DynHandler, rule: Option<(&Table, RouteId)>, scope: &Scope) {
        let mut arguments = Arguments::new();
        let handler = endpoint.describe(&mut arguments);
        if !arguments.is_empty() {
            self.compare(handler, &arguments, rule, scope);
        }
    }

    fn compare(
        &mut self,
        handler: &'static str,
        arguments: &Arguments,
        rule: Option<(&Table, RouteId)>,
        scope: &Scope,
    ) {
        let (text, names) = match rule {
            None => (None, Vec::new()),
            Some((table, id)) => {
                let text = table.rule(id);
                (Some(text), table.names(id).iter().map(|(from, to)| &text[*from as usize..*to as usize]).collect())
            }
        };
        for argument in arguments.iter().filter(|argument| argument.required || !names.is_empty()) {
            let kind = match (argument.path.map(|check| check(&names)), argument.state) {
                (Some(Err(_)), _) if rule.is_none() => {
                    ArgumentErrorKind::Path { reason: "a fallback has no parameters".to_owned() }
                }
                (Some(Err(reason)), _) => ArgumentErrorKind::Path { reason },
                (_, Some(type_id)) if argument.required && !scope.state.contains(type_id) => ArgumentErrorKind::State,
                _ => continue,
            };
            let rule = text.map(str::to_owned);
            self.0.push(ArgumentError { rule, handler, argument: argument.type_name, kind });
        }
    }

    /// Returns all errors.
    pub(super) fn finish(self) -> Result<(), BuildError> {
        ArgumentErrors::of(self.0).map_or(Ok(()), |errors| Err(BuildError::Arguments(errors)))
    }
}
