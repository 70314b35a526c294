//! Decides whether a connection to the database is protected well enough.
//!
//! Without a setting, PostgreSQL clients use TLS only if the server offers it, and do not check who
//! the server is. A network that is not ours can then read and change everything.

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use std::net::IpAddr;

/// The server is on another machine, and the connection does not verify it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the connection to the database at {0} does not verify the server: add sslmode=verify-full to \
     its URL, and sslrootcert=FILE if the server's certificate is of a private authority, such as \
     that of Amazon RDS"
)]
pub(super) struct UnverifiedServer(String);

/// Accepts servers on this machine, and others only with `sslmode=verify-full`.
///
/// # Errors
/// [`UnverifiedServer`].
pub(super) fn require_verified_server(options: &PgConnectOptions) -> Result<(), UnverifiedServer> {
    if matches!(options.get_ssl_mode(), PgSslMode::VerifyFull) || is_local(options) {
        return Ok(());
    }
    Err(UnverifiedServer(options.get_host().to_owned()))
}

fn is_local(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    options.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(url: &str) -> Result<(), UnverifiedServer> {
        require_verified_server(&url.parse().unwrap())
    }

    #[test]
    fn servers_on_this_machine_need_no_tls() {
        for url in [
            "postgres://gas:secret@127.0.0.1:5432/gas",
            "postgres://gas@localhost/gas",
            "postgres://gas@[::1]/gas",
            "postgres://gas@%2Frun%2Fpostgresql/gas",
            "postgres:///gas?host=/run/postgresql",
        ] {
            assert_eq!(decide(url), Ok(()), "{url}");
        }
    }

    #[test]
    fn other_servers_must_be_verified() {
        let server = "db.example.org";
        for mode in [
            "",
            "?sslmode=disable",
            "?sslmode=allow",
            "?sslmode=prefer",
            "?sslmode=require",
            "?sslmode=verify-ca",
        ] {
            let url = format!("postgres://gas:secret@{server}/gas{mode}");
            assert_eq!(decide(&url), Err(UnverifiedServer(server.to_owned())), "{url}");
        }
        let url = format!("postgres://gas:secret@{server}/gas?sslmode=verify-full");
        assert_eq!(decide(&url), Ok(()));
        assert!(decide("postgres://gas@10.0.0.7/gas").is_err());
        assert!(decide("postgres://gas@localhost.example.org/gas").is_err());
    }

    #[test]
    fn the_error_names_the_server_and_the_setting_but_no_secret() {
        let error = decide("postgres://gas:secret@db.example.org/gas").unwrap_err().to_string();
        assert!(error.contains("db.example.org") && error.contains("sslmode=verify-full"));
        assert!(!error.contains("secret"));
    }
}
