//! The public origin of GAS.

use http::Uri;
use std::str::FromStr;

/// The origin under which browsers reach the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

/// The text is not an origin.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0:?} is not an origin; expected http:// or https://, a host and an optional port, without a path"
)]
pub struct InvalidOrigin(String);

impl PublicUrl {
    /// The origin, without a trailing slash.
    pub fn origin(&self) -> &str {
        &self.0
    }

    /// The URL of a path of this service.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// Whether browsers connect with TLS.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl FromStr for PublicUrl {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rejected = || InvalidOrigin(text.to_owned());
        let origin = text.strip_suffix('/').unwrap_or(text);
        let uri: Uri = origin.parse().map_err(|_| rejected())?;
        let scheme_ok = matches!(uri.scheme_str(), Some("http" | "https"));
        let bare = uri.path_and_query().is_none_or(|path| path == "/");
        let whole = uri.authority().is_some_and(|authority| origin.ends_with(authority.as_str()));
        if scheme_ok && bare && whole { Ok(Self(origin.to_owned())) } else { Err(rejected()) }
    }
}

impl std::fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_origin_is_a_public_url() {
        let url: PublicUrl = "https://gas.example.org/".parse().unwrap();
        assert_eq!(url.origin(), "https://gas.example.org");
        assert_eq!(url.join("/login"), "https://gas.example.org/login");
        assert!(url.is_https());
        for bad in ["gas.example.org", "ftp://x", "http://x/app", "http://x?y", ""] {
            assert!(bad.parse::<PublicUrl>().is_err(), "{bad:?}");
        }
    }
}
