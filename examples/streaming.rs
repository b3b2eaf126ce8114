//! Streaming: the client reads the response while the handler still writes it.
//!
//! ```sh
//! GATEWIRE_SOURCE=url cargo run --example streaming
//! curl -i localhost:8080/export/3
//! curl -iN localhost:8080/countdown
//! ```
//!
//! On Lambda the gateway needs a setting: a Function URL needs the invoke mode `RESPONSE_STREAM`, and a REST API the response
//! transfer mode `STREAM`. The other gateways have no such mode, and get the pieces as one body. The same happens on your
//! machine without `GATEWIRE_SOURCE`.

use std::num::ParseIntError;
use std::time::Duration;

use gatewire::{App, Cookie, EventSource, IntoResponse, Request, Response, Route, StatusCode, Stream};

/// A large body that is never in memory as a whole.
fn export(_: Request<'_>) -> impl IntoResponse + use<> {
    let rows = Stream::new(async |mut sink| {
        // Before the first piece an error still has a status: 400 for a parameter that is not a number.
        let count: u32 = sink.request().param_as("count")?;
        let mut page = String::from("number,square\n");
        for number in 1..=count {
            page.push_str(&format!("{number},{}\n", u64::from(number).pow(2)));
            // Each piece is sent separately, so pieces should not be too small.
            if page.len() > 16 * 1024 {
                sink.write(&page).await;
                page.clear();
            }
        }
        sink.write(page).await;
        Ok(())
    });
    Response::new(rows).content_type("text/csv").header("Content-Disposition", "attachment; filename=\"squares.csv\"")
}

/// Events for a browser's `EventSource`, each sent when it happens.
async fn countdown(_: Request<'_>) -> impl IntoResponse + use<> {
    let events = Stream::new(async |mut sink| {
        for number in (1..=3).rev() {
            sink.write(format!("data: {number}\n\n")).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        sink.write("event: done\ndata: lift-off\n\n").await;
        Ok(())
    });
    Response::new(events).content_type("text/event-stream").header("Cache-Control", "no-store")
}

/// Sends the sum so far for each number of the body. If the first line is not a number, the response is 400. If a later
/// line is not a number, the status has been sent already, so the response breaks off: the client finds no end of the body.
fn sums(_: Request<'_>) -> impl IntoResponse + use<> {
    let sums = Stream::new(async |mut sink| {
        let mut sum: u64 = 0;
        for line in sink.request().body_text()?.lines() {
            sum = sum.saturating_add(line.trim().parse()?);
            sink.write(format!("{sum}\n")).await;
        }
        Ok(())
    });
    let seen = Cookie::new("seen", "yes").path("/sums");
    Response::new(sums).status(StatusCode::ACCEPTED).content_type("text/plain").header("X-Unit", "pieces").cookie(seen)
}

fn app() -> App {
    App::new()
        .streaming(true)
        .get("/export/{count}", export)
        .get("/countdown", countdown)
        .post("/sums", sums)
        .on_error(|error: &ParseIntError, _: Request<'_>| (400, error.to_string()))
        // The same handler, buffered: a REST API has the setting for streaming at each method.
        .route(Route::get("/whole/{count}", export).streaming(false))
}

fn main() -> Result<(), gatewire::RunError> {
    let mut app = app();
    // The emulator of cargo-lambda streams like a Function URL, but sends the events of an HTTP API, which cannot stream.
    if std::env::var_os("AS_FUNCTION_URL").is_some() {
        app = app.source(EventSource::FunctionUrl);
    }
    gatewire::run(app)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatewire::gateway::{HttpRequest, HttpResponse};
    use gatewire::testing::Client;
    use gatewire::{
        context::LambdaContext,
        engine::{Answer, ResponseSink},
    };
    use std::io;

    #[derive(Default)]
    struct Pieces {
        prelude: String,
        body: Vec<Vec<u8>>,
    }

    impl ResponseSink for Pieces {
        fn start(&mut self, prelude: &[u8], body: &[u8]) -> io::Result<()> {
            self.prelude = String::from_utf8_lossy(prelude).into_owned();
            self.write(body)
        }

        fn write(&mut self, piece: &[u8]) -> io::Result<()> {
            self.body.push(piece.to_vec());
            Ok(())
        }
    }

    #[tokio::test]
    async fn an_export_leaves_in_pieces() {
        let mut worker = app().build().unwrap().worker();
        let event = HttpRequest::new("GET", "/export/10000").event(EventSource::FunctionUrl);
        let mut pieces = Pieces::default();
        let answer = worker.call_streaming(&event, &LambdaContext::default(), &mut pieces).await.unwrap();
        assert_eq!(answer, Answer::Streamed);
        assert!(pieces.prelude.starts_with(r#"{"statusCode":200,"#), "{}", pieces.prelude);
        assert!(pieces.body.len() > 5, "{}", pieces.body.len());
        // The test client joins the pieces, like a gateway without streaming.
        let whole = Client::new(app()).unwrap().get("/export/10000").send();
        assert_eq!(whole.text().as_bytes(), pieces.body.concat());
        assert!(whole.text().ends_with("\n10000,100000000\n"));
        assert_eq!(whole.header("content-type"), Some("text/csv"));
    }

    #[tokio::test]
    async fn a_line_that_is_no_number_breaks_the_sums_off() {
        let mut worker = app().build().unwrap().worker();
        let event = HttpRequest::new("POST", "/sums").header("Content-Type", "text/plain").body("1\n2\nx\n4\n");
        let event = event.event(EventSource::FunctionUrl);
        let mut pieces = Pieces::default();
        let error = worker.call_streaming(&event, &LambdaContext::default(), &mut pieces).await.unwrap_err();
        assert_eq!(error.error_type(), "ParseIntError");
        assert!(pieces.prelude.starts_with(r#"{"statusCode":202,"#), "{}", pieces.prelude);
        assert_eq!(pieces.body, ["1\n", "3\n"].map(str::as_bytes));
        // In a buffered response nothing has been sent when it fails.
        let failed = Client::new(app()).unwrap().post("/sums").body("1\nx").source(EventSource::HttpApiV2).send();
        assert_eq!(failed.status(), 400);
    }

    #[tokio::test]
    async fn a_route_may_be_buffered() {
        let mut worker = app().build().unwrap().worker();
        let event = HttpRequest::new("GET", "/whole/2").event(EventSource::FunctionUrl);
        let mut pieces = Pieces::default();
        let answer = worker.call_streaming(&event, &LambdaContext::default(), &mut pieces).await.unwrap();
        let Answer::Whole(payload) = answer else { panic!("it is streamed") };
        assert_eq!(
            HttpResponse::from_payload(EventSource::FunctionUrl, payload).unwrap().text(),
            Some("number,square\n1,1\n2,4\n")
        );
    }

    #[test]
    fn a_bad_count_is_the_clients_fault() {
        assert_eq!(Client::new(app()).unwrap().get("/export/many").send().status(), 400);
    }

    #[tokio::test]
    async fn events_are_those_of_an_event_source() {
        let mut worker = app().build().unwrap().worker();
        let event = HttpRequest::new("GET", "/countdown").event(EventSource::RestApi);
        let mut pieces = Pieces::default();
        worker.call_streaming(&event, &LambdaContext::default(), &mut pieces).await.unwrap();
        let expected = ["data: 3\n\n", "data: 2\n\n", "data: 1\n\n", "event: done\ndata: lift-off\n\n"];
        assert_eq!(pieces.body, expected.map(str::as_bytes));
    }
}
