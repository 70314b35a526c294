//! The path to open after sign-in, restricted to this service.

use serde::{Deserialize, Serialize};

/// The longest path, in bytes. It is part of a cookie, which has at most 4096 bytes.
const MAX_BYTES: usize = 2000;

/// A path and query of this service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NextPath(String);

impl NextPath {
    /// Returns the path, or that of the job list if it is missing, too long or leads to another site. The
    /// path must start with exactly one slash, since browsers read `//host` and `/\host` as URLs of
    /// other hosts, and must not contain control characters, which browsers drop.
    pub fn parse(raw: Option<&str>) -> Self {
        let is_local = |path: &&str| {
            path.len() <= MAX_BYTES
                && path.starts_with('/')
                && !path.starts_with("//")
                && !path.contains('\\')
                && !path.chars().any(char::is_control)
        };
        Self(raw.filter(is_local).unwrap_or("/annotations").to_owned())
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use openidconnect::url::Url;
    use proptest::prelude::*;

    #[test]
    fn paths_of_this_service_are_kept() {
        for path in ["/", "/annotate", "/annotations?cursor=a//b", "/annotations/1/log"] {
            assert_eq!(NextPath::parse(Some(path)).as_str(), path);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn no_value_leads_to_another_origin(path in r"[/\\\t @:.a-z%0-9?#\n]{0,12}") {
            let base = Url::parse("https://gas.example").unwrap();
            let next = NextPath::parse(Some(&path));
            let url = base.join(next.as_str()).unwrap();
            prop_assert_eq!(url.origin(), base.origin(), "{:?}", next.as_str());
        }
    }

    #[test]
    fn all_other_values_lead_to_the_job_list() {
        let bad = [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "javascript:alert(1)",
            "annotate",
            "",
            "/\t/evil.example",
            "/a\r\nSet-Cookie: x=1",
            &format!("/{}", "a".repeat(MAX_BYTES)),
        ];
        for path in bad {
            assert_eq!(NextPath::parse(Some(path)).as_str(), "/annotations", "{path:?}");
        }
        assert_eq!(NextPath::parse(None).as_str(), "/annotations");
    }
}
