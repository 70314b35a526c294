//! Flows over HTTP against the real local stack. Run them with `./gas test`.

mod access;
mod annotate;
mod billing;
mod calls;
mod explorer;
mod guards;
mod life_cycle;
mod live;
mod mail;
mod premium;
mod stack;
mod thaw;
mod upload_policy;
mod worker;
