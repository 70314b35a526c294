//! The web process's settings: flags or environment variables.

use clap::Parser;
use gas_backend::{Deployment, PublicUrl};
use std::str::FromStr;

/// The GAS web server.
#[derive(Parser, Clone, Debug)]
#[command(version)]
pub struct Settings {
    /// Address and port to listen on.
    #[arg(long, env = "GAS_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// Where browsers reach this server, without a path, such as https://gas.example.org
    #[arg(long, env = "GAS_PUBLIC_URL", value_parser = PublicUrl::from_str)]
    pub public_url: PublicUrl,
    /// The OpenID provider, such as https://auth.globus.org
    #[arg(long, env = "GAS_OIDC_ISSUER")]
    pub oidc_issuer: String,
    /// This service's client id at the provider.
    #[arg(long, env = "GAS_OIDC_CLIENT_ID")]
    pub oidc_client_id: String,
    /// This service's client secret at the provider.
    #[arg(long, env = "GAS_OIDC_CLIENT_SECRET", hide_env_values = true)]
    pub oidc_client_secret: Secret,
    /// Where sign-out goes on to end the provider's own session, such as
    /// https://auth.globus.org/v2/web/logout; without it sign-out ends at the home page.
    #[arg(long, env = "GAS_OIDC_LOGOUT_URL")]
    pub oidc_logout_url: Option<String>,
    /// The AWS resources and the database.
    #[command(flatten)]
    pub deployment: Deployment,
}

/// A value that never shows in logs.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// The value, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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
    fn secrets_do_not_show() {
        assert_eq!(format!("{:?}", Secret::from("s3cret".to_owned())), "Secret(…)");
    }
}
