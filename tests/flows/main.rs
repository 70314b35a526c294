//! Flows over HTTP against the real local stack. Run them with `./gas test`.

mod access;
mod annotate;
mod guards;
mod live;
mod mail;
mod stack;
mod upload_policy;
mod worker;
