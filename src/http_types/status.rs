//! Conversions of status codes in both directions. The crate `http` has the numbers from 100 to 999, of which those
//! from 200 to 599 can be the status of a response here.

use crate::handler::{IntoStatus, sealed};
use crate::http::{InvalidStatusCode, StatusCode};

impl TryFrom<::http::StatusCode> for StatusCode {
    type Error = InvalidStatusCode;

    fn try_from(status: ::http::StatusCode) -> Result<Self, InvalidStatusCode> {
        Self::new(status.as_u16())
    }
}

impl From<StatusCode> for ::http::StatusCode {
    fn from(status: StatusCode) -> Self {
        Self::from_u16(status.as_u16()).unwrap_or(Self::INTERNAL_SERVER_ERROR)
    }
}

impl sealed::Status for ::http::StatusCode {}

impl IntoStatus for ::http::StatusCode {
    fn into_status(self) -> Result<StatusCode, InvalidStatusCode> {
        self.try_into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_final_status_is_the_same_in_both_crates() {
        for code in 100..=999 {
            let theirs = ::http::StatusCode::from_u16(code).unwrap();
            let own = StatusCode::try_from(theirs);
            assert_eq!(own.is_ok(), (200..600).contains(&code), "{code}");
            if let Ok(own) = own {
                assert_eq!((own.as_u16(), ::http::StatusCode::from(own)), (code, theirs));
            }
        }
    }
}
