//! What S3 answers to an upload, in words for the user.

use crate::error::{ApiError, ErrorCode};
use gas_shared::job::StateView;
use gas_shared::{FileName, JobId, JobView};
use jiff::Timestamp;

/// Pauses before an upload is tried again, in seconds, one after each break in a row. After the last
/// one the user is asked: a network that is away for a minute will not be back in another.
const PAUSES: [u32; 5] = [1, 3, 10, 20, 30];

/// The pause after so many breaks in a row, or `None` where it is time to give up.
pub fn pause_secs(breaks: usize) -> Option<u32> {
    PAUSES.get(breaks).copied()
}

/// What an answer that is no success means.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// It may work in a moment.
    Again(ApiError),
    /// It may work with a fresh signature.
    Renew(ApiError),
    /// It will never work.
    Never(ApiError),
}

/// Reads an answer of S3's: its status, 0 where there was none, and its body
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>).
pub fn refusal(status: u16, body: &str) -> Refusal {
    let code = body.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    let code = code.map_or("no code", |(code, _)| code);
    let unavailable = |text: &str| ApiError::new(ErrorCode::Unavailable, text);
    let invalid = |text: String| ApiError::new(ErrorCode::Invalid, text);
    match (status, code) {
        (0, _) => Refusal::Again(unavailable(
            "the connection to the storage broke; check your network and try again",
        )),
        (_, "RequestTimeout") | (408 | 429 | 500.., _) => {
            Refusal::Again(unavailable("the storage is busy; try again in a moment"))
        }
        (_, "EntityTooLarge") => {
            Refusal::Never(invalid("the file is larger than your plan allows".into()))
        }
        (_, "EntityTooSmall") => Refusal::Never(invalid("the file is empty".into())),
        (_, "NoSuchUpload") => {
            Refusal::Never(invalid("the upload was ended meanwhile; send the file again".into()))
        }
        (401 | 403, _) | (_, "ExpiredToken" | "RequestExpired") => Refusal::Renew(unavailable(
            "the storage did not accept the upload; its time may have run out: try again",
        )),
        (status, code) => Refusal::Never(invalid(format!(
            "the storage refused the file (HTTP {status}, {code}); try again, and tell us if it stays so"
        ))),
    }
}

/// Whether a call of the server may work in a moment.
pub const fn is_passing(error: &ApiError) -> bool {
    matches!(error.code, ErrorCode::Unavailable | ErrorCode::Internal)
}

/// A job that has just been made, before the server tells of it. Whatever it tells is newer.
pub fn fresh_job(id: JobId, name: &str, now: Timestamp) -> Option<JobView> {
    let file_name = FileName::parse(name).ok()?;
    let submitted_at = Timestamp::from_second(now.as_second()).ok()?;
    Some(JobView {
        id,
        version: 0,
        file_name,
        size: None,
        uploaded_at: None,
        submitted_at,
        state: StateView::Uploading,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn xml(code: &str) -> String {
        format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>m</Message></Error>")
    }

    #[test]
    fn what_may_pass_is_tried_again_and_what_may_not_is_not() {
        for (status, code) in
            [(0, ""), (503, "SlowDown"), (500, "InternalError"), (400, "RequestTimeout")]
        {
            assert!(matches!(refusal(status, &xml(code)), Refusal::Again(_)), "{status} {code}");
        }
        for (status, code) in
            [(403, "AccessDenied"), (403, "RequestExpired"), (400, "ExpiredToken")]
        {
            assert!(matches!(refusal(status, &xml(code)), Refusal::Renew(_)), "{status} {code}");
        }
        for code in ["EntityTooLarge", "EntityTooSmall", "InvalidArgument"] {
            assert!(matches!(refusal(400, &xml(code)), Refusal::Never(_)), "{code}");
        }
        assert!(matches!(refusal(404, &xml("NoSuchUpload")), Refusal::Never(_)));
    }

    #[test]
    fn refusals_say_what_to_do() {
        let Refusal::Never(error) = refusal(400, &xml("EntityTooLarge")) else { panic!() };
        assert_eq!(error.message, "the file is larger than your plan allows");
        let Refusal::Never(error) = refusal(418, "no xml") else { panic!() };
        assert!(error.message.contains("HTTP 418, no code"), "{error}");
    }

    #[test]
    fn only_what_may_pass_is_asked_again() {
        let passing = |code| is_passing(&ApiError::new(code, "no"));
        assert!(passing(ErrorCode::Unavailable) && passing(ErrorCode::Internal));
        assert!(!passing(ErrorCode::SignInRequired) && !passing(ErrorCode::OverLimit));
    }

    #[test]
    fn pauses_grow_and_end() {
        let pauses: Vec<_> = (0..).map_while(pause_secs).collect();
        assert!(pauses.is_sorted(), "{pauses:?}");
        assert!((30..120).contains(&pauses.iter().sum::<u32>()), "{pauses:?}");
    }

    #[test]
    fn a_fresh_job_gives_way_to_the_servers_word() {
        let now = Timestamp::from_millisecond(1_790_000_000_700).unwrap();
        let job = fresh_job("00000000-0000-4000-8000-000000000000".parse().unwrap(), "a.vcf", now)
            .unwrap();
        assert_eq!((job.version, job.submitted_at.subsec_nanosecond()), (0, 0));
        assert_eq!(fresh_job(job.id, "a.txt", now), None);
    }
}
