//! The connection settings: the URL of GAS and the access token.

use crate::args::Cli;
use crate::error::CliError;
use reqwest::Url;
use std::fmt;
use std::path::Path;

/// The environment variable with the token.
const TOKEN_VARIABLE: &str = "GAS_TOKEN";

/// How to connect to GAS.
pub struct Connection {
    /// The origin of GAS, without a path.
    pub url: Url,
    /// The access token.
    pub token: Token,
}

/// An access token. Its `Debug` output does not contain the secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Returns the secret for the `Authorization` header.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Token {
    fn from(token: String) -> Self {
        Self(token)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Reads the settings from the command line and the environment.
pub fn connection(cli: &Cli) -> Result<Connection, CliError> {
    let url = parse_url(cli.url.as_deref().ok_or(CliError::NoUrl)?)?;
    let text = match &cli.token_file {
        Some(path) => read_token(path)?,
        None => std::env::var(TOKEN_VARIABLE).unwrap_or_default(),
    };
    let token = text.trim();
    if token.is_empty() {
        return Err(CliError::NoToken);
    }
    Ok(Connection { url, token: Token::from(token.to_owned()) })
}

fn read_token(path: &Path) -> Result<String, CliError> {
    let text = std::fs::read_to_string(path).map_err(CliError::io(path))?;
    if is_readable_by_others(path) {
        eprintln!("gas-cli: other users can read {}; run chmod 600 on it", path.display());
    }
    Ok(text)
}

#[cfg(unix)]
fn is_readable_by_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_readable_by_others(_path: &Path) -> bool {
    false
}

/// Parses a URL to which a token may be sent: over TLS, or on this machine.
fn parse_url(text: &str) -> Result<Url, CliError> {
    let invalid = |reason: &str| CliError::Url { url: text.to_owned(), reason: reason.to_owned() };
    let url = Url::parse(text).map_err(|error| invalid(&error.to_string()))?;
    let host = url.host_str().unwrap_or_default();
    let is_local = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    match url.scheme() {
        "https" => {}
        "http" if is_local => {}
        "http" => return Err(invalid("the token would be sent unencrypted; use https")),
        _ => return Err(invalid("it must start with https://")),
    }
    if url.path() != "/" || url.query().is_some() {
        return Err(invalid("remove the part after the host"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_sent_over_tls_or_stay_on_the_machine() {
        for good in ["https://gas.example.org", "https://gas.example.org/", "http://localhost:8080"]
        {
            assert!(parse_url(good).is_ok(), "{good}");
        }
        for bad in
            ["gas", "http://gas.example.org", "ftp://localhost", "https://a/b", "https://a?b"]
        {
            assert!(matches!(parse_url(bad), Err(CliError::Url { .. })), "{bad}");
        }
    }

    #[test]
    fn debug_output_does_not_contain_the_token() {
        assert_eq!(format!("{:?}", Token("gas_x".into())), "Token(…)");
    }
}
