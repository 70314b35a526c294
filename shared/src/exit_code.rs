//! The exit codes of `gas-annotate` and `gas-index`, and the codes of problems of the input, which
//! the service acts on. All other failures have exit code 1.

use std::error::Error;
use std::io;

/// The input file is invalid. The last line on standard error is a JSON object with `error` and
/// `code`.
pub const BAD_INPUT: u8 = 2;

/// The `code` of a file that has variants of which none can be annotated.
pub const NOTHING_ANNOTATED: &str = "nothing_annotated";

/// The `code` of a file of another assembly than the reference.
pub const WRONG_ASSEMBLY: &str = "wrong_assembly";

/// The `code` of a run whose options ask for transcripts of a kind that the reference does not have.
pub const NO_TRANSCRIPTS: &str = "no_transcripts";

/// The `code` of a variant list of which no line is a variant of the reference.
pub const NO_VARIANTS: &str = "no_variants";

/// The disk that the output is on, or the quota of its user, is full. The same run can succeed on
/// another machine, or later.
pub const DISK_FULL: u8 = 3;

/// Whether an error or one of its causes is a full disk (ENOSPC) or an exhausted quota (EDQUOT).
pub fn is_disk_full(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
                return true;
            }
            // `source` of an I/O error skips the error that it wraps.
            if let Some(inner) = error.get_ref() {
                next = Some(inner);
                continue;
            }
        }
        next = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_found_among_the_causes() {
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        let quota = io::Error::from(io::ErrorKind::QuotaExceeded);
        for error in
            [full(), quota, io::Error::other(full()), io::Error::other(io::Error::other(full()))]
        {
            assert!(is_disk_full(&error), "{error:?}");
        }
        for error in [io::Error::other("full"), io::ErrorKind::FileTooLarge.into()] {
            assert!(!is_disk_full(&error), "{error:?}");
        }
    }
}
