//! Flows over HTTP against the real local stack. Run them with `./gas test`.

mod access;
mod annotate;
mod billing;
mod guards;
mod life_cycle;
mod live;
mod mail;
mod stack;
mod upload_policy;
mod worker;
