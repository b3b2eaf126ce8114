//! Status codes, both ways: each crate has the numbers from 100 to 999.

use crate::handler::IntoStatus;
use crate::http::{InvalidStatusCode, StatusCode};

impl From<::http::StatusCode> for StatusCode {
    fn from(status: ::http::StatusCode) -> Self {
        Self::new(status.as_u16()).unwrap_or(Self::INTERNAL_SERVER_ERROR)
    }
}

impl From<StatusCode> for ::http::StatusCode {
    fn from(status: StatusCode) -> Self {
        Self::from_u16(status.as_u16()).unwrap_or(Self::INTERNAL_SERVER_ERROR)
    }
}

impl IntoStatus for ::http::StatusCode {
    fn into_status(self) -> Result<StatusCode, InvalidStatusCode> {
        Ok(self.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_the_same_in_both_crates() {
        for code in 100..=999 {
            let own = StatusCode::new(code).unwrap();
            let theirs = ::http::StatusCode::from_u16(code).unwrap();
            assert_eq!((StatusCode::from(theirs), ::http::StatusCode::from(own)), (own, theirs));
        }
    }
}
