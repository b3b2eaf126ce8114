//! Services of the tower ecosystem under an app, and an app as a service.

#[path = "../../benches/app.rs"]
#[allow(dead_code, unused_imports, unreachable_pub)]
mod app;
#[path = "../../benches/mix.rs"]
#[allow(dead_code, unreachable_pub)]
mod mix;

mod app_service;
mod axum_suite;
mod differential;
mod services;
