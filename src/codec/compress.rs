//! Compression of response bodies, by libdeflate.

use std::fmt;

use libdeflater::{CompressionLvl, Compressor};

/// The format of the compressed bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// [RFC 1952](https://www.rfc-editor.org/rfc/rfc1952)
    Gzip,
    /// The zlib format of [RFC 1950](https://www.rfc-editor.org/rfc/rfc1950), which HTTP calls `deflate`.
    Zlib,
}

/// A compressor that is created on first use, which takes some microseconds, and kept.
#[derive(Default)]
pub(crate) struct KeptCompressor {
    compressor: Option<(i32, Compressor)>,
    out: Vec<u8>,
}

impl KeptCompressor {
    /// Compresses `bytes` at a level from 1 (fast) to 12 (small). Returns `None` for any other level.
    pub(crate) fn compress(&mut self, bytes: &[u8], format: Format, level: i32) -> Option<&[u8]> {
        if self.compressor.as_ref().is_none_or(|(own, _)| *own != level) {
            self.compressor = Some((level, Compressor::new(CompressionLvl::new(level).ok()?)));
        }
        let (_, compressor) = self.compressor.as_mut()?;
        let bound = match format {
            Format::Gzip => compressor.gzip_compress_bound(bytes.len()),
            Format::Zlib => compressor.zlib_compress_bound(bytes.len()),
        };
        // Only the new part is filled: libdeflate overwrites the rest.
        if self.out.len() < bound {
            self.out.resize(bound, 0);
        }
        let length = match format {
            Format::Gzip => compressor.gzip_compress(bytes, &mut self.out),
            Format::Zlib => compressor.zlib_compress(bytes, &mut self.out),
        };
        self.out.get(..length.ok()?)
    }

    /// Frees memory, down to room for `bytes` bytes.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        self.out.truncate(bytes);
        self.out.shrink_to(bytes);
    }
}

impl fmt::Debug for KeptCompressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptCompressor").field("out", &self.out.capacity()).finish_non_exhaustive()
    }
}

#[cfg(all(test, not(miri)))]
mod tests {
    use super::*;
    use libdeflater::Decompressor;

    #[test]
    fn compressed_bytes_decompress_to_the_original() {
        let mut kept = KeptCompressor::default();
        let mut decompressor = Decompressor::new();
        for length in [0, 1, 10, 1000, 100_000, 3] {
            let bytes: Vec<u8> = (0..length).map(|at| (at * at / 7) as u8).collect();
            for level in [1, 6, 12] {
                let mut back = vec![0; length];
                let gzip = kept.compress(&bytes, Format::Gzip, level).unwrap();
                assert_eq!(gzip[..3], [0x1f, 0x8b, 8]);
                assert_eq!(decompressor.gzip_decompress(gzip, &mut back), Ok(length));
                assert_eq!(back, bytes);
                let zlib = kept.compress(&bytes, Format::Zlib, level).unwrap();
                assert_eq!(decompressor.zlib_decompress(zlib, &mut back), Ok(length));
                assert_eq!(back, bytes);
            }
        }
        assert_eq!(kept.compress(b"x", Format::Gzip, 13), None);
    }

    #[test]
    fn the_buffer_of_a_large_body_shrinks() {
        let mut kept = KeptCompressor::default();
        kept.compress(&[7; 100_000], Format::Gzip, 1).unwrap();
        assert!(kept.out.capacity() >= 100_000);
        kept.shrink(1000);
        assert!(kept.out.capacity() < 2000);
    }
}
