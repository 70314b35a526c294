//! Secret values that debug output and logs do not reveal.

use std::fmt;

/// A secret whose `Debug` form does not contain it.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// The secret, for the place that uses it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_does_not_contain_the_secret() {
        assert_eq!(format!("{:?}", Secret::from("s3cret".to_owned())), "Secret(…)");
    }
}
