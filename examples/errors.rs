//! Errors: errors that are responses, custom errors with a handler for each, and a response for all others.
//!
//! ```sh
//! cargo run --example errors
//! curl -i localhost:8080/accounts/7
//! curl -i localhost:8080/accounts/8
//! curl -i localhost:8080/accounts/seven
//! curl -i -X POST localhost:8080/accounts/7/withdraw -d '{"amount":1000}'
//! curl -i localhost:8080/report
//! curl -i localhost:8080/nowhere
//! ```

use std::fmt;

use gatewire::{App, Error, HttpError, Json, Request, Response, StatusCode};
use serde::{Deserialize, Serialize};

/// The errors of the domain, which know nothing about HTTP.
#[derive(Debug)]
enum AccountError {
    Unknown(u32),
    Overdrawn { missing: u32 },
}

impl fmt::Display for AccountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(id) => write!(f, "there is no account {id}"),
            Self::Overdrawn { missing } => write!(f, "{missing} short"),
        }
    }
}

impl std::error::Error for AccountError {}

#[derive(Serialize)]
struct Account {
    id: u32,
    balance: u32,
}

fn find(id: u32) -> Result<Account, AccountError> {
    if id == 7 { Ok(Account { id, balance: 100 }) } else { Err(AccountError::Unknown(id)) }
}

/// `?` takes the error of `parse`, which is answered with 400, and the errors of the domain.
fn account(req: Request<'_>) -> Result<Json<Account>, Error> {
    Ok(Json(find(req.param_as("id")?)?))
}

#[derive(Deserialize)]
struct Withdrawal {
    amount: u32,
}

fn withdraw(req: Request<'_>) -> Result<Json<Account>, Error> {
    let Withdrawal { amount } = req.body_json()?;
    if amount == 0 {
        // An error that is a response needs no handler.
        return Err(HttpError::bad_request("nothing to withdraw").into());
    }
    let Account { id, balance } = find(req.param_as("id")?)?;
    let missing = amount.saturating_sub(balance);
    if missing > 0 {
        return Err(AccountError::Overdrawn { missing }.into());
    }
    Ok(Json(Account { id, balance: balance - amount }))
}

/// This error has no handler.
fn report(_: Request<'_>) -> std::io::Result<String> {
    std::fs::read_to_string("/no/such/report")
}

#[derive(Serialize)]
struct Problem<'p> {
    title: &'p str,
}

fn answer_account_error(error: &AccountError, _: Request<'_>) -> Response<'static, Json<Problem<'static>>> {
    let (status, title) = match error {
        AccountError::Unknown(_) => (StatusCode::NOT_FOUND, "no such account"),
        AccountError::Overdrawn { .. } => (StatusCode::CONFLICT, "not enough money"),
    };
    Response::new(Json(Problem { title })).status(status).content_type("application/problem+json")
}

fn app() -> App {
    App::new()
        .get("/accounts/{id}", account)
        .post("/accounts/{id}/withdraw", withdraw)
        .get("/report", report)
        .on_error(answer_account_error)
        // No route, or an `HttpError` of status 404.
        .not_found(|req: Request| (404, format!("nothing at {}\n", req.path())))
        // All other errors are answered with 500. Without this they fail the invocation, which the function's metrics show.
        // With `App::on_any_error` the app could choose the response.
        .internal_server_errors(true)
}

fn main() -> Result<(), gatewire::RunError> {
    gatewire::run(app())
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatewire::testing::{Client, TestResponse};
    use serde_json::{Value, json};

    fn get(target: &str) -> TestResponse {
        Client::new(app()).unwrap().get(target).send()
    }

    fn withdraw(amount: u32) -> TestResponse {
        Client::new(app()).unwrap().post("/accounts/7/withdraw").json(&json!({"amount": amount})).send()
    }

    #[test]
    fn no_error_no_handler() {
        assert_eq!(get("/accounts/7").json::<Value>(), json!({"id": 7, "balance": 100}));
        assert_eq!(withdraw(30).json::<Value>(), json!({"id": 7, "balance": 70}));
    }

    #[test]
    fn errors_of_the_domain_go_to_their_handler() {
        let response = get("/accounts/8");
        assert_eq!((response.status(), response.header("content-type")), (404, Some("application/problem+json")));
        assert_eq!(response.json::<Value>(), json!({"title": "no such account"}));
        assert_eq!(withdraw(101).status(), 409);
    }

    #[test]
    fn the_client_is_told_what_it_did_wrong() {
        assert_eq!(
            get("/accounts/seven").json::<Value>()["message"],
            "the path parameter id: expected an integer from 0 to 4294967295, found \"seven\""
        );
        let answer = json!({"statusCode": 400, "message": "nothing to withdraw"});
        assert_eq!(withdraw(0).json::<Value>(), answer);
        let response = Client::new(app()).unwrap().post("/accounts/7/withdraw").body("{").send();
        assert_eq!(response.status(), 400);
    }

    #[test]
    fn other_errors_keep_their_secrets() {
        let response = get("/report");
        assert_eq!((response.status(), response.text().contains("/no/such")), (500, false));
    }

    #[test]
    fn unknown_paths_have_an_answer_of_their_own() {
        let response = get("/nowhere");
        assert_eq!((response.status(), response.text()), (404, "nothing at /nowhere\n"));
    }
}
