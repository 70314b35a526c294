//! The parts of the page of a share link.

use std::fmt;
use std::str::FromStr;

/// A part of the page of a share link. Its name is in addresses that people have passed on: it stays the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharedPart {
    /// The results explorer.
    Results,
    /// The charts.
    Charts,
    /// The genome browser.
    Browser,
}

impl SharedPart {
    /// All parts, in the order of the tabs.
    pub const ALL: [Self; 3] = [Self::Results, Self::Charts, Self::Browser];

    /// The name in addresses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Results => "results",
            Self::Charts => "charts",
            Self::Browser => "browser",
        }
    }
}

impl fmt::Display for SharedPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that no part has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a share link has no part {0:?}")]
pub struct UnknownPart(String);

impl FromStr for SharedPart {
    type Err = UnknownPart;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|part| part.name() == name);
        found.ok_or_else(|| UnknownPart(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_by_their_names() {
        for part in SharedPart::ALL {
            assert_eq!(part.to_string().parse(), Ok(part));
        }
        assert!("log".parse::<SharedPart>().is_err());
    }
}
