//! Checks of the OpenAPI document.

use std::fs;
use std::path::Path;

use crate::app::App;
use crate::build_error::BuildError;

/// The environment variable with which a test writes the file that it would compare.
const BLESS: &str = "GATEWIRE_BLESS";

/// Compares the OpenAPI document of an app with a file in your repository, so that a change of the API shows up in review.
/// If the environment variable `GATEWIRE_BLESS` is set, the file is written instead.
///
/// ```
/// use gatewire::openapi::OpenApi;
/// use gatewire::{App, Request};
///
/// fn app() -> App {
///     App::new().get("/hello", |_: Request| "hello")
/// }
///
/// fn the_document_is_that_of_the_file() {
///     let api = OpenApi::new("Greetings", "1.0.0");
///     gatewire::testing::assert_openapi(app().openapi(api), "openapi.json");
/// }
/// ```
///
/// # Panics
/// If the app does not build or has no description, if the file cannot be read or written, and if it differs from the
/// document: the message has the first line that differs.
#[cfg_attr(docsrs, doc(cfg(feature = "openapi")))]
#[track_caller]
pub fn assert_openapi(app: App, path: impl AsRef<Path>) {
    let path = path.as_ref();
    let engine = app.build().unwrap_or_else(|error| panic!("{error}"));
    let Some(document) = engine.openapi_json() else { panic!("the app has no description: call `App::openapi`") };
    if std::env::var_os(BLESS).is_some() {
        return fs::write(path, document).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    let file =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}; {BLESS}=1 writes it", path.display()));
    // Git may have changed the ends of lines.
    let (mut own, mut kept) = (document.lines(), file.lines());
    for number in 1.. {
        match (own.next(), kept.next()) {
            (None, None) => break,
            (own, kept) if own == kept => {}
            (own, kept) => panic!(
                "{}, line {number}: the app has\n  {}\nand the file has\n  {}\nIf the app is right, {BLESS}=1 writes the \
                 file.",
                path.display(),
                own.unwrap_or("no such line"),
                kept.unwrap_or("no such line"),
            ),
        }
    }
}

/// Returns a line for each thing that the OpenAPI document of an app does not say: routes without a summary, types
/// without a schema, responses that are not known. Routes that are hidden from the document are not listed.
///
/// ```
/// use gatewire::openapi::OpenApi;
/// use gatewire::{App, Json, Request, testing};
///
/// #[derive(serde::Serialize)]
/// struct Room {
///     beds: u8,
/// }
///
/// let app = App::new().get("/room", |_: Request| Json(Room { beds: 2 })).openapi(OpenApi::new("Rooms", "1.0.0"));
/// let lines = testing::undocumented(app)?;
/// assert_eq!(lines[0], "GET /room: it has no summary");
/// assert!(lines[1].ends_with("Room has no schema"));
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
///
/// # Errors
/// If the app does not build.
#[cfg_attr(docsrs, doc(cfg(feature = "openapi")))]
pub fn undocumented(app: App) -> Result<Vec<String>, BuildError> {
    Ok(app.build()?.openapi_gaps())
}
