//! Reads files from URLs of users, for imports.

mod http;
mod settings;

pub use http::HttpFileSource;
pub use settings::ImportSettings;
