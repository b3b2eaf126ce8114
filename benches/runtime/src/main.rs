//! Measures functions against a mock Runtime API, all in one run: `cargo run --release -p gatewire-bench-runtime`.
//!
//! Each function is a separate process. It shares one CPU with the Runtime API, because a Lambda function with less than
//! 1769 MB has no more. Rounds are interleaved, so that other work of the machine hits all functions alike. Everything has a bound.
//!
//! `-- --quick` measures little, to check that everything runs; `-- --musl` links the functions statically, as they are best
//! deployed, and adds axum's default build; `-- --starts` measures only starts; `-- --streaming` measures only streamed
//! responses; `-- --only WORD` measures the functions whose names contain the word; `-- --out FILE` writes the table there
//! too.

// The mock can do more than these measurements need.
#[allow(dead_code)]
#[path = "../../../tests/support/mock_api.rs"]
mod mock_api;

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mock_api::{Faults, Invocation, MockApi, Posted};

const FIELDS: &str = "Content-Type: application/json\r\nLambda-Runtime-Deadline-Ms: 4102444800000\r\n\
                      Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:f\r\n\
                      Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1\r\n\
                      Date: Fri, 20 Nov 2026 15:00:00 GMT\r\n";
const MUSL: &str = "x86_64-unknown-linux-musl";

struct Function {
    name: &'static str,
    bin: &'static str,
    feature: Option<&'static str>,
    argument: Option<&'static str>,
    /// Linked in the default way, however the others are linked.
    dynamic: bool,
}

const fn function(
    name: &'static str,
    bin: &'static str,
    feature: Option<&'static str>,
    argument: Option<&'static str>,
) -> Function {
    Function { name, bin, feature, argument, dynamic: false }
}

const FUNCTIONS: &[Function] = &[
    function("floor: canned bytes on a socket", "floor", None, None),
    function("gatewire, direct", "direct", None, None),
    function("gatewire, direct, one write", "direct", None, Some("one-write")),
    function("gatewire, direct, with tokio (the default)", "direct_tokio", Some("tokio"), None),
    function("gatewire on lambda_runtime", "adapter", Some("lambda"), None),
    function("axum on gatewire", "axum_gatewire", Some("axum_gatewire"), None),
    function("lambda_http + axum, one thread", "axum", Some("axum"), Some("one-thread")),
    function("lambda_http + axum, as documented", "axum", Some("axum"), None),
];

/// The function that people deploy who follow the documentation. Static functions are compared with it too.
const DEFAULT: Function =
    Function { dynamic: true, ..function("lambda_http + axum, as documented, glibc", "axum", Some("axum"), None) };

/// The same for streamed responses.
const STREAMING: &[Function] = &[
    function("gatewire, direct", "direct", None, Some("streaming")),
    function("gatewire, direct, with tokio (the default)", "direct_tokio", Some("tokio"), Some("streaming")),
    function("gatewire on lambda_runtime", "adapter", Some("lambda"), Some("streaming")),
    function("axum on gatewire", "axum_gatewire", Some("axum_gatewire"), Some("streaming")),
    function("lambda_http + axum, one thread", "axum", Some("axum"), Some("streaming-one-thread")),
    function("lambda_http + axum, as documented", "axum", Some("axum"), Some("streaming")),
];

/// The event that functions get, and the check of their response.
struct Load {
    event: &'static [u8],
    warm_up: usize,
    is_answer: fn(&Posted) -> bool,
}

