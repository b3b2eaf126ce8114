//! Bytes in and out: an upload, an image that caches may keep, and compressed responses.
//!
//! ```sh
//! cargo run --example binary
//! curl -i localhost:8080/dots/32 -o dots.pgm
//! curl -i localhost:8080/brightness --data-binary @dots.pgm -H 'content-type: image/x-portable-graymap'
//! curl -i localhost:8080/table --compressed
//! ```

use gatewire::{App, Error, HttpError, Json, Request, Response, Route, app::Compression};

/// A grey image of `size` by `size` pixels, in the binary form of the
/// [PGM format](https://netpbm.sourceforge.net/doc/pgm.html).
fn image(size: usize) -> Vec<u8> {
    let mut image = format!("P5 {size} {size} 255\n").into_bytes();
    image.extend((0..size * size).map(|at| if at % 2 == 0 { 255 } else { 0 }));
    image
}

/// The payload has the bytes as base64, and the gateway decodes them. The handler need not know about it.
fn dots(req: Request<'_>) -> Result<Response<'_, Vec<u8>>, Error> {
    let size: usize = req.param_as("size")?;
    if !(1..=1000).contains(&size) {
        return Err(HttpError::bad_request("from 1 to 1000, please").into());
    }
    Ok(Response::new(image(size)).content_type("image/x-portable-graymap"))
}

/// The body is bytes, whether the gateway sent it as text or as base64.
fn brightness(req: Request<'_>) -> Result<Json<u64>, Error> {
    let body = req.body()?;
    let end = body.iter().position(|byte| *byte == b'\n').ok_or_else(|| HttpError::bad_request("no image"))?;
    let pixels = &body[end + 1..];
    Ok(Json(pixels.iter().map(|pixel| u64::from(*pixel)).sum::<u64>() / pixels.len().max(1) as u64))
}

fn table(_: Request<'_>) -> Response<'static, String> {
    let rows: String = (0..500).map(|n: u64| format!("{n},{}\n", n * n)).collect();
    Response::new(rows).content_type("text/csv; charset=utf-8")
}

fn app() -> App {
    App::new()
        .compression(Compression::new().threshold(1024).vary(true))
        .route(Route::get("/dots/{size}", dots).cache_control("public, max-age=86400"))
        .post("/brightness", brightness)
        .route(Route::get("/table", table).compress(true))
}

fn main() -> Result<(), gatewire::RunError> {
    gatewire::run(app())
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatewire::testing::{self, Client};

    #[test]
    fn images_go_out_and_come_in_through_every_gateway() {
        let client = Client::new(app()).unwrap();
        for source in testing::sources() {
            let response = client.get("/dots/8").source(source).send();
            assert_eq!(response.header("content-type"), Some("image/x-portable-graymap"));
            assert_eq!(response.bytes(), image(8));
            let back = client.post("/brightness").body(response.bytes()).source(source).send();
            assert_eq!(back.json::<u64>(), 127);
        }
    }

    #[test]
    fn caches_keep_images_and_no_errors() {
        let client = Client::new(app()).unwrap();
        let cache_control = |target: &str| client.get(target).send().header("cache-control").map(str::to_owned);
        assert_eq!(cache_control("/dots/8").as_deref(), Some("public, max-age=86400"));
        assert_eq!(cache_control("/dots/0").as_deref(), Some("no-cache"));
    }

    #[test]
    fn what_is_no_image_is_the_clients_fault() {
        assert_eq!(Client::new(app()).unwrap().post("/brightness").body("P5").send().status(), 400);
    }

    #[test]
    #[cfg(feature = "gzip")]
    fn the_table_is_compressed_for_those_who_accept_it() {
        let client = Client::new(app()).unwrap();
        let plain = client.get("/table").send();
        let small = client.get("/table").header("Accept-Encoding", "br, gzip").send();
        assert_eq!((plain.header("content-encoding"), small.header("content-encoding")), (None, Some("gzip")));
        assert!(small.raw_bytes().len() < plain.raw_bytes().len() / 2);
        assert_eq!(small.text(), plain.text());
        assert_eq!(small.header("vary"), Some("Accept-Encoding"));
    }
}
