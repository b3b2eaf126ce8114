//! Requests that were recorded with the responses of Powertools, sent to the same app here: the responses are equal, but for a
//! table of differences.

use std::collections::{BTreeMap, BTreeSet};

use gatewire::testing::Client;
use serde::Deserialize;
use serde_json::Value;

/// A request, and the response to it.
#[derive(Deserialize)]
pub(crate) struct Case {
    name: String,
    /// Forms are recorded without it: each is a `POST`.
    #[serde(default = "post")]
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
    pub(crate) status: u16,
    pub(crate) detail: Value,
}

fn post() -> String {
    "POST".to_owned()
}

/// Why responses differ, and so what they may be.
pub(crate) trait Reason: Copy {
    fn allows(self, case: &Case, status: u16, detail: &Value) -> bool;
}

/// The errors in the details of a response.
pub(crate) fn list(detail: &Value) -> Vec<Value> {
    detail.as_array().cloned().unwrap_or_default()
}

/// The kind of an error.
pub(crate) fn kind(error: &Value) -> &str {
    error["type"].as_str().unwrap_or_default()
}

/// Returns whether our errors are theirs, and besides them only some of these kinds.
pub(crate) fn adds_only(kinds: &[&str], theirs: &[Value], ours: &[Value]) -> bool {
    let added: Vec<_> = ours.iter().filter(|own| !theirs.contains(own)).collect();
    let all = theirs.iter().all(|own| ours.contains(own)) && added.len() + theirs.len() == ours.len();
    all && added.iter().all(|own| kinds.contains(&kind(own)))
}

/// Status and details of our response. `bytes` returns those of a recorded body.
fn answer(client: &Client, case: &Case, bytes: fn(&str) -> Vec<u8>) -> (u16, Value) {
    let mut request = client.request(&case.method, &case.target);
    for (name, value) in &case.headers {
        request = request.header(name, value);
    }
    if let Some(body) = &case.body {
        request = request.body(bytes(body));
    }
    let response = request.send();
    let body: Value = serde_json::from_str(response.text()).unwrap_or_default();
    (response.status(), body["detail"].clone())
}

/// Sends the recorded requests, of which there are `least` or more. Fails if a response differs that the table does not list, or
/// if one is equal that the table lists.
pub(crate) fn replay<R: Reason>(
    client: &Client,
    recorded: &str,
    least: usize,
    differences: &[(R, &[&str])],
    bytes: fn(&str) -> Vec<u8>,
) {
    let cases: Vec<Case> = serde_json::from_str(recorded).unwrap();
    assert!(cases.len() >= least, "{}", cases.len());
    let reasons = differences.iter().flat_map(|(reason, names)| names.iter().map(|name| (*name, *reason)));
    let listed: BTreeMap<&str, R> = reasons.collect();
    let (mut faults, mut different) = (Vec::new(), BTreeSet::new());
    for case in &cases {
        let (status, detail) = answer(client, case, bytes);
        if (status, &detail) == (case.status, &case.detail) {
            continue;
        }
        different.insert(&*case.name);
        if !listed.get(&*case.name).is_some_and(|reason| reason.allows(case, status, &detail)) {
            faults.push(format!("{}\n  theirs {} {}\n  ours   {status} {detail}", case.name, case.status, case.detail));
        }
    }
    let stale: Vec<_> = listed.keys().filter(|name| !different.contains(*name)).collect();
    println!("{} cases, {} differ", cases.len(), different.len());
    assert!(faults.is_empty(), "{} not listed:\n{}", faults.len(), faults.join("\n"));
    assert!(stale.is_empty(), "listed, and equal: {stale:?}");
}
