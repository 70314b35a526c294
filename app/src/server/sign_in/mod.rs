//! Sign-in by OpenID Connect: authorization code flow with PKCE, state and nonce.
//!
//! [`provider`] speaks to the OpenID provider, [`routes`] to the browser, [`next_path`] keeps the
//! way back inside this service.

mod next_path;
mod provider;
mod routes;

pub use provider::Provider;
pub use routes::routes;
