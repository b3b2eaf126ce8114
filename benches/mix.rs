//! "mix": six hundred varied events, the same on every machine.
//!
//! A loop over one event makes every engine look faster, because branch predictors learn the event. Here the source, the
//! route, the set of headers and the length of nearly every value change from event to event, over the events of REST APIs,
//! HTTP APIs and load balancers.

use std::fmt::Write;

use crate::app::{NO_ID, ROUTES};

/// The number of events.
pub const EVENTS: usize = 600;

/// The sender of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    Rest,
    Http,
    Alb,
}

/// An event, and the app's response to it.
pub struct Event {
    pub sender: Sender,
    pub payload: String,
    /// The path as it stands in the event.
    pub path: String,
    /// The first parameter of the rule.
    pub id: String,
}

/// Header fields as browsers, CloudFront and gateways send them. The last three come with every event; the rest at random.
const HEADERS: [(&str, &str); 27] = [
    ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"),
    ("Accept-Encoding", "gzip, deflate, br, zstd"),
    ("Accept-Language", "fi-FI,fi;q=0.9,en-GB;q=0.7,en;q=0.5"),
    ("Authorization", "Bearer ZXhhbXBsZS1oZWFkZXI.ZXhhbXBsZS1wYXlsb2FkLXRoYXQtaXMtYS1saXR0bGUtbG9uZ2Vy.c2lnbmF0dXJl"),
    ("Cache-Control", "max-age=0"),
    ("CloudFront-Forwarded-Proto", "https"),
    ("CloudFront-Is-Desktop-Viewer", "true"),
    ("CloudFront-Is-Mobile-Viewer", "false"),
    ("CloudFront-Is-SmartTV-Viewer", "false"),
    ("CloudFront-Is-Tablet-Viewer", "false"),
    ("CloudFront-Viewer-Country", "FI"),
    ("Cookie", "session=0f8fad5bd9cb469fa16570867728950e; theme=dark"),
    ("If-None-Match", "\"5d8c72a5edda8d6a\""),
    ("Origin", "https://app.example.com"),
    ("Referer", "https://app.example.com/lists/7?sort=due"),
    ("sec-ch-ua", "\"Chromium\";v=\"141\", \"Not?A_Brand\";v=\"8\""),
    ("sec-ch-ua-mobile", "?0"),
    ("sec-ch-ua-platform", "\"Linux\""),
    ("Sec-Fetch-Mode", "cors"),
    (
        "User-Agent",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    ),
    ("Via", "2.0 1ceda78203b424df7a19ae4e5298b6b4.cloudfront.net (CloudFront)"),
    ("X-Amz-Cf-Id", "iaSZzDjh-15cqRyKCPokETBP_gXJKXETi9bwt4BJVY06Rbo2sbNX5L=="),
    ("X-Amzn-Trace-Id", "Root=1-6aea1cf1-829467591055490cb9021036"),
    ("X-Forwarded-For", "203.0.113.77, 198.51.100.9"),
    ("Content-Type", "application/json"),
    ("Host", "a1b2c3d4e5.execute-api.eu-north-1.amazonaws.com"),
    ("X-Forwarded-Proto", "https"),
];
const ALWAYS: usize = 3;

/// Marsaglia's xorshift: small, and the same everywhere.
struct Random(u64);

impl Random {
    /// A number from `from` to `to`, both included.
    fn number(&mut self, from: usize, to: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The upper half: the lower bits are the weaker ones.
        from + ((self.0 >> 32) % (to - from + 1) as u64) as usize
    }

    fn percent(&mut self, chance: usize) -> bool {
        self.number(1, 100) <= chance
    }

    /// Text that needs no escape, in JSON or in a URL.
    fn token(&mut self, from: usize, to: usize) -> String {
        const BYTES: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
        let length = self.number(from, to);
        (0..length).map(|_| BYTES[self.number(0, BYTES.len() - 1)] as char).collect()
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.number(0, at));
        }
    }
}

