//! Sign-in by OpenID Connect: authorization code flow with PKCE, state and nonce.
//!
//! [`provider`] talks to the OpenID provider, [`pending`] is what the browser keeps meanwhile,
//! [`routes`] serves the browser, and [`next_path`] validates the path to return to.

mod next_path;
mod pending;
mod provider;
mod routes;

pub use provider::{Provider, SignedIn};
pub use routes::routes;
