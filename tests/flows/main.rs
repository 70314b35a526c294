//! Flows over HTTP against the real local stack. Run them with `./gas test`.

mod access;
mod annotate;
mod billing;
mod guards;
mod live;
mod stack;
mod upload_policy;
mod worker;
