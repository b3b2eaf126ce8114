//! Forms and files as Powertools for AWS Lambda (Python) 3.37 answered them, to the same app: `powertools_forms.py` made
//! `form_cases.json`. The responses are equal, but for the table of differences.

use garde::Validate;
use gatewire::App;
use gatewire::extract::Input;
use gatewire::form::Part;
use gatewire::testing::Client;
use gatewire::validate::Validation;
use serde::Deserialize;
use serde_json::Value;

use crate::replay::{self, Case, adds_only, kind, list, replay};

#[derive(Deserialize, Input, Default)]
#[serde(rename_all = "lowercase")]
enum Plan {
    #[default]
    Free,
    Full,
}

#[derive(Validate, Input)]
struct Member<'r> {
    #[input(form)]
    #[garde(length(chars, min = 2, max = 10), pattern("^[a-z ]+$"))]
    name: &'r str,
    #[input(form)]
    #[garde(range(min = 18, max = 120))]
    age: i128,
    #[input(query, default = "en")]
    #[garde(length(chars, min = 2))]
    lang: &'r str,
    #[input(form, default)]
    #[garde(skip)]
    mail: bool,
    #[input(form, default = 0.5)]
    #[garde(range(min = 0.0, max = 1.0))]
    ratio: f64,
    #[input(form = "tag", default)]
    #[garde(length(max = 3))]
    tags: Vec<&'r str>,
    #[input(form, default)]
    #[garde(skip)]
    ids: Vec<i64>,
    #[input(form, default)]
    #[garde(skip)]
    plan: Plan,
    #[input(form = "nick-name")]
    #[garde(length(chars, min = 2))]
    nick: Option<&'r str>,
}

#[derive(Validate, Input)]
struct Album<'r> {
    #[input(path)]
    #[garde(range(min = 1))]
    id: i64,
    #[input(file)]
    #[garde(skip)]
    photo: Part<'r>,
    #[input(form)]
    #[garde(length(chars, min = 3))]
    title: &'r str,
    #[input(header = "x-tenant", default = "acme")]
    #[garde(length(chars, min = 2))]
    tenant: &'r str,
    #[input(form, default = 1)]
    #[garde(range(min = 1))]
    count: i64,
    #[input(file)]
    #[garde(length(min = 2, max = 8))]
    icon: Option<&'r [u8]>,
}

fn client() -> Client {
    let member = |own: Member<'_>| {
        let Member { name, age, lang, mail, ratio, tags, ids, plan, nick } = own;
        format!("{name} {age} {lang} {mail} {ratio} {tags:?} {ids:?} {} {nick:?}", matches!(plan, Plan::Full))
    };
    let album = |own: Album<'_>| {
        let Album { id, photo, title, tenant, count, icon } = own;
        format!("{id} {:?} {} {title} {tenant} {count} {icon:?}", photo.file_name, photo.bytes.len())
    };
    let app = App::new().validation(Validation::new()).post("/members", member).post("/albums/{id}", album);
    Client::new(app).unwrap()
}

