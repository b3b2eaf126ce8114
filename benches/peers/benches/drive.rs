//! Handles the mix with one engine of the peers. `benches/instructions.sh` counts the instructions.
//!
//! `drive ENGINE N` handles the next N events after a pass over all of them. `drive ENGINE N METHOD BYTES` handles N + 4
//! events whose body is read: `PUT` is answered with the body, `POST` with its length. `drive todos BYTES` and
//! `drive items BYTES` print the JSON of the compression benchmarks, for benches/python_zlib.py; `drive cases` prints routes and
//! events, for benches/python_powertools.py; `drive path` prints the instruction set that gatewire decodes with.
//!
//! `drive find/ROUTER/ROUTES/LOOK-UP N` looks N paths up, after all of them once, and `drive look-ups` prints a line for each
//! number of routes and look-up. Without arguments every engine handles each event once, and its responses are checked.

use std::env;
use std::error::Error;
use std::hint::black_box;

use gatewire::internals::Routes;
use gatewire_benches::mix::{self, Sender};
use gatewire_benches::routes::{self, LOOK_UPS};
use gatewire_benches::samples::{self, Format};
use gatewire_benches::{Handle, app, assert_answer, bodies, borrowed, events, gatewire, lambda_http};

const ENGINES: [&str; 6] = ["gatewire", "axum-on-gatewire", "axum", "match", "events", "borrowed"];

/// The engine for an event's sender; most peers have one for all senders.
fn engines(name: &str) -> Result<Vec<Box<dyn Handle>>, Box<dyn Error>> {
    let formats = [Format::V1, Format::V2, Format::Alb];
    Ok(match name {
        "gatewire" => vec![Box::new(gatewire(&app::engine()?))],
        "axum-on-gatewire" => vec![Box::new(lambda_http::axum_on_gatewire())],
        "axum" => vec![Box::new(lambda_http::axum())],
        "match" => vec![Box::new(lambda_http::matching())],
        "events" => formats.map(|format| Box::new(events::matchit(format)) as Box<dyn Handle>).into(),
        "borrowed" => vec![Box::new(borrowed::borrowed())],
        _ => return Err(format!("no engine {name}; there are: {ENGINES:?}").into()),
    })
}

const fn number(sender: Sender) -> usize {
    match sender {
        Sender::Rest => 0,
        Sender::Http => 1,
        Sender::Alb => 2,
    }
}

/// The routes as JSON, then a line for each event: its case, the id in the response, and the payload.
fn print_cases(mix: &[mix::Event]) -> Result<(), Box<dyn Error>> {
    println!("{}", serde_json::to_string(&app::ROUTES)?);
    for event in mix {
        println!("{}", serde_json::to_string(&("mix", &event.id, &event.payload))?);
    }
    for sample in samples::samples().into_iter().chain(samples::large()) {
        println!("{}", serde_json::to_string(&(sample.name, sample.id, str::from_utf8(&sample.payload)?))?);
    }
    Ok(())
}

/// Handles an event whose body is read, after a warm-up of four.
fn drive_bodies(engine: &str, times: usize, sample: &samples::Sample) -> Result<(), Box<dyn Error>> {
    let mut engine: Box<dyn Handle> = match engine {
        "gatewire" => Box::new(gatewire_benches::gatewire_bodies()),
        "axum-on-gatewire" => Box::new(lambda_http::bodies_axum_on_gatewire()),
        "axum" => Box::new(lambda_http::bodies_axum()),
        _ => return Err(format!("{engine} reads no bodies").into()),
    };
    for _ in 0..4 + times {
        black_box(engine.handle(black_box(&sample.payload)));
    }
    Ok(())
}

/// Looks paths up: `what` is the router, the number of routes and the name of the look-up.
fn look_up(what: &str, times: usize) -> Result<(), Box<dyn Error>> {
    let mut words = what.splitn(3, '/');
    let (Some(router), Some(size), Some(name)) = (words.next(), words.next(), words.next()) else {
        return Err("usage: drive find/ROUTER/ROUTES/LOOK-UP N".into());
    };
    let table = routes::table(size.parse()?);
    let paths = routes::paths(&table, name);
    let paths = paths.iter().cycle().take(paths.len() + times).map(|path| black_box(path.as_str()));
    match router {
        "gatewire" => {
            let mut own = Routes::build(table.iter().map(String::as_str))?;
            paths.for_each(|path| _ = black_box(own.find(path)));
        }
        "matchit" => {
            let matchit = routes::matchit(&table);
            paths.for_each(|path| _ = black_box(matchit.at(path).ok()));
        }
        _ => return Err(format!("no router {router}").into()),
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    gatewire_benches::prepare_environment();
    // Cargo adds flags of its own.
    let mut arguments = env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let events = mix::events();
    match (arguments.next(), arguments.next()) {
        (Some(name), Some(times)) => {
            if let Some(what) = name.strip_prefix("find/") {
                return look_up(what, times.parse()?);
            }
            if let Some(body) = bodies::named(&name, times.parse()?) {
                print!("{body}");
                return Ok(());
            }
            if let (Some(method), Some(bytes)) = (arguments.next(), arguments.next()) {
                return drive_bodies(&name, times.parse()?, &samples::sent(&method, bytes.parse()?));
            }
            let mut engines = engines(&name)?;
            let count = engines.len();
            for event in events.iter().cycle().take(events.len() + times.parse::<usize>()?) {
                black_box(engines[number(event.sender) % count].handle(black_box(event.payload.as_bytes())));
            }
        }
        (Some(name), None) if name == "look-ups" => {
            for size in routes::SIZES {
                LOOK_UPS.iter().for_each(|(name, _, _)| println!("{size} {name}"));
                println!("{size} mix");
            }
        }
        (Some(name), None) if name == "cases" => print_cases(&events)?,
        (Some(name), None) if name == "path" => println!("{}", ::gatewire::internals::vector_path()),
        (None, None) => {
            for name in ENGINES {
                let mut engines = engines(name)?;
                let count = engines.len();
                for event in &events {
                    let answer = engines[number(event.sender) % count].handle(event.payload.as_bytes());
                    assert_answer(answer, &event.id, &format!("{name}, {}", event.path));
                }
            }
            println!("{} engines answered {} events", ENGINES.len(), events.len());
        }
        _ => return Err("usage: drive [ENGINE N]".into()),
    }
    Ok(())
}
