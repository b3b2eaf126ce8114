//! Connections: accepted until it is time to stop, and finished then.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinSet, LocalSet};

use super::exchange::Gateway;
use super::settings::Local;
use crate::log::{Escaped, print};
use crate::runtime::RunError;

/// The time limit of requests in flight once it is time to stop.
pub(super) const GRACE: Duration = Duration::from_secs(10);

/// The time limit of the head of a request, and of a connection without one.
const HEAD_LIMIT: Duration = Duration::from_secs(30);

/// Serves until `stop` completes, then finishes the requests in flight.
pub(super) async fn serve(local: Local, listener: TcpListener, stop: impl Future<Output = ()>) -> Result<(), RunError> {
    let address = listener.local_addr().map_err(|error| local.listen_error(error))?;
    print(format_args!("{}", Escaped(&local.greeting(address))));
    let gateway = Rc::new(Gateway::new(local));
    // Handlers' futures stay on their thread, so everything does.
    LocalSet::new().run_until(accept(gateway, listener, HEAD_LIMIT, stop)).await;
    Ok(())
}

async fn accept(gateway: Rc<Gateway>, listener: TcpListener, head_limit: Duration, stop: impl Future<Output = ()>) {
    let (stopping, stopped) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let (gateway, stopped) = (Rc::clone(&gateway), stopped.clone());
                    connections.spawn_local(async move {
                        connection(&gateway, stream, &peer.ip().to_string(), head_limit, stopped).await;
                    });
                }
                Err(error) => {
                    print(format_args!("gatewire: a connection was lost: {error}"));
                    // Out of descriptors, most likely: others have to close first.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
        }
    }
    // The port is free for the next one while the last requests are answered.
    drop(stopping);
    drop(listener);
    let finished = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, finished).await.is_err() {
        let seconds = GRACE.as_secs();
        print(format_args!("gatewire: requests were in flight for {seconds} s more; they are dropped"));
    }
}

/// Answers the requests of a connection until the client closes it, or it is time to stop and none is in flight.
async fn connection(
    gateway: &Rc<Gateway>,
    stream: TcpStream,
    peer: &str,
    head_limit: Duration,
    mut stopped: watch::Receiver<()>,
) {
    // A response is one write: waiting for more of it only delays it.
    let _ = stream.set_nodelay(true);
    // Browsers open connections that they may never use; such a connection must not delay the end.
    tokio::select! {
        readable = tokio::time::timeout(head_limit, stream.readable()) => if readable.is_err() { return },
        _ = stopped.changed() => return,
    }
    let service = service_fn(|request| async { Ok::<_, Infallible>(gateway.exchange(request, peer).await) });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(head_limit);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    // A client that goes away is not an error of the gateway.
    tokio::select! {
        // First, so that a response that ends after the stop says that the connection closes.
        biased;
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
        _ = &mut connection => {}
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::app::App;

    #[test]
    fn a_head_that_does_not_end_ends_the_connection() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(LocalSet::new().run_until(async {
            let app = App::new().get("/", |_: crate::Request<'_>| "answered");
            let gateway = Rc::new(Gateway::new(Local::new(app.build().unwrap())));
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let clients = async {
                // Nothing, a part, and a second head that stays a part.
                for sent in ["", "GET / HTTP/1.1\r\nHost: local", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET"] {
                    let mut client = TcpStream::connect(address).await.unwrap();
                    client.write_all(sent.as_bytes()).await.unwrap();
                    let mut received = Vec::new();
                    // The connection ends, though the client has not ended it; the way makes no difference.
                    let _ = client.read_to_end(&mut received).await;
                    assert_eq!(received.ends_with(b"answered"), sent.ends_with("\nGET"), "{sent:?}");
                }
            };
            let limit = Duration::from_millis(100);
            tokio::time::timeout(6 * GRACE, accept(gateway, listener, limit, clients)).await.expect("the end");
        }));
    }
}
