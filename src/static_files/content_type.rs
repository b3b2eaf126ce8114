//! Content types by the extension of a file's name.

/// The types of the files that websites consist of, by the [IANA registry][iana] and the MIME Sniffing standard.
///
/// A table of its own: the crates with all registered types add about a thousand of them to the program, most for files
/// that no browser opens. [`StaticFile::content_type`](super::StaticFile::content_type) names any other.
///
/// [iana]: https://www.iana.org/assignments/media-types
const TYPES: &[(&str, &str)] = &[
    ("avif", "image/avif"),
    ("bmp", "image/bmp"),
    ("css", "text/css; charset=utf-8"),
    ("csv", "text/csv; charset=utf-8"),
    ("gif", "image/gif"),
    ("htm", "text/html; charset=utf-8"),
    ("html", "text/html; charset=utf-8"),
    ("ico", "image/vnd.microsoft.icon"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("map", "application/json"),
    ("md", "text/markdown; charset=utf-8"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("ogg", "audio/ogg"),
    ("otf", "font/otf"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("ttf", "font/ttf"),
    ("txt", "text/plain; charset=utf-8"),
    ("wasm", "application/wasm"),
    ("wav", "audio/wav"),
    ("webm", "video/webm"),
    ("webmanifest", "application/manifest+json"),
    ("webp", "image/webp"),
    ("woff", "font/woff"),
    ("woff2", "font/woff2"),
    ("xhtml", "application/xhtml+xml"),
    ("xml", "text/xml; charset=utf-8"),
    ("yaml", "application/yaml"),
    ("yml", "application/yaml"),
    ("zip", "application/zip"),
];

/// Returns the content type of a file with this name; bytes if its extension is unknown.
pub(super) fn of_name(name: &str) -> &'static str {
    let file = name.rsplit('/').next().unwrap_or_default();
    let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
    let known = TYPES.iter().find(|(own, _)| own.eq_ignore_ascii_case(extension));
    known.map_or("application/octet-stream", |(_, content_type)| content_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_extension_of_the_name_counts() {
        for (name, wanted) in [
            ("index.html", "text/html; charset=utf-8"),
            ("a/b.c/app.min.JS", "text/javascript; charset=utf-8"),
            ("font.woff2", "font/woff2"),
            ("archive.tar.zst", "application/octet-stream"),
            ("js", "application/octet-stream"),
            ("a.css/raw", "application/octet-stream"),
            ("", "application/octet-stream"),
        ] {
            assert_eq!(of_name(name), wanted, "{name}");
        }
    }

    #[test]
    fn every_extension_is_there_once() {
        assert!(TYPES.windows(2).all(|pair| pair[0].0 < pair[1].0), "sorted, so that a second one shows");
    }
}
