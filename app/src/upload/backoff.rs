//! When a failed step of an upload is retried.

use crate::error::{ApiError, ErrorCode};

/// Pauses before the retries after consecutive failures, in seconds. After the last one the user has to
/// retry: a network that is down for a minute is unlikely to return within another.
const PAUSES: [u32; 5] = [1, 3, 10, 20, 30];

/// The pause in seconds after this many consecutive failures before the current one. `None` if the
/// upload gives up.
pub fn pause_secs(failures: usize) -> Option<u32> {
    PAUSES.get(failures).copied()
}

/// The longest wait for a limit of the server that an upload spends in pauses.
const LONGEST_WAIT_SECS: u32 = 60;

/// Whether a server function that failed with this error may succeed in a moment.
pub fn is_transient(error: &ApiError) -> bool {
    match error.code {
        ErrorCode::Unavailable | ErrorCode::Internal => true,
        ErrorCode::TooMany => error.retry_after_secs.is_some_and(|secs| secs <= LONGEST_WAIT_SECS),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_transient_errors_of_the_server_are_retried() {
        let is_retried = |code| is_transient(&ApiError::new(code, "no"));
        assert!(is_retried(ErrorCode::Unavailable) && is_retried(ErrorCode::Internal));
        let limited = |secs| ApiError {
            retry_after_secs: Some(secs),
            ..ApiError::new(ErrorCode::TooMany, "no")
        };
        assert!(is_transient(&limited(3)) && !is_transient(&limited(600)));
        assert!(!is_retried(ErrorCode::SignInRequired) && !is_retried(ErrorCode::OverLimit));
    }

    #[test]
    fn pauses_grow_and_end() {
        let pauses: Vec<_> = (0..).map_while(pause_secs).collect();
        assert!(pauses.is_sorted(), "{pauses:?}");
        assert!((30..120).contains(&pauses.iter().sum::<u32>()), "{pauses:?}");
    }
}