/// The events: two hundred of each sender, shuffled.
pub fn events() -> Vec<Event> {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let senders = [Sender::Rest, Sender::Http, Sender::Alb];
    let mut events: Vec<Event> = (0..EVENTS).map(|at| event(&mut random, senders[at % senders.len()])).collect();
    random.shuffle(&mut events);
    events
}

/// The parts of an event of any sender.
struct Request {
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    query: Vec<(String, String)>,
    /// `null`, or a JSON string.
    body: String,
}

fn event(random: &mut Random, sender: Sender) -> Event {
    let (method, rule) = ROUTES[random.number(0, ROUTES.len() - 1)];
    let (path, id) = path(random, rule);
    let headers = headers(random);
    let query = (0..random.number(0, 4)).map(|_| (random.token(2, 8), random.token(1, 20))).collect();
    let body = if random.percent(50) {
        let (title, count) = (random.token(3, 200), random.number(1, 9));
        quoted(&format!(r#"{{"title":"{title}","done":false,"tags":["home","\"{count}\""]}}"#))
    } else {
        "null".to_owned()
    };
    let request = Request { method, path, headers, query, body };
    let payload = match sender {
        Sender::Rest => rest(random, &request),
        Sender::Http => http(random, &request),
        Sender::Alb => alb(random, &request),
    };
    Event { sender, payload, path: request.path, id }
}

/// A path that fits a rule, and the value of its first parameter.
fn path(random: &mut Random, rule: &str) -> (String, String) {
    let (mut path, mut first) = (String::new(), None);
    for segment in rule.split('/').skip(1) {
        let text = match segment.strip_prefix('{') {
            None => segment.to_owned(),
            Some(name) if name.ends_with("...}") => {
                let segments: Vec<String> = (0..random.number(1, 5)).map(|_| random.token(1, 24)).collect();
                segments.join("/")
            }
            Some(_) => random.token(1, 36),
        };
        if segment.starts_with('{') {
            first.get_or_insert_with(|| text.clone());
        }
        path.push('/');
        path.push_str(&text);
    }
    (path, first.unwrap_or_else(|| NO_ID.to_owned()))
}

fn headers(random: &mut Random) -> Vec<(String, String)> {
    let (optional, always) = HEADERS.split_at(HEADERS.len() - ALWAYS);
    let mut optional = optional.to_vec();
    random.shuffle(&mut optional);
    optional.truncate(random.number(4, optional.len()));
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, value) in optional {
        let value = if random.percent(60) { value.to_owned() } else { random.token(3, 90) };
        headers.push((name.to_owned(), value));
    }
    headers.extend(always.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    headers.push(("X-Request-Id".to_owned(), random.token(8, 40)));
    random.shuffle(&mut headers);
    headers
}

/// A JSON string.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
    out.push('"');
    out
}

/// A JSON object, its values written by `value`.
fn object(pairs: &[(String, String)], value: impl Fn(&str) -> String) -> String {
    let members: Vec<String> = pairs.iter().map(|(name, own)| format!("{}:{}", quoted(name), value(own))).collect();
    format!("{{{}}}", members.join(","))
}

/// The same, or `null` if there is no object.
fn object_or_null(pairs: &[(String, String)], value: impl Fn(&str) -> String) -> String {
    if pairs.is_empty() { "null".to_owned() } else { object(pairs, value) }
}

fn listed(value: &str) -> String {
    format!("[{}]", quoted(value))
}

fn rest(random: &mut Random, request: &Request) -> String {
    let Request { method, path, headers, query, body } = request;
    let mut out = format!(r#"{{"resource":"/{{proxy+}}","path":{},"httpMethod":"{method}","#, quoted(path));
    let _ = write!(
        out,
        r#""headers":{},"multiValueHeaders":{},"queryStringParameters":{},"multiValueQueryStringParameters":{},"#,
        object(headers, quoted),
        object(headers, listed),
        object_or_null(query, quoted),
        object_or_null(query, listed),
    );
    let _ = write!(
        out,
        r#""pathParameters":{{"proxy":{}}},"stageVariables":null,"requestContext":{{"resourceId":"k17bda","#,
        quoted(path.trim_start_matches('/')),
    );
    if random.percent(50) {
        let (sub, name) = (random.token(36, 36), random.token(4, 24));
        let _ = write!(
            out,
            r#""authorizer":{{"claims":{{"sub":"{sub}","token_use":"id","cognito:username":"{name}","email":"{name}@example.com"}}}},"#,
        );
    }
    let _ = write!(
        out,
        concat!(
            r#""resourcePath":"/{{proxy+}}","httpMethod":"{}","extendedRequestId":"{}=","requestTime":"#,
            r#""03/Nov/2026:17:42:09 +0000","path":"/prod{}","accountId":"111122223333","protocol":"HTTP/1.1","#,
            r#""stage":"prod","domainPrefix":"a1b2c3d4e5","requestTimeEpoch":1793727729086,"requestId":"{}","#,
            r#""identity":{{"cognitoIdentityPoolId":null,"accountId":null,"cognitoIdentityId":null,"caller":null,"#,
            r#""sourceIp":"203.0.113.77","principalOrgId":null,"accessKey":null,"cognitoAuthenticationType":null,"#,
            r#""cognitoAuthenticationProvider":null,"userArn":null,"userAgent":"{}","user":null}},"domainName":"#,
            r#""a1b2c3d4e5.execute-api.eu-north-1.amazonaws.com","deploymentId":"d7x2qk","apiId":"a1b2c3d4e5"}},"#,
        ),
        method,
        random.token(15, 15),
        path,
        random.token(36, 36),
        random.token(10, 120),
    );
    let _ = write!(out, r#""body":{body},"isBase64Encoded":false}}"#);
    out
}

fn http(random: &mut Random, request: &Request) -> String {
    let Request { method, path, headers, query, body } = request;
    let pairs: Vec<String> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut out = format!(
        r#"{{"version":"2.0","routeKey":"$default","rawPath":{},"rawQueryString":"{}","#,
        quoted(path),
        pairs.join("&")
    );
    let cookies: Vec<String> = (0..random.number(0, 3)).map(|_| quoted(&random.token(5, 60))).collect();
    if !cookies.is_empty() {
        let _ = write!(out, r#""cookies":[{}],"#, cookies.join(","));
    }
    // HTTP APIs write the names of header fields in lower case.
    let lower: Vec<_> = headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
    let _ = write!(out, r#""headers":{},"#, object(&lower, quoted));
    if !query.is_empty() {
        let _ = write!(out, r#""queryStringParameters":{},"#, object(query, quoted));
    }
    let _ = write!(
        out,
        concat!(
            r#""requestContext":{{"accountId":"111122223333","apiId":"h7t8t9p0ap","domainName":"#,
            r#""h7t8t9p0ap.execute-api.eu-north-1.amazonaws.com","domainPrefix":"h7t8t9p0ap","http":{{"method":"{}","#,
            r#""path":{},"protocol":"HTTP/1.1","sourceIp":"203.0.113.77","userAgent":"{}"}},"requestId":"{}=","#,
            r#""routeKey":"$default","stage":"$default","time":"03/Nov/2026:17:42:09 +0000","timeEpoch":1793727729086}},"#,
        ),
        method,
        quoted(path),
        random.token(10, 120),
        random.token(15, 15),
    );
    if body != "null" {
        let _ = write!(out, r#""body":{body},"#);
    }
    out.push_str(r#""isBase64Encoded":false}"#);
    out
}

fn alb(random: &mut Random, request: &Request) -> String {
    let Request { method, path, headers, query, body } = request;
    let lower: Vec<_> = headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
    let body = if body == "null" { "\"\"" } else { body };
    format!(
        concat!(
            r#"{{"requestContext":{{"elb":{{"targetGroupArn":"arn:aws:elasticloadbalancing:eu-north-1:111122223333:"#,
            r#"targetgroup/todos/{}"}}}},"httpMethod":"{}","path":{},"queryStringParameters":{},"headers":{},"#,
            r#""body":{},"isBase64Encoded":false}}"#,
        ),
        random.token(16, 16),
        method,
        quoted(path),
        object(query, quoted),
        object(&lower, quoted),
        body,
    )
}
