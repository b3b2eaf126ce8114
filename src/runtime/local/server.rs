//! Connections: taken until it is time to stop, and finished then.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinSet, LocalSet};

use super::Local;
use super::exchange::Gateway;
use crate::runtime::RunError;

/// How long requests in flight may take once it is time to stop.
pub(super) const GRACE: Duration = Duration::from_secs(10);

/// Serves until `stop` completes, and what is in flight after that.
pub(super) async fn serve(local: Local, listener: TcpListener, stop: impl Future<Output = ()>) -> Result<(), RunError> {
    let address = listener.local_addr().map_err(|error| local.listen_error(error))?;
    eprintln!("{}", local.greeting(address));
    let gateway = Rc::new(Gateway::new(local));
    // Handlers' futures stay on their thread, so everything does.
    LocalSet::new().run_until(accept(gateway, listener, stop)).await;
    Ok(())
}

async fn accept(gateway: Rc<Gateway>, listener: TcpListener, stop: impl Future<Output = ()>) {
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
                        connection(&gateway, stream, &peer.ip().to_string(), stopped).await;
                    });
                }
                Err(error) => {
                    eprintln!("gatewire: a connection was lost: {error}");
                    // Out of descriptors, most likely: others have to close first.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
        }
    }
    // The port is free for the next one while the last requests are answered.
    drop(listener);
    drop(stopping);
    let finished = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, finished).await.is_err() {
        eprintln!("gatewire: requests were in flight for {} s more; they are dropped", GRACE.as_secs());
    }
}

/// Answers the requests of a connection until the client closes it, or it is time to stop and none is in flight.
async fn connection(gateway: &Rc<Gateway>, stream: TcpStream, peer: &str, mut stopped: watch::Receiver<()>) {
    // A response is one write: waiting for more of it only delays it.
    let _ = stream.set_nodelay(true);
    // Browsers open connections that they may never use; such a one shall not hold up the end.
    tokio::select! {
        _ = stream.readable() => {}
        _ = stopped.changed() => return,
    }
    let service = service_fn(|request| async { Ok::<_, Infallible>(gateway.exchange(request, peer).await) });
    let mut connection = pin!(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    // A client that goes away is no error of the gateway's.
    tokio::select! {
        _ = &mut connection => {}
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}
