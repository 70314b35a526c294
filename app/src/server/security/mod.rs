//! What guards every request and every answer.

mod arguments;
mod headers;
mod origin;

pub use arguments::check_arguments;
pub use headers::{Policies, set_headers};
pub use origin::check_origin;