const BUFFERED: Load = Load {
    event: include_bytes!("../../../tests/events/rest.json"),
    warm_up: 200,
    is_answer: |post| String::from_utf8_lossy(&post.body).contains(r#"{\"id\":\"42\"}"#),
};

/// It has fewer invocations than the other, because some take 40 ms each.
const STREAMED: Load = Load {
    event: include_bytes!("../../../tests/events/url.json"),
    warm_up: 20,
    is_answer: |post| {
        let streamed = post.field("Lambda-Runtime-Function-Response-Mode") == Some("streaming");
        streamed && post.trailers.is_empty() && post.body.ends_with(b"\0\0\0\0\0\0\0\0{\"id\":\"42\"}")
    },
};

/// The amount of measurement.
struct Effort {
    rounds: usize,
    invocations: usize,
    starts: usize,
    /// The number of starts if only starts are measured.
    more_starts: usize,
    streamed_rounds: usize,
    streamed: usize,
}

/// No round takes longer.
const ROUND: Duration = Duration::from_secs(60);

/// The measurements of a function, a value for each round or start.
#[derive(Default)]
struct Measured {
    /// Event sent to response received, median of a round, in microseconds.
    latency: Vec<f64>,
    /// From one request for an event to the next, likewise.
    cycle: Vec<f64>,
    cpu: Vec<f64>,
    connections: Vec<f64>,
    peak_kb: Vec<f64>,
    /// With the program in the page cache, and without.
    warm: Starts,
    cold: Starts,
    allocations: f64,
    size: u64,
}

/// Starts of a process, in microseconds.
#[derive(Default)]
struct Starts {
    /// From when the process is started to when it asks for the first event.
    start: Vec<f64>,
    /// From when the first event is sent to when its response is received.
    first: Vec<f64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let musl = has("--musl");
    let after = |flag: &str| -> Option<&str> {
        let at = arguments.iter().position(|argument| argument == flag)?;
        arguments.get(at + 1).map(String::as_str)
    };
    let only = after("--only").unwrap_or_default();
    let chosen = |function: &&Function| function.name.contains(only);
    let functions: Vec<&Function> = FUNCTIONS.iter().chain(musl.then_some(&DEFAULT)).filter(chosen).collect();
    let streaming: Vec<&Function> = STREAMING.iter().filter(chosen).collect();
    if !has("--pinned") {
        build(&functions, musl)?;
        // Functions inherit the CPU.
        let mut command = Command::new("taskset");
        command.args(["-c", "0"]).arg(std::env::current_exe()?).args(&arguments).arg("--pinned");
        return match command.status() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("measuring has failed: {status}").into()),
            Err(error) => Err(format!("taskset does not start: {error}").into()),
        };
    }
    let effort = match has("--quick") {
        true => Effort { rounds: 1, invocations: 300, starts: 3, more_starts: 10, streamed_rounds: 1, streamed: 30 },
        false => {
            Effort { rounds: 7, invocations: 4000, starts: 30, more_starts: 200, streamed_rounds: 5, streamed: 200 }
        }
    };
    let all = !has("--streaming") && !has("--starts");
    let mut table = heading(musl, &arguments)?;
    if all {
        let mut measured = measure(&functions, &effort, musl)?;
        measure_starts(&functions, effort.starts, musl, &mut measured)?;
        table += &buffered_table(&functions, &effort, &measured)?;
        table += &starts_table(&functions, effort.starts, &measured)?;
    }
    if has("--starts") {
        let mut measured: Vec<Measured> = functions.iter().map(|_| Measured::default()).collect();
        measure_starts(&functions, effort.more_starts, musl, &mut measured)?;
        table += &starts_table(&functions, effort.more_starts, &measured)?;
    }
    if all || has("--streaming") {
        let measured = measure_streaming(&streaming, &effort, musl)?;
        table += &streamed_table(&streaming, &effort, &measured)?;
    }
    println!("{table}");
    if has("--out") {
        fs::write(after("--out").ok_or("--out wants a file")?, table)?;
    }
    Ok(())
}

/// Builds each function in the profile for deployment.
fn build(functions: &[&Function], musl: bool) -> Result<(), Box<dyn Error>> {
    for Function { bin, feature, dynamic, .. } in functions {
        let mut command = Command::new(env!("CARGO"));
        command.args(["build", "--profile", "lambda", "-p", env!("CARGO_PKG_NAME"), "--bin", bin]);
        if let Some(feature) = feature {
            command.args(["--features", feature]);
        }
        if musl && !dynamic {
            command.args(["--target", MUSL]);
        }
        let status = command.current_dir(env!("CARGO_MANIFEST_DIR")).status()?;
        if !status.success() {
            return Err(format!("{bin} does not build").into());
        }
    }
    Ok(())
}

/// The path of a built function, beside the folder of this program.
fn program(function: &Function, musl: bool) -> Result<PathBuf, Box<dyn Error>> {
    let own = std::env::current_exe()?;
    let mut folder = own.parent().and_then(Path::parent).ok_or("no target folder")?.to_owned();
    if musl && !function.dynamic {
        folder.push(MUSL);
    }
    Ok(folder.join("lambda").join(function.bin))
}

