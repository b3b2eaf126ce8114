use gatewire::{App, Request};
trait Repo: Send + Sync + 'static {
    fn n(&self) -> u32;
}
struct M;
impl Repo for M {
    fn n(&self) -> u32 {
        1
    }
}
async fn h<R: Repo>(req: Request<'_>) -> String {
    req.state::<R>().n().to_string()
}
fn main() {
    let a = App::new().state(M).get("/", h::<M>);
}
