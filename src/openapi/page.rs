//! The page on which people look at the document: Swagger UI.

use super::builder::OpenApi;

/// The version that the page links to, and the one that the feature `openapi-ui` embeds.
const LINK: &str = "https://cdn.jsdelivr.net/npm/swagger-ui-dist@5.32.6";
const SCRIPT: &str = "swagger-ui-bundle.js";
const STYLE: &str = "swagger-ui.css";
/// The hashes of the files of that version: a browser refuses others.
const SCRIPT_INTEGRITY: &str = "sha384-EYdOaiRwn44zNjrw+Tfs06qYz9BGQVo2f4/pLY5i7VorbjnZNhdplAbTBk8FXHUJ";
const STYLE_INTEGRITY: &str = "sha384-9Q2fpS+xeS4ffJy6CagnwoUl+4ldAYhOs9pgZuEKxypVModhmZFzeMlvVsAjf7uT";

/// The page, and the paths that it is about.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    title: String,
    /// The path of the page itself.
    path: String,
    document: String,
    /// The URL below which the files are, if it was set.
    assets: Option<String>,
}

impl Page {
    /// The page of an API at `path`; the document is at `document`.
    pub(crate) fn new(api: &OpenApi, path: &str, document: &str) -> Self {
        let assets = api.page_assets.as_deref().map(|url| url.trim_end_matches('/').to_owned());
        Self { title: api.title().to_owned(), path: path.to_owned(), document: document.to_owned(), assets }
    }

    /// Returns whether the page takes the files that are embedded.
    #[cfg(feature = "openapi-ui")]
    pub(crate) fn is_embedded(&self) -> bool {
        self.assets.is_none()
    }

    /// Returns the page. All links are relative: nobody knows the stage or the prefix in front of the path.
    pub(crate) fn html(&self, request_path: &str) -> String {
        let has_slash = request_path.ends_with('/') && !self.path.ends_with('/');
        let depth = self.path.matches('/').count().saturating_sub(1) + usize::from(has_slash);
        let document = format!("{}{}", "../".repeat(depth), self.document.trim_start_matches('/'));
        let (base, integrity) = match &self.assets {
            Some(url) => (url.clone(), false),
            None if cfg!(feature = "openapi-ui") => {
                let own = self.path.rsplit('/').next().unwrap_or_default();
                (if has_slash || own.is_empty() { ".".to_owned() } else { format!("./{own}") }, false)
            }
            None => (LINK.to_owned(), true),
        };
        let check = |hash: &str| match integrity {
            true => format!(" integrity=\"{hash}\" crossorigin=\"anonymous\""),
            false => String::new(),
        };
        // `<` would end the script.
        let document = serde_json::Value::from(document).to_string().replace('<', "\\u003c");
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
             <link rel=\"stylesheet\" href=\"{base}/{STYLE}\"{style_check}>\n</head>\n<body>\n\
             <div id=\"swagger-ui\"></div>\n<script src=\"{base}/{SCRIPT}\"{script_check}></script>\n\
             <script>\nSwaggerUIBundle({{url: {document}, dom_id: \"#swagger-ui\", deepLinking: true}});\n</script>\n\
             </body>\n</html>\n",
            title = escape(&self.title),
            base = escape(&base),
            style_check = check(STYLE_INTEGRITY),
            script_check = check(SCRIPT_INTEGRITY),
        )
    }
}

/// Escapes text for HTML.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(path: &str, document: &str, request_path: &str) -> String {
        Page::new(&OpenApi::new("A & <B>", "1"), path, document).html(request_path)
    }

    #[test]
    fn links_are_relative_and_texts_are_escaped() {
        for (path, document, request_path, url) in [
            ("/docs", "/openapi.json", "/docs", "openapi.json"),
            ("/docs", "/openapi.json", "/docs/", "../openapi.json"),
            ("/v1/docs", "/v1/openapi.json", "/v1/docs", "../v1/openapi.json"),
            ("/", "/openapi.json", "/", "openapi.json"),
            ("/docs/", "/openapi.json", "/docs/", "../openapi.json"),
        ] {
            let page = html(path, document, request_path);
            assert!(page.contains(&format!("{{url: \"{url}\",")), "{path} {request_path}: {page}");
        }
        let page = html("/docs", "/</script>\".json", "/docs");
        assert!(page.contains("<title>A &amp; &lt;B&gt;</title>"));
        assert!(page.contains(r#"url: "\u003c/script>\".json""#), "{page}");
        let own = OpenApi::new("x", "1").page_assets("https://example.com/ui/");
        let page = Page::new(&own, "/docs", "/o.json").html("/docs");
        assert!(page.contains("src=\"https://example.com/ui/swagger-ui-bundle.js\"></script>"), "{page}");
    }

    #[test]
    #[cfg(not(feature = "openapi-ui"))]
    fn a_link_to_another_host_has_an_integrity_hash() {
        let page = html("/docs", "/openapi.json", "/docs");
        assert_eq!(page.matches("https://").count(), 2);
        assert_eq!(page.matches(" integrity=\"sha384-").count(), 2);
    }
}
