//! A process that runs an app behind the local gateway.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::client::Client;

/// The longest wait in these tests.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A process with the app behind the local gateway. Dropping the value ends it.
pub(crate) struct Server {
    pub(crate) process: Child,
    pub(crate) address: SocketAddr,
    pub(crate) start_line: String,
    /// Its output after the first line.
    pub(crate) lines: Receiver<String>,
}

/// Returns a command that runs this program again, through the emulator if there is one.
fn this_program() -> Command {
    let program = std::env::current_exe().unwrap();
    let emulator = std::env::var_os("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER");
    match emulator.filter(|_| cfg!(target_arch = "aarch64")) {
        Some(emulator) => {
            let mut command = Command::new(emulator);
            command.arg(program);
            command
        }
        None => Command::new(program),
    }
}

/// Returns a command that runs [`server`].
pub(crate) fn command(environment: &[(&str, &str)]) -> Command {
    let mut command = this_program();
    command.args(["server", "--exact", "--ignored", "--nocapture", "--test-threads=1"]);
    for name in [
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_LAMBDA_LOG_FORMAT",
        "AWS_LAMBDA_LOG_LEVEL",
        "GATEWIRE_SOURCE",
        "GATEWIRE_STAGE",
        "GATEWIRE_BASE_PATH",
        "GATEWIRE_MULTI_VALUE",
        "GATEWIRE_HOSTS",
    ] {
        command.env_remove(name);
    }
    command.env("GATEWIRE_TEST_SERVER", "1");
    // A backtrace would have many lines that look like those that tests wait for.
    command.env("RUST_BACKTRACE", "0").env("GATEWIRE_ADDRESS", "127.0.0.1:0").envs(environment.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

impl Server {
    pub(crate) fn start(environment: &[(&str, &str)]) -> Self {
        let mut process = command(environment).spawn().unwrap();
        let (sender, lines) = channel();
        let stderr = BufReader::new(process.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let start_line = lines.recv_timeout(PATIENCE).expect("no first line");
        let address =
            start_line.split("http://").nth(1).and_then(|rest| rest.split([' ', '/']).next()).unwrap_or_default();
        let address = address.parse().unwrap_or_else(|_| panic!("no address in {start_line:?}"));
        Self { process, address, start_line, lines }
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(TcpStream::connect(self.address).unwrap())
    }

    /// Sends a signal, such as `INT` as by Ctrl-C.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.process.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for its end, and returns the status.
    pub(crate) fn end(&mut self) -> ExitStatus {
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("it does not end");
    }

    /// Returns the lines that it prints until it ends.
    pub(crate) fn last_lines(&self) -> Vec<String> {
        self.lines.iter().collect()
    }

    /// Returns the next line that contains `text`.
    pub(crate) fn line_with(&self, text: &str) -> String {
        for _ in 0..100 {
            let line = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no line with {text:?}"));
            if line.contains(text) {
                return line;
            }
        }
        panic!("no line with {text:?} in a hundred");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