/// Measures everything except starts.
fn measure(functions: &[&Function], effort: &Effort, musl: bool) -> Result<Vec<Measured>, Box<dyn Error>> {
    let mut all: Vec<Measured> = functions.iter().map(|_| Measured::default()).collect();
    for _ in 0..effort.rounds {
        for (function, measured) in functions.iter().zip(&mut all) {
            load(function, &BUFFERED, musl, effort.invocations, measured)?;
        }
    }
    for (function, measured) in functions.iter().zip(&mut all) {
        let few = allocations(function, musl, BUFFERED.warm_up)?;
        let many = allocations(function, musl, BUFFERED.warm_up + 1000)?;
        measured.allocations = (many as f64 - few as f64) / 1000.0;
        measured.size = fs::metadata(program(function, musl)?)?.len();
    }
    Ok(all)
}

/// Measures starts, interleaved: one start of each function after the other.
fn measure_starts(
    functions: &[&Function],
    starts: usize,
    musl: bool,
    all: &mut [Measured],
) -> Result<(), Box<dyn Error>> {
    for _ in 0..starts {
        for (function, measured) in functions.iter().zip(&mut *all) {
            start(function, musl, &mut measured.warm)?;
            evict(&program(function, musl)?)?;
            start(function, musl, &mut measured.cold)?;
        }
    }
    Ok(())
}

/// Measures streamed responses: the rounds alone.
fn measure_streaming(functions: &[&Function], effort: &Effort, musl: bool) -> Result<Vec<Measured>, Box<dyn Error>> {
    let mut all: Vec<Measured> = functions.iter().map(|_| Measured::default()).collect();
    for _ in 0..effort.streamed_rounds {
        for (function, measured) in functions.iter().zip(&mut all) {
            load(function, &STREAMED, musl, effort.streamed, measured)?;
        }
    }
    Ok(all)
}

fn invocations(load: &Load, numbers: Range<usize>) -> Vec<Invocation> {
    numbers.map(|number| Invocation::new(format!("r-{number:08}"), load.event).fields(FIELDS)).collect()
}

/// A function that runs; it ends with the value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn command(function: &Function, musl: bool, api: &MockApi) -> Result<Command, Box<dyn Error>> {
    let mut command = Command::new(program(function, musl)?);
    let mut answer = Vec::new();
    invocations(&BUFFERED, 0..1)[0].write(&mut answer);
    command.args(function.argument).env_clear();
    command.env("AWS_LAMBDA_RUNTIME_API", api.address.to_string()).env("BENCH_ANSWER", answer.len().to_string());
    command.env("AWS_LAMBDA_FUNCTION_NAME", "f").env("AWS_LAMBDA_FUNCTION_VERSION", "1");
    command.env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128").env("AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH", "true");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    Ok(command)
}

