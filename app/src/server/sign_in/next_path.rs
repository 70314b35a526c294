//! Where a browser goes after sign-in: a path of this service, and nothing else.

use serde::{Deserialize, Serialize};

/// A path and query of this service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NextPath(String);

impl NextPath {
    /// The path, or the list of jobs where it is missing or would leave this service: it must
    /// begin with one slash, since `//host` and `/\host` are URLs of other hosts to browsers, and
    /// hold no control characters, which browsers drop.
    pub fn parse(raw: Option<&str>) -> Self {
        let inside = |path: &&str| {
            path.starts_with('/')
                && !path.starts_with("//")
                && !path.contains('\\')
                && !path.chars().any(char::is_control)
        };
        Self(raw.filter(inside).unwrap_or("/annotations").to_owned())
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_this_service_are_kept() {
        for path in ["/", "/annotate", "/annotations?cursor=a//b", "/annotations/1/log"] {
            assert_eq!(NextPath::parse(Some(path)).as_str(), path);
        }
    }

    #[test]
    fn everything_else_leads_to_the_list() {
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
        ];
        for path in bad {
            assert_eq!(NextPath::parse(Some(path)).as_str(), "/annotations", "{path:?}");
        }
        assert_eq!(NextPath::parse(None).as_str(), "/annotations");
    }
}