/// The reasons for differences, and the cases that have them.
const DIFFERENCES: &[(Reason, &[&str])] = &[
    (
        Reason::NoConversions,
        &[
            "member name=ada&age=36.0",
            "member name=ada&age=+36",
            "member name=ada&age=36&mail=1",
            "member name=ada&age=36&mail=on",
            "member name=ada&age=36&mail=True",
            "member name=ada&age=36&mail=yes",
            "album count 1.0",
            "album count  2",
        ],
    ),
    (Reason::Repeated("age"), &["member name=ada&age=36&age=x", "member name=ada&age=x&age=36"]),
    (Reason::Repeated("name"), &["member name=a&name=bob&age=36"]),
    (Reason::Repeated("plan"), &["member name=ada&age=36&plan=x&plan=full", "member name=ada&age=36&plan=full&plan=x"]),
    (Reason::Repeated("title"), &["album two titles", "album two titles, the first short"]),
    (Reason::Repeated("count"), &["album two counts"]),
    (
        Reason::ListOfOne,
        &[
            "member in wrong parts",
            "random 1",
            "random 3",
            "random 11",
            "random 13",
            "random 15",
            "random 17",
            "random 21",
            "random 23",
            "random 25",
            "random 27",
        ],
    ),
    (
        Reason::NoJson,
        &[
            "member of type application/json",
            "member of type ",
            "member of type None",
            "member without a body of type application/json",
            "member as JSON",
        ],
    ),
    (Reason::Capitals, &["member of type Application/X-Www-Form-Urlencoded", "album type in capitals"]),
    (
        Reason::Fails,
        &[
            "member of type multipart/form-data",
            "album title not in UTF-8",
            "album no boundary",
            "album empty boundary",
            "album of type application/json",
            "album of type ",
            "album of type None",
        ],
    ),
    (
        Reason::Malformed,
        &[
            "member name=%ff&age=36",
            "album another boundary",
            "album no end",
            "album empty body",
            "album of nothing",
            "album part without a name",
            "album part without a head",
        ],
    ),
    (Reason::NoFileChosen, &["album no file chosen"]),
    (Reason::NoFile, &["album icon that is a field"]),
    (Reason::NeedsParts, &["album of type application/x-www-form-urlencoded", "album urlencoded"]),
];

/// Why responses differ, and so what they may be.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Reason {
    /// Text is read as Rust reads numbers and booleans: no `1.0`, no blank in front, no `yes`.
    NoConversions,
    /// The last value of a repeated field counts, as everywhere in this crate; there the first.
    Repeated(&'static str),
    /// A list may have one part; there it is no list.
    ListOfOne,
    /// A form is no JSON; there a route with a form takes JSON of the same fields, also without a content type.
    NoJson,
    /// The names of media types are compared without regard to case.
    Capitals,
    /// The invocation fails there.
    Fails,
    /// A form that breaks its format is refused as a whole; there its sound parts are read.
    Malformed,
    /// A browser sends an empty file without a name if the user chose none.
    NoFileChosen,
    /// A part that has a name alone is no file, whatever the type of the argument is.
    NoFile,
    /// A route with a file takes no urlencoded form.
    NeedsParts,
}

impl replay::Reason for Reason {
    fn allows(self, case: &Case, status: u16, detail: &Value) -> bool {
        let (theirs, ours) = (list(&case.detail), list(detail));
        let without = |list: &[Value], fields: &[&str]| -> Vec<Value> {
            let is_other = |detail: &&Value| detail["loc"][1].as_str().is_none_or(|field| !fields.contains(&field));
            list.iter().filter(is_other).cloned().collect()
        };
        let error = |at: &str, kind: &str| serde_json::json!([{"loc": ["body", at], "type": kind}]);
        match self {
            Self::NoConversions => status == 422 && adds_only(&["int_parsing", "bool_parsing"], &theirs, &ours),
            Self::Repeated(field) => without(&theirs, &[field]) == without(&ours, &[field]),
            Self::ListOfOne => {
                let lists = ["tag", "ids"];
                let listed = |own: &Value| kind(own) == "list_type";
                theirs.iter().any(listed)
                    && !ours.iter().any(listed)
                    && without(&theirs, &lists) == without(&ours, &lists)
            }
            Self::NoJson | Self::NeedsParts => status == 415 && case.status != 415,
            Self::Capitals => case.status == 415 && status == 200,
            Self::Fails => case.status == 0 && [400, 415].contains(&status),
            Self::Malformed => status == 400 && detail.is_null(),
            Self::NoFileChosen => case.status == 200 && *detail == error("photo", "missing"),
            Self::NoFile => case.status == 200 && *detail == error("icon", "value_error"),
        }
    }
}

/// The character of each byte of a recorded body has its number.
fn bytes(body: &str) -> Vec<u8> {
    body.chars().map(|byte| u8::try_from(byte).unwrap()).collect()
}

#[test]
fn forms_are_answered_as_powertools_does() {
    replay(&client(), include_str!("form_cases.json"), 180, DIFFERENCES, bytes);
}
