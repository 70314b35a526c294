//! The options of a job as its row has them.

use crate::job_options::JobOptions;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The options of a stored job. A row of a newer version can have options that this version does not
/// know. The job is then listed and its row stays as it is, but this version does not run it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum StoredOptions {
    /// Options that this version knows.
    Known(JobOptions),
    /// Those of a newer version.
    Newer(Value),
}

impl Default for StoredOptions {
    fn default() -> Self {
        Self::Known(JobOptions::default())
    }
}

impl StoredOptions {
    /// The options, unless they are of a newer version.
    pub const fn known(&self) -> Option<&JobOptions> {
        match self {
            Self::Known(options) => Some(options),
            Self::Newer(_) => None,
        }
    }

    /// Whether these are the default options, which rows of older versions stand for.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job_options::Selection;

    #[test]
    fn options_of_a_newer_version_are_kept() {
        for (json, selection) in [
            ("{}", Some(Selection::All)),
            (r#"{"selection":"pick"}"#, Some(Selection::Pick)),
            (r#"{"selection":"newest"}"#, None),
            (r#"{"plugin":"x"}"#, None),
        ] {
            let options: StoredOptions = serde_json::from_str(json).unwrap();
            assert_eq!(options.known().map(|known| known.selection), selection, "{json}");
            let again = serde_json::to_string(&options).unwrap();
            assert_eq!(serde_json::from_str::<StoredOptions>(&again).unwrap(), options);
            assert!(selection.is_some() || again == json, "{again}");
        }
        assert!(StoredOptions::default().is_default());
    }
}
