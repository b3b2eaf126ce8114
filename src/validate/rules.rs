//! The rules that values have to keep: those of garde, or of any other validator.

use crate::mismatch::Loc;

use super::report::Report;

/// A type with rules that its values have to keep.
///
/// All types that implement `garde::Validate`, with a context that has a default, implement it. For a type of your own
/// it is implemented by hand, or by means of another validator:
///
/// ```
/// use gatewire::validate::{Report, Validate};
///
/// struct Booking {
///     from: u32,
///     to: u32,
/// }
///
/// impl Validate for Booking {
///     fn validate(&self, report: &mut Report) {
///         if self.from > self.to {
///             report.add(["to"], "value_error", "the booking ends before it begins");
///         }
///     }
/// }
/// ```
///
/// `#[derive(Input)]` calls it for types with attributes of garde, and for types with `#[input(validate)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no rules that can be checked",
    label = "it implements neither `garde::Validate` nor `gatewire::validate::Validate`",
    note = "`#[derive(garde::Validate)]` implements it, if the context of the rules has a default"
)]
pub trait Validate {
    /// Adds the errors of the value. It must not allocate if there are none.
    fn validate(&self, report: &mut Report);
}

impl<T> Validate for T
where
    T: garde::Validate<Context: Default> + ?Sized,
{
    fn validate(&self, report: &mut Report) {
        let mut found = garde::Report::new();
        self.validate_into(&T::Context::default(), &mut garde::Path::empty, &mut found);
        if !found.is_empty() {
            translate(&found, report);
        }
    }
}

/// Adds the errors of garde, which have a place and a message, but no kind.
#[cold]
fn translate(found: &garde::Report, report: &mut Report) {
    for (path, error) in found.iter() {
        if report.is_full() {
            return;
        }
        let parts = path.__iter().rev().filter_map(|(kind, part)| match kind {
            garde::error::Kind::None => None,
            garde::error::Kind::Index => Some(part.parse::<usize>().map_or_else(|_| Loc::from(&**part), Loc::Index)),
            garde::error::Kind::Key => Some(Loc::from(&**part)),
        });
        report.add(parts, "value_error", error.message().to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(garde::Validate)]
    struct Order {
        #[garde(length(min = 1), dive)]
        items: Vec<Item>,
    }

    #[derive(garde::Validate)]
    struct Item {
        #[garde(range(min = 1))]
        count: u32,
    }

    #[test]
    fn errors_of_garde_have_their_place() {
        let order = Order { items: vec![Item { count: 1 }, Item { count: 0 }] };
        assert!(garde::Validate::validate(&order).is_err());
        let mut report = Report::new();
        Validate::validate(&order, &mut report);
        let [detail] = &report.into_details()[..] else { panic!("one error") };
        assert_eq!(detail.loc(), ["items".into(), 1.into(), "count".into()]);
        assert_eq!((detail.kind(), detail.message()), ("value_error", "lower than 1"));
    }
}
