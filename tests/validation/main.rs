//! Validation: which errors are listed, where and as what, and what can be changed about it.

#[cfg(all(feature = "macros", feature = "validate"))]
mod derive;
#[cfg(all(feature = "macros", feature = "validate"))]
mod differential;
#[cfg(all(feature = "macros", feature = "validate"))]
mod forms;
#[cfg(all(feature = "macros", feature = "validate"))]
mod replay;
#[cfg(feature = "validate")]
mod settings;

/// The details of a response: each place with dots, and its kind.
#[cfg(feature = "validate")]
fn details(response: &gatewire::testing::TestResponse) -> Vec<(String, String)> {
    let body: serde_json::Value = serde_json::from_str(response.text()).unwrap_or_default();
    let details = body["detail"].as_array().cloned().unwrap_or_default();
    assert_eq!(body["statusCode"], response.status(), "{body}");
    let part = |part: &serde_json::Value| part.as_str().map_or_else(|| part.to_string(), str::to_owned);
    let place = |detail: &serde_json::Value| {
        detail["loc"].as_array().into_iter().flatten().map(part).collect::<Vec<_>>().join(".")
    };
    details.iter().map(|detail| (place(detail), part(&detail["type"]))).collect()
}

/// Checks the details of a response.
#[cfg(feature = "validate")]
#[track_caller]
fn expect(response: &gatewire::testing::TestResponse, wanted: &[(&str, &str)]) {
    let wanted: Vec<_> = wanted.iter().map(|(place, kind)| ((*place).to_owned(), (*kind).to_owned())).collect();
    assert_eq!(details(response), wanted, "{}", response.text());
}
