//! The signals that end the local gateway.

use std::io;
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use super::server::GRACE;
use crate::log::print;

/// As a shell says of a program that Ctrl-C has ended.
const INTERRUPTED: i32 = 130;

/// Listens for Ctrl-C and SIGTERM until it is dropped.
pub(super) struct Signals {
    first: oneshot::Receiver<()>,
    _until: oneshot::Sender<()>,
}

impl Signals {
    /// Takes the signals over from the system, which would end the process.
    ///
    /// They are awaited on a separate thread, because a handler that blocks may hold the gateway's: otherwise such a
    /// handler could not be stopped.
    pub(super) fn new() -> io::Result<Self> {
        let (send_first, first) = oneshot::channel();
        let (until, dropped) = oneshot::channel();
        let (send_ready, ready) = std::sync::mpsc::sync_channel(1);
        thread::Builder::new().name("gatewire-signals".to_owned()).spawn(move || {
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => return drop(send_ready.send(Err(error))),
            };
            runtime.block_on(async {
                let mut signals = match Registered::new() {
                    Ok(signals) => signals,
                    Err(error) => return drop(send_ready.send(Err(error))),
                };
                let _ = send_ready.send(Ok(()));
                tokio::select! {
                    _ = dropped => {}
                    () = interrupt(&mut signals, send_first) => {}
                }
            });
        })?;
        ready.recv().map_err(|_| io::Error::other("the thread for signals has ended"))??;
        Ok(Self { first, _until: until })
    }

    /// Completes at the first signal. The second, or time, ends the process unless this value is dropped before.
    pub(super) async fn first(&mut self) {
        let _ = (&mut self.first).await;
    }
}

async fn interrupt(signals: &mut Registered, first: oneshot::Sender<()>) {
    signals.next().await;
    let _ = first.send(());
    print(format_args!("gatewire: stopping; a second Ctrl-C does not wait for requests in flight"));
    tokio::select! {
        () = signals.next() => {}
        // The gateway gives up by itself slightly earlier, unless a handler holds its thread.
        () = tokio::time::sleep(GRACE + Duration::from_secs(1)) => {
            print(format_args!("gatewire: a handler blocks; the process ends anyway"));
        }
    }
    std::process::exit(INTERRUPTED);
}

/// The signals that the system sends here.
struct Registered {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Registered {
    #[cfg(unix)]
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
