//! Every group: `cargo bench --manifest-path benches/peers/Cargo.toml`, with a filter after `--` for some.
//!
//! A benchmark asserts its result before it is measured, so a run with `--test` tests each of them once. Names are
//! `GROUP/CASE/ENGINE`, where `gatewire` is the project and the others are its peers: benches/report.py reads them.

mod compress;
mod decode;
mod forms;
mod growth;
mod request;
mod respond;
mod route;
mod whole;

use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};

/// The engine of this project; the others are its peers.
const GATEWIRE: &str = "gatewire";
/// The same if `GATEWIRE_BENCH_AVX2` is set, which keeps it from using AVX-512.
const BY_AVX2: &str = "gatewire, AVX2";

fn main() {
    gatewire_benches::prepare_environment();
    if by_avx2() {
        assert_eq!(gatewire::internals::vector_path_without_avx512(), "AVX2");
    }
    // Short, because benches/measure.sh runs everything several times, and the best time counts.
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(600))
        .nresamples(1000)
        .without_plots()
        .configure_from_args();
    whole::benches(&mut criterion);
    decode::benches(&mut criterion);
    route::benches(&mut criterion);
    respond::benches(&mut criterion);
    compress::benches(&mut criterion);
    request::benches(&mut criterion);
    forms::benches(&mut criterion);
    growth::benches(&mut criterion);
    criterion.final_summary();
}

fn by_avx2() -> bool {
    std::env::var_os("GATEWIRE_BENCH_AVX2").is_some()
}

/// A case that engines are measured on.
struct Case<'c> {
    group: BenchmarkGroup<'c, WallTime>,
}

impl<'c> Case<'c> {
    /// `name`: group and case. `size`: the divisor of the time.
    fn new(criterion: &'c mut Criterion, name: &str, size: Throughput) -> Self {
        let mut group = criterion.benchmark_group(name);
        group.throughput(size);
        Self { group }
    }

    fn bytes(criterion: &'c mut Criterion, name: &str, bytes: usize) -> Self {
        Self::new(criterion, name, Throughput::Bytes(bytes as u64))
    }

    fn elements(criterion: &'c mut Criterion, name: &str, elements: usize) -> Self {
        Self::new(criterion, name, Throughput::Elements(elements as u64))
    }

    /// Measures one engine. The optimiser must treat the result of `work` as used.
    fn engine<T>(&mut self, name: &str, mut work: impl FnMut() -> T) {
        let name = if name == GATEWIRE && by_avx2() { BY_AVX2 } else { name };
        self.group.bench_function(name, |bencher| bencher.iter(&mut work));
    }
}
