//! Compressing a body, and base64 of it.

use std::hint::black_box;
use std::io::{Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use criterion::Criterion;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use gatewire::internals::Gzip;
use gatewire_benches::bodies;

use crate::{Case, GATEWIRE};

/// The default level of gatewire: its output is as small as that of zlib at its highest level.
const LEVEL: i32 = 6;

pub(crate) fn benches(criterion: &mut Criterion) {
    for kind in ["todos", "items"] {
        for (size, bytes) in [("10 KB", 10 << 10), ("100 KB", 100 << 10), ("1 MB", 1 << 20)] {
            let body = bodies::named(kind, bytes).expect("there is such a body").into_bytes();
            let name = format!("{kind}, {size}");
            gzip(&mut Case::bytes(criterion, &format!("gzip/{name}"), body.len()), &name, &body);
        }
    }
}

fn gzip(case: &mut Case<'_>, name: &str, body: &[u8]) {
    let mut own = Gzip::default();
    let encoded = own.compress(body, LEVEL).expect("it compresses");
    let length = encoded.len();
    assert_eq!(gunzip(encoded), body);
    // Times of compressors can be compared only if their outputs are similar. The report reads these lines.
    println!("length\t{name}\t{length}");
    let compare = |engine: &str, theirs: usize| {
        assert!(length * 100 <= theirs * 104, "{engine}: {length} bytes against {theirs}");
        println!("output\t{name}\t{engine}\t{:.3}", theirs as f64 / length as f64);
    };
    case.engine(GATEWIRE, || own.compress(black_box(body), LEVEL).map(<[u8]>::len));
    // The level with about the same output, and the level that Powertools uses.
    for level in [6, 9] {
        let (mut compressed, mut out) = (Vec::new(), String::new());
        let mut compress = |body: &[u8]| {
            compressed.clear();
            let mut encoder = GzEncoder::new(&mut compressed, Compression::new(level));
            encoder.write_all(body).and_then(|()| encoder.try_finish()).expect("it compresses");
            drop(encoder);
            out.clear();
            STANDARD.encode_string(&compressed, &mut out);
            out.len()
        };
        let engine = format!("flate2, zlib-rs {level}");
        compare(&engine, compress(body));
        case.engine(&engine, || compress(black_box(body)));
    }
    // Without the header and the checksum of gzip, which miniz_oxide does not write.
    let mut out = String::new();
    let mut compress = |body: &[u8]| {
        out.clear();
        STANDARD.encode_string(miniz_oxide::deflate::compress_to_vec(body, LEVEL as u8), &mut out);
        out.len()
    };
    compare("miniz_oxide 6", compress(body));
    case.engine("miniz_oxide 6", || compress(black_box(body)));
}

fn gunzip(encoded: &[u8]) -> Vec<u8> {
    let compressed = STANDARD.decode(encoded).expect("base64");
    let mut body = Vec::new();
    GzDecoder::new(&compressed[..]).read_to_end(&mut body).expect("gzip");
    body
}
