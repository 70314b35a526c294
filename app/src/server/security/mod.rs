//! Checks on requests (origin, arguments) and the security headers of responses.

mod arguments;
mod headers;
mod nonce;
mod origin;
mod page_template;

pub use arguments::{MAX_BODY_BYTES, check_arguments};
pub use headers::{Policies, set_headers};
pub use origin::check_origin;
