//! The web process's settings: flags or environment variables.

use axum::http::Uri;
use clap::Parser;
use gas_backend::stripe::StripeSettings;
use gas_backend::{Deployment, Secret};
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
    /// How Stripe is reached.
    #[command(flatten)]
    pub stripe: StripeSettings,
    /// The signing secret of the webhook endpoint, which begins with whsec_
    #[arg(long, env = "GAS_STRIPE_WEBHOOK_SECRET", hide_env_values = true)]
    pub stripe_webhook_secret: Secret,
    /// The key with which browsers begin a checkout; one of a test account begins with pk_test_
    #[arg(long, env = "GAS_STRIPE_PUBLISHABLE_KEY")]
    pub stripe_publishable_key: String,
    /// Stripe.js, of a release that has createEmbeddedCheckoutPage.
    #[arg(
        long,
        env = "GAS_STRIPE_JS_URL",
        default_value = "https://js.stripe.com/dahlia/stripe.js"
    )]
    pub stripe_js_url: String,
    /// The AWS resources and the database.
    #[command(flatten)]
    pub deployment: Deployment,
}

/// The service's own origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

/// A public URL that is no origin.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0:?} is no origin; expected http:// or https://, a host and perhaps a port, without a path"
)]
pub struct NoOrigin(String);

impl PublicUrl {
    /// The origin as browsers write it, without a slash at the end.
    pub fn origin(&self) -> &str {
        &self.0
    }

    /// A URL of this service.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// Whether browsers reach the service by TLS.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl FromStr for PublicUrl {
    type Err = NoOrigin;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || NoOrigin(text.to_owned());
        let origin = text.strip_suffix('/').unwrap_or(text);
        let uri: Uri = origin.parse().map_err(|_| refused())?;
        let scheme_ok = matches!(uri.scheme_str(), Some("http" | "https"));
        let bare = uri.path_and_query().is_none_or(|path| path == "/");
        let whole = uri.authority().is_some_and(|authority| origin.ends_with(authority.as_str()));
        if scheme_ok && bare && whole { Ok(Self(origin.to_owned())) } else { Err(refused()) }
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
    fn a_public_url_is_an_origin() {
        let url: PublicUrl = "https://gas.example.org/".parse().unwrap();
        assert_eq!(url.origin(), "https://gas.example.org");
        assert_eq!(url.join("/login"), "https://gas.example.org/login");
        assert!(url.is_https());
        for bad in ["gas.example.org", "ftp://x", "http://x/app", "http://x?y", ""] {
            assert!(bad.parse::<PublicUrl>().is_err(), "{bad:?}");
        }
    }
}
