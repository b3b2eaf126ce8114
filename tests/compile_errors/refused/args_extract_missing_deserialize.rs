use gatewire::extract::Query;
use gatewire::{Error, Request};

struct Page {
    page: u32,
}

fn list(req: Request<'_>) -> Result<String, Error> {
    let Query(page) = req.extract::<Query<Page>>()?;
    Ok(page.page.to_string())
}

fn main() {
    let _ = gatewire::App::new().get("/", list);
}
