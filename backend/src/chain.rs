//! Formats an error and its causes on one line, for logs.

use std::error::Error;
use std::fmt;

/// Displays an error and its sources as `error: cause: cause`.
pub fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl fmt::Display + 'a {
    Chain(error)
}

struct Chain<'a>(&'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut next = self.0.source();
        while let Some(cause) = next {
            write!(f, ": {cause}")?;
            next = cause.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::PortError;

    #[test]
    fn an_error_is_followed_by_its_causes() {
        let error = PortError::new("read a row", PortError::new("connect", "refused"));
        assert_eq!(chain(&error).to_string(), "failed to read a row: failed to connect: refused");
    }
}