/// One round: the given number of invocations after a warm-up.
fn load(
    function: &Function,
    load: &Load,
    musl: bool,
    count: usize,
    measured: &mut Measured,
) -> Result<(), Box<dyn Error>> {
    let warm_up = load.warm_up;
    let api = MockApi::start(invocations(load, 0..warm_up), Faults { waits: true, ..Faults::default() });
    let running = Running(command(function, musl, &api)?.spawn()?);
    api.wait_for_requests(warm_up + 1);
    let before = cpu_us(&running.0)?;
    let begin = Instant::now();
    api.push(invocations(load, warm_up..warm_up + count));
    while !api.has_requests(warm_up + count + 1) {
        if begin.elapsed() > ROUND {
            return Err(format!("{} takes too long", function.name).into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let posted = api.posted();
    for post in [&posted[0], &posted[posted.len() - 1]] {
        if !post.path.ends_with("/response") || !(load.is_answer)(post) {
            let text = String::from_utf8_lossy(&post.body);
            return Err(format!("{} answers {}: {text}", function.name, post.path).into());
        }
    }
    let asked = api.asked();
    let cycles = asked[warm_up + 1..].windows(2).map(|pair| (pair[1] - pair[0]).as_nanos() as f64 / 1e3);
    measured.cycle.push(median(cycles.collect()));
    measured.latency.push(median(posted[warm_up..].iter().map(|post| post.took.as_nanos() as f64 / 1e3).collect()));
    measured.cpu.push((cpu_us(&running.0)? - before) / count as f64);
    measured.connections.push(api.connections() as f64);
    measured.peak_kb.push(peak_kb(&running.0)?);
    Ok(())
}

/// One start, and the first invocation after it.
fn start(function: &Function, musl: bool, starts: &mut Starts) -> Result<(), Box<dyn Error>> {
    let api = MockApi::start(invocations(&BUFFERED, 0..1), Faults { waits: true, ..Faults::default() });
    let begin = Instant::now();
    let _running = Running(command(function, musl, &api)?.spawn()?);
    api.wait_for_requests(2);
    starts.start.push((api.asked()[0] - begin).as_nanos() as f64 / 1e3);
    starts.first.push(api.posted()[0].took.as_nanos() as f64 / 1e3);
    Ok(())
}

/// Removes a file from the page cache: a function that Lambda starts for the first time is not in it.
fn evict(program: &Path) -> Result<(), Box<dyn Error>> {
    let file = program.to_str().ok_or("a path that is no text")?;
    let status =
        Command::new("dd").arg(format!("if={file}")).args(["iflag=nocache", "count=0", "status=none"]).status()?;
    if status.success() { Ok(()) } else { Err(format!("dd has failed: {status}").into()) }
}

/// The heap allocations of a process that handles the given number of invocations.
fn allocations(function: &Function, musl: bool, count: usize) -> Result<u64, Box<dyn Error>> {
    let api = MockApi::start(invocations(&BUFFERED, 0..count), Faults::default());
    let output = command(function, musl, &api)?.env("BENCH_COUNT", "1").output()?;
    if api.posted().len() != count {
        return Err(format!("{} answers {} of {count}", function.name, api.posted().len()).into());
    }
    Ok(String::from_utf8(output.stdout)?.lines().last().ok_or("no count")?.trim().parse()?)
}

/// The CPU time of a process so far, all threads together.
fn cpu_us(process: &Child) -> Result<f64, Box<dyn Error>> {
    let mut nanoseconds = 0.0;
    for task in fs::read_dir(format!("/proc/{}/task", process.id()))? {
        let text = fs::read_to_string(task?.path().join("schedstat"))?;
        nanoseconds += text.split(' ').next().ok_or("an empty schedstat")?.parse::<f64>()?;
    }
    Ok(nanoseconds / 1e3)
}

fn peak_kb(process: &Child) -> Result<f64, Box<dyn Error>> {
    let text = fs::read_to_string(format!("/proc/{}/status", process.id()))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NAN, f64::min)
}

fn heading(musl: bool, arguments: &[String]) -> Result<String, Box<dyn Error>> {
    let mut out = String::new();
    let days = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() / 86_400;
    let flags: Vec<&str> = ["--musl", "--starts", "--streaming", "--quick"]
        .into_iter()
        .filter(|flag| arguments.iter().any(|argument| argument == flag))
        .collect();
    let only = arguments.windows(2).find(|pair| pair[0] == "--only").map(|pair| format!("--only {}", pair[1]));
    let flags: Vec<&str> = flags.into_iter().chain(only.as_deref()).collect();
    let flags = if flags.is_empty() { String::new() } else { format!(" -- {}", flags.join(" ")) };
    writeln!(out, "## Functions against a mock Runtime API: {}\n", if musl { "musl, static" } else { "glibc" })?;
    writeln!(out, "{}; {}, Linux {}; {}.", date(days), cpu_model(), kernel(), rustc())?;
    writeln!(out, "{}\n", versions()?)?;
    writeln!(out, "```sh\ncargo run --release -p {}{flags}\n```", env!("CARGO_PKG_NAME"))?;
    Ok(out)
}

fn buffered_table(functions: &[&Function], effort: &Effort, all: &[Measured]) -> Result<String, Box<dyn Error>> {
    let mut out = String::new();
    writeln!(
        out,
        "\nFunction and Runtime API on one CPU. Medians: {} interleaved rounds of {} invocations of a REST event of {} bytes \
         (`GET /todos/42`, answered with JSON). Times in microseconds.\n\n\
         | function | event to response | cycle | CPU | allocations | connections | peak RSS | size |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        effort.rounds,
        effort.invocations,
        BUFFERED.event.len(),
    )?;
    for (function, measured) in functions.iter().zip(all) {
        writeln!(
            out,
            "| {} | {:.1} | {:.1} | {:.1} | {:.1} | {:.0} | {:.0} KB | {} KB |",
            function.name,
            median(measured.latency.clone()),
            median(measured.cycle.clone()),
            median(measured.cpu.clone()),
            measured.allocations,
            median(measured.connections.clone()),
            median(measured.peak_kb.clone()),
            measured.size / 1024,
        )?;
    }
    Ok(out)
}

fn starts_table(functions: &[&Function], starts: usize, all: &[Measured]) -> Result<String, Box<dyn Error>> {
    let mut out = String::new();
    writeln!(
        out,
        "\nFrom the start of the process to its first `/next`, and the first invocation after that; with the program in the \
         page cache, and without. {starts} interleaved starts: the median, and the least in brackets. Times in microseconds.\n\n\
         | function | start | first invocation | start, not cached | first invocation, not cached |\n\
         | --- | ---: | ---: | ---: | ---: |"
    )?;
    for (function, Measured { warm, cold, .. }) in functions.iter().zip(all) {
        write!(out, "| {} |", function.name)?;
        for values in [&warm.start, &warm.first, &cold.start, &cold.first] {
            write!(out, " {:.0} ({:.0}) |", median(values.clone()), least(values))?;
        }
        out.push('\n');
    }
    Ok(out)
}

fn streamed_table(functions: &[&Function], effort: &Effort, all: &[Measured]) -> Result<String, Box<dyn Error>> {
    let mut out = String::new();
    writeln!(
        out,
        "\nAnswers that are streamed: status, headers and a body of three pieces. Function and Runtime API on one CPU. Medians: \
         {} interleaved rounds of {} invocations of a Function URL's event of {} bytes. Times in microseconds.\n\n\
         | function | event to end of response | cycle | CPU |\n\
         | --- | ---: | ---: | ---: |",
        effort.streamed_rounds,
        effort.streamed,
        STREAMED.event.len(),
    )?;
    for (function, measured) in functions.iter().zip(all) {
        let [latency, cycle, cpu] =
            [&measured.latency, &measured.cycle, &measured.cpu].map(|values| median(values.clone()));
        writeln!(out, "| {} | {latency:.1} | {cycle:.1} | {cpu:.1} |", function.name)?;
    }
    Ok(out)
}

/// The date of a day since 1970-01-01, by the civil calendar.
fn date(days: u64) -> String {
    let (mut year, mut left) = (1970, days);
    let is_leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let length = |year: u64| if is_leap(year) { 366 } else { 365 };
    while left >= length(year) {
        left -= length(year);
        year += 1;
    }
    let months = [31, if length(year) == 366 { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for days in months {
        if left < days {
            break;
        }
        left -= days;
        month += 1;
    }
    format!("{year}-{month:02}-{:02}", left + 1)
}

fn cpu_model() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let value = |key: &str| info.lines().find(|line| line.starts_with(key)).and_then(|line| line.split(": ").nth(1));
    let count = info.lines().filter(|line| line.starts_with("processor")).count();
    format!("{count} CPUs of {} ({} MHz)", value("model name").unwrap_or("unknown"), value("cpu MHz").unwrap_or("?"))
}

fn kernel() -> String {
    fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned()
}

fn rustc() -> String {
    let output = Command::new("rustc").arg("-V").output();
    output.map_or_else(|_| "rustc".to_owned(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The versions of the compared crates, as they were locked.
fn versions() -> Result<String, Box<dyn Error>> {
    let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock"))?;
    let mut found = Vec::new();
    for name in ["gatewire", "lambda_runtime", "lambda_http", "axum", "tokio", "hyper"] {
        let entry = lock.split("[[package]]").find(|entry| entry.contains(&format!("name = \"{name}\"\n")));
        if let Some(version) = entry.and_then(|entry| entry.split("version = \"").nth(1)?.split('"').next()) {
            found.push(format!("{name} {version}"));
        }
    }
    Ok(found.join(", ") + ".")
}
