//! A connected socket, and the ways to wait for it.

use std::io;
use std::net::TcpStream;

/// The way in which a thread waits for the next event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::runtime) enum Wait {
    /// In the read itself, which saves a system call.
    Block,
    /// In the read itself, as long as the tokio runtime has no other task. Connections of HTTP clients are such tasks, and
    /// must make progress in the meantime.
    #[cfg(feature = "tokio")]
    UnlessTasks,
    /// Always with the tokio runtime, so that the thread can await something else at the same time.
    #[cfg(feature = "tokio")]
    Yield,
}

/// A socket that blocks.
#[derive(Debug)]
pub(super) struct Socket {
    blocking: TcpStream,
    /// The same socket for the reactor of the tokio runtime, which reports when there is something to read.
    #[cfg(feature = "tokio")]
    registered: Option<tokio::net::TcpStream>,
}

impl Socket {
    pub(super) const fn new(socket: TcpStream) -> Self {
        Self {
            blocking: socket,
            #[cfg(feature = "tokio")]
            registered: None,
        }
    }

    pub(super) const fn get(&self) -> &TcpStream {
        &self.blocking
    }

    /// Waits for something to read, unless the read itself is to wait.
    #[cfg(feature = "tokio")]
    pub(super) async fn readable(&mut self, wait: Wait) -> io::Result<()> {
        match wait {
            Wait::Block => return Ok(()),
            Wait::UnlessTasks if tokio::runtime::Handle::current().metrics().num_alive_tasks() == 0 => return Ok(()),
            Wait::UnlessTasks | Wait::Yield => {}
        }
        let registered = match &mut self.registered {
            Some(registered) => registered,
            none => {
                let socket = self.blocking.try_clone()?;
                // tokio accepts only non-blocking sockets, but its readiness also works for blocking ones.
                socket.set_nonblocking(true)?;
                let registered = tokio::net::TcpStream::from_std(socket)?;
                self.blocking.set_nonblocking(false)?;
                none.insert(registered)
            }
        };
        registered.readable().await?;
        // The following reads block, so tokio never sees a read without data. Clear the readiness here: the next time, only
        // data that arrives from now on counts.
        let nothing_more = || Err::<(), _>(io::ErrorKind::WouldBlock.into());
        let _ = registered.try_io(tokio::io::Interest::READABLE, nothing_more);
        Ok(())
    }

    #[cfg(not(feature = "tokio"))]
    pub(super) async fn readable(&mut self, _: Wait) -> io::Result<()> {
        Ok(())
    }
}
