//! The topics of the help pages.

use std::fmt;
use std::str::FromStr;

/// A help page. Its name is part of its address, so other sites may link to it: it stays the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HelpTopic {
    /// Which files can be annotated, and how variants are written as a text.
    Inputs,
    /// The columns of the results explorer.
    Columns,
    /// The consequences and their impact.
    Consequences,
    /// The limits of the plans.
    Plans,
    /// The command, the API and the Python client.
    Programs,
}

impl HelpTopic {
    /// All topics, in the order of the navigation.
    pub const ALL: [Self; 5] =
        [Self::Inputs, Self::Columns, Self::Consequences, Self::Plans, Self::Programs];

    /// The name in addresses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inputs => "inputs",
            Self::Columns => "columns",
            Self::Consequences => "consequences",
            Self::Plans => "plans",
            Self::Programs => "programs",
        }
    }

    /// The title of the page.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Inputs => "Files and variants",
            Self::Columns => "Columns",
            Self::Consequences => "Consequences and impact",
            Self::Plans => "Plans and limits",
            Self::Programs => "Command and API",
        }
    }
}

impl fmt::Display for HelpTopic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that no help page has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no help page {0:?}")]
pub struct UnknownTopic(String);

impl FromStr for HelpTopic {
    type Err = UnknownTopic;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|topic| topic.name() == name);
        found.ok_or_else(|| UnknownTopic(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_found_by_their_names() {
        for topic in HelpTopic::ALL {
            assert_eq!(topic.to_string().parse(), Ok(topic));
        }
        assert!("nothing".parse::<HelpTopic>().is_err());
    }
}
