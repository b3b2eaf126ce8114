//! The answer of an authorizer, as far as it is in the events of the API's function.

use super::object::Object;

/// The part of an answer that goes into the event of the API's function.
#[derive(Clone, Debug)]
pub(super) struct Authorized {
    pub(super) principal: Option<String>,
    pub(super) context: Vec<(String, String)>,
}

impl Authorized {
    /// Writes the context, with its types.
    pub(super) fn write(&self, object: &mut Object) {
        self.context.iter().for_each(|(name, json)| object.json_value(name, json));
    }

    /// Writes principal and context, every value as a string.
    pub(super) fn write_texts(&self, object: &mut Object) {
        if let Some(principal) = &self.principal {
            object.text("principalId", principal);
        }
        for (name, json) in &self.context {
            match json.starts_with('"') {
                true => object.json_value(name, json),
                false => object.text(name, json),
            }
        }
    }
}
