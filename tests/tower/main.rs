//! Services of the tower ecosystem under an app, and an app as a service.

mod app_service;
mod axum_suite;
mod differential;
mod services;
