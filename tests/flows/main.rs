//! End-to-end tests over HTTP against the local stack. Run them with `./gas test`.

mod access;
mod account;
mod annotate;
mod billing;
mod calls;
mod cli;
mod contracts;
mod database;
mod delete;
mod explorer;
mod guards;
mod job_page;
mod life_cycle;
mod live;
mod mail;
mod multipart;
mod premium;
mod program;
mod redrive;
mod rest;
mod retention;
mod stack;
mod thaw;
mod tokens;
mod upload_policy;
mod worker;
