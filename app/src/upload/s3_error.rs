//! The error responses of S3 to an upload, as messages for the user.

use crate::error::{ApiError, ErrorCode};

/// What to do about an error response.
#[derive(Clone, Debug, PartialEq)]
pub enum S3Error {
    /// The same request may succeed in a moment.
    Retry(ApiError),
    /// The request may succeed with a new signature.
    Renew(ApiError),
    /// The upload cannot succeed.
    Permanent(ApiError),
}

impl S3Error {
    /// Interprets an error response: its status, 0 if there was no response, and its body
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>).
    pub fn parse(status: u16, body: &str) -> Self {
        let code = body.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
        let code = code.map_or("no code", |(code, _)| code);
        let unavailable = |text: &str| ApiError::new(ErrorCode::Unavailable, text);
        let invalid = |text: String| ApiError::new(ErrorCode::Invalid, text);
        match (status, code) {
            (0, _) => Self::Retry(unavailable(
                "the connection to the file storage was lost; check your network and try again",
            )),
            (_, "RequestTimeout") | (408 | 429 | 500.., _) => {
                Self::Retry(unavailable("the file storage is busy; try again in a moment"))
            }
            (_, "EntityTooLarge") => {
                Self::Permanent(invalid("the file is larger than your plan allows".into()))
            }
            (_, "EntityTooSmall") => Self::Permanent(invalid("the file is empty".into())),
            (_, "NoSuchUpload") => Self::Permanent(invalid(
                "the upload was cancelled elsewhere; upload the file again".into(),
            )),
            (401 | 403, _) | (_, "ExpiredToken" | "RequestExpired") => Self::Renew(unavailable(
                "the file storage did not accept the upload, possibly because its permission expired; try again",
            )),
            (status, code) => Self::Permanent(invalid(format!(
                "the file storage rejected the file (HTTP {status}, {code}); try again, and contact us if it \
                 happens again"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn xml(code: &str) -> String {
        format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>m</Message></Error>")
    }

    #[test]
    fn transient_errors_are_retried_and_permanent_ones_are_not() {
        for (status, code) in
            [(0, ""), (503, "SlowDown"), (500, "InternalError"), (400, "RequestTimeout")]
        {
            let error = S3Error::parse(status, &xml(code));
            assert!(matches!(error, S3Error::Retry(_)), "{status} {code}");
        }
        for (status, code) in
            [(403, "AccessDenied"), (403, "RequestExpired"), (400, "ExpiredToken")]
        {
            let error = S3Error::parse(status, &xml(code));
            assert!(matches!(error, S3Error::Renew(_)), "{status} {code}");
        }
        for code in ["EntityTooLarge", "EntityTooSmall", "InvalidArgument"] {
            let error = S3Error::parse(400, &xml(code));
            assert!(matches!(error, S3Error::Permanent(_)), "{code}");
        }
        assert!(matches!(S3Error::parse(404, &xml("NoSuchUpload")), S3Error::Permanent(_)));
    }

    #[test]
    fn messages_name_the_cause() {
        let S3Error::Permanent(error) = S3Error::parse(400, &xml("EntityTooLarge")) else {
            panic!()
        };
        assert_eq!(error.message, "the file is larger than your plan allows");
        let S3Error::Permanent(error) = S3Error::parse(418, "no xml") else { panic!() };
        assert!(error.message.contains("HTTP 418, no code"), "{error}");
    }
}
