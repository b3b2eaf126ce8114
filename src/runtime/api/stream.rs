//! A connected socket, and waiting for what it receives.

use std::io;
use std::net::TcpStream;

/// How a thread waits for the next event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::runtime) enum Wait {
    /// In the read itself: one system call less.
    Block,
    /// In the read itself as long as the tokio runtime has no task of its own: connections of HTTP clients are such tasks,
    /// and have to go on meanwhile.
    #[cfg(feature = "tokio")]
    UnlessTasks,
    /// With the tokio runtime, always: something else may be awaited beside.
    #[cfg(feature = "tokio")]
    Yield,
}

/// A socket that blocks.
#[derive(Debug)]
pub(super) struct Stream {
    socket: TcpStream,
    /// The same socket for the reactor of the tokio runtime, which tells when there is something to read.
    #[cfg(feature = "tokio")]
    registered: Option<tokio::net::TcpStream>,
}

impl Stream {
    pub(super) const fn new(socket: TcpStream) -> Self {
        Self {
            socket,
            #[cfg(feature = "tokio")]
            registered: None,
        }
    }

    pub(super) const fn get(&self) -> &TcpStream {
        &self.socket
    }

    /// Waits for something to read, unless the read itself shall wait.
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
                let socket = self.socket.try_clone()?;
                // tokio takes no other; what it does with this one works with sockets that block too.
                socket.set_nonblocking(true)?;
                let registered = tokio::net::TcpStream::from_std(socket)?;
                self.socket.set_nonblocking(false)?;
                none.insert(registered)
            }
        };
        registered.readable().await?;
        // What there is will be read, by reads that block and so never find that there is nothing more: the next time, only
        // what arrives from now on counts.
        let nothing_more = || Err::<(), _>(io::ErrorKind::WouldBlock.into());
        let _ = registered.try_io(tokio::io::Interest::READABLE, nothing_more);
        Ok(())
    }

    #[cfg(not(feature = "tokio"))]
    pub(super) async fn readable(&mut self, _: Wait) -> io::Result<()> {
        Ok(())
    }
}
