//! Streaming: a client that reads the answer while it is made.
//!
//! ```sh
//! GATEWIRE_SOURCE=url cargo run --example streaming
//! curl -i localhost:8080/export/3
//! curl -iN localhost:8080/countdown
//! ```
//!
//! On Lambda the gateway has to be told: a Function URL the invoke mode `RESPONSE_STREAM`, a REST API the response transfer
//! mode `STREAM`. The others, which have no such mode, get the pieces put together: on this machine too, without
//! `GATEWIRE_SOURCE`.

use std::time::Duration;

use gatewire::{App, IntoResponse, Request, Response, Stream};

/// A large body, never in memory as a whole.
fn export(_: Request<'_>) -> impl IntoResponse + use<> {
    let rows = Stream::new(async |mut sink| {
        // Before the first piece an error still has a status: here 400, for a parameter that is no number.
        let count: u32 = sink.request().parse("count")?;
        let mut page = String::from("number,square\n");
        for number in 1..=count {
            page.push_str(&format!("{number},{}\n", u64::from(number).pow(2)));
            // Each piece is sent on its own, so it should be worth it.
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

/// Events for a browser's `EventSource`, each when it happens.
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

fn app() -> App {
    App::new().streaming(true).get("/export/{count}", export).get("/countdown", countdown)
}

fn main() -> Result<(), gatewire::RunError> {
    gatewire::run(app())
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatewire::gateway::HttpRequest;
    use gatewire::testing::Client;
    use gatewire::{Answer, LambdaContext, ResponseSink, Source};
    use std::io;

    #[derive(Default)]
    struct Pieces(Vec<Vec<u8>>);

    impl ResponseSink for Pieces {
        fn start(&mut self, prelude: &[u8], body: &[u8]) -> io::Result<()> {
            assert!(prelude.starts_with(b"{\"statusCode\":200,"));
            self.write(body)
        }

        fn write(&mut self, piece: &[u8]) -> io::Result<()> {
            self.0.push(piece.to_vec());
            Ok(())
        }
    }

    #[tokio::test]
    async fn an_export_leaves_in_pieces() {
        let mut worker = app().build().unwrap().worker();
        let event = HttpRequest::new("GET", "/export/10000").event(Source::FunctionUrl);
        let mut pieces = Pieces::default();
        let answer = worker.call_streaming(&event, &LambdaContext::default(), &mut pieces).await.unwrap();
        assert_eq!(answer, Answer::Streamed);
        assert!(pieces.0.len() > 5, "{}", pieces.0.len());
        // The kit for tests puts the pieces together, as a gateway does that has no streams.
        let whole = Client::new(app()).unwrap().get("/export/10000").send();
        assert_eq!(whole.text().as_bytes(), pieces.0.concat());
        assert!(whole.text().ends_with("\n10000,100000000\n"));
        assert_eq!(whole.header("content-type"), Some("text/csv"));
    }

    #[test]
    fn a_bad_count_is_the_clients_fault() {
        assert_eq!(Client::new(app()).unwrap().get("/export/many").send().status(), 400);
    }

    #[tokio::test]
    async fn events_are_those_of_an_event_source() {
        let mut worker = app().build().unwrap().worker();
        let event = HttpRequest::new("GET", "/countdown").event(Source::Rest);
        let mut pieces = Pieces::default();
        worker.call_streaming(&event, &LambdaContext::default(), &mut pieces).await.unwrap();
        let expected = ["data: 3\n\n", "data: 2\n\n", "data: 1\n\n", "event: done\ndata: lift-off\n\n"];
        assert_eq!(pieces.0, expected.map(str::as_bytes));
    }
}
