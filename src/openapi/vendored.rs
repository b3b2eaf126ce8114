//! The files of Swagger UI, from a crate that has them in an archive.
//!
//! The archive has them compressed already. A gzip stream differs from them only in its head and tail, so
//! nothing is compressed or decompressed here, and the rest of the archive is not part of the program.

use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;

/// A file that the page needs.
#[derive(Debug)]
pub(crate) struct Asset {
    pub(crate) name: &'static str,
    pub(crate) content_type: &'static str,
    /// The content in the format of [RFC 1952](https://www.rfc-editor.org/rfc/rfc1952).
    pub(crate) gzip: &'static [u8],
}

pub(crate) static ASSETS: [Asset; 2] = [
    Asset { name: "swagger-ui-bundle.js", content_type: "text/javascript; charset=utf-8", gzip: &SCRIPT },
    Asset { name: "swagger-ui.css", content_type: "text/css; charset=utf-8", gzip: &STYLE },
];

/// The places of the files in the archive of the pinned version, which the compiler checks.
const SCRIPT_AT: usize = 70_199;
const STYLE_AT: usize = 1_091_101;

static SCRIPT: [u8; gzip_length(SCRIPT_AT)] = gzip(SCRIPT_AT, b"/dist/swagger-ui-bundle.js");
static STYLE: [u8; gzip_length(STYLE_AT)] = gzip(STYLE_AT, b"/dist/swagger-ui.css");

/// The head of a gzip stream without a name and a time, and the length of its tail.
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
const TAIL: usize = 8;
/// The length of a file's head in the archive, without the name and the extra field after it.
const ENTRY: usize = 30;

/// Returns a number of the head at `at`.
const fn number(at: usize, bytes: usize) -> usize {
    let mut number = 0;
    let mut index = bytes;
    while index > 0 {
        index -= 1;
        number = number << 8 | SWAGGER_UI_VENDORED[at + index] as usize;
    }
    number
}

const fn gzip_length(at: usize) -> usize {
    HEAD.len() + number(at + 18, 4) + TAIL
}

/// Copies the file whose head is at `at`, and whose name ends with `name`.
const fn gzip<const LENGTH: usize>(at: usize, name: &[u8]) -> [u8; LENGTH] {
    assert!(number(at, 4) == 0x0403_4b50 && number(at + 6, 2) == 0, "no file begins here");
    assert!(number(at + 8, 2) == 8, "the file is not compressed by deflate");
    let name_end = at + ENTRY + number(at + 26, 2);
    let mut index = 0;
    while index < name.len() {
        assert!(SWAGGER_UI_VENDORED[name_end - name.len() + index] == name[index], "this is another file");
        index += 1;
    }
    let start = name_end + number(at + 28, 2);
    let length = number(at + 18, 4);
    let mut out = [0; LENGTH];
    out.first_chunk_mut::<10>().unwrap().copy_from_slice(&HEAD);
    let (_, rest) = out.split_at_mut(HEAD.len());
    let (content, tail) = rest.split_at_mut(length);
    let (_, from) = SWAGGER_UI_VENDORED.split_at(start);
    let (from, _) = from.split_at(length);
    content.copy_from_slice(from);
    // The check sum and the length of the plain file, in the order and notation of both formats.
    let (sum, size) = tail.split_at_mut(4);
    let (_, head) = SWAGGER_UI_VENDORED.split_at(at);
    let (_, own) = head.split_at(14);
    let (own, _) = own.split_at(4);
    sum.copy_from_slice(own);
    let (_, own) = head.split_at(22);
    let (own, _) = own.split_at(4);
    size.copy_from_slice(own);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_are_gzip_streams_of_scripts_and_styles() {
        for (asset, word) in ASSETS.iter().zip(["SwaggerUIBundle", ".swagger-ui"]) {
            let length = u32::from_le_bytes(*asset.gzip.last_chunk().unwrap()) as usize;
            let mut plain = vec![0; length];
            // It checks the sum too.
            let written = libdeflater::Decompressor::new().gzip_decompress(asset.gzip, &mut plain).unwrap();
            assert_eq!(written, length, "{}", asset.name);
            assert!(String::from_utf8(plain).unwrap().contains(word), "{}", asset.name);
        }
    }
}
