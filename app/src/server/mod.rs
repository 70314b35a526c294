//! The web server process, which runs on EC2.
//!
//! [`router`] combines the parts: sign-in ([`sign_in`]), sessions ([`session`]), request and
//! response checks ([`security`]), limits of connections ([`connections`]), requests
//! ([`overload`]) and their bodies ([`request_body`]), live events ([`live`]), webhooks ([`webhooks`]), the public REST
//! API ([`rest`]), and the Dioxus application. Server functions identify their caller with
//! [`caller`].

mod access_log;
pub mod account;
mod billing_settings;
pub mod caller;
pub mod charts;
mod client;
mod client_address;
mod comparison_file;
mod connections;
mod cookies;
mod downloads;
pub mod errors;
mod export;
mod export_account;
mod file_response;
pub mod genome;
mod health;
mod live;
mod log_file;
mod metrics;
mod named_result;
pub mod operate;
mod overload;
mod plans;
mod price_settings;
mod recent_events;
mod request_body;
mod rest;
mod result_file;
mod router;
mod run_to_end;
mod security;
mod session;
mod settings;
pub mod shared;
mod sign_in;
mod sns;
mod state;
mod stripe_web;
mod unsubscribe;
mod webhooks;

pub use state::Web;

use anyhow::Context;
use gas_backend::aws::Sdk;
use gas_backend::usecases::apply_billing_model;
use gas_backend::{Billing, Gas, chain, postgres};
use gas_runtime::{LogFormat, init_logging, shutdown_signal};
use genome::{Genes, ReferenceSource};
use metrics::WebMetrics;
use settings::{Settings, Task};
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The log filter when `RUST_LOG` is not set.
const LOG_FILTER: &str = "warn,gas_web=info,gas_backend=info,gas_runtime=info";

/// Reads the settings, and serves until SIGTERM or SIGINT or migrates the database.
pub fn main() -> anyhow::Result<()> {
    let task = Task::read(std::env::args_os()).unwrap_or_else(|error| error.exit());
    init_logging(LogFormat::of_server(), LOG_FILTER);
    let runtime = tokio::runtime::Runtime::new().context("failed to start the runtime")?;
    match task {
        Task::Serve(settings) => runtime.block_on(serve(*settings)),
        Task::Migrate(owner) => {
            let version = runtime.block_on(postgres::migrate(&owner))?;
            writeln!(std::io::stdout(), "the database has schema version {version}")?;
            Ok(())
        }
    }
}

/// Deletes unused counters of rate limits every ten minutes until shutdown.
async fn prune_rate_limits(gas: Gas, shutdown: CancellationToken) {
    let mut every = tokio::time::interval(Duration::from_mins(10));
    while shutdown.run_until_cancelled(every.tick()).await.is_some() {
        if let Err(error) = gas.rate_limiter.prune(gas.now()).await {
            tracing::warn!(error = %chain(&error), "failed to prune rate limits");
        }
    }
}

async fn serve(settings: Settings) -> anyhow::Result<()> {
    let shutdown = CancellationToken::new();
    let signal = shutdown_signal().context("failed to listen for signals")?;
    let sdk = Sdk::from_env().await;
    let pool = postgres::connect(&settings.database).await?;
    let references = settings.references.choices(&settings.deployment, &sdk)?;
    let catalog = settings.references.catalog(&settings.deployment, &sdk)?;
    let source = match (catalog, &settings.references.reference_bundle) {
        (Some((catalog, default)), _) => ReferenceSource::Catalog(catalog, default),
        (None, Some(folder)) => ReferenceSource::Folder(folder.clone()),
        (None, None) => ReferenceSource::None,
    };
    let sources = settings.sources.choices(&settings.deployment, &sdk)?;
    let gas = Gas { references, sources, ..Gas::connect(&settings.deployment, &sdk, &pool) };
    let private = gas.private_references.as_ref().map(|private| private.catalogs.clone());
    let genes = Genes::new(source, private);
    let events = sdk
        .event_queue(&settings.deployment.prefix, &settings.deployment.job_events_topic_arn)
        .await?;
    let hub = live::Hub::new(settings.max_event_streams);
    let forwarder = tokio::spawn(live::forward_events(events, hub.clone(), shutdown.clone()));
    let sweeper = tokio::spawn(session::sweep(gas.clone(), shutdown.clone()));

    let pruner = tokio::spawn(prune_rate_limits(gas.clone(), shutdown.clone()));

    let listener = tokio::net::TcpListener::bind(&settings.listen)
        .await
        .with_context(|| format!("failed to listen on {}", settings.listen))?;
    let origin = settings.public_url.origin();
    let stripe = settings.billing.stripe().map(|stripe| &stripe.api);
    let billing = Billing::connect(gas, stripe, origin, &pool)?;
    apply_billing_model(&billing).await?;
    let checker = tokio::spawn(plans::check(billing.clone(), shutdown.clone()));
    let thaw = webhooks::ThawEndpoint::new(&settings.deployment, &sdk)?;
    let unsubscriber = unsubscribe::Unsubscriber {
        preferences: Arc::new(postgres::PostgresMails::new(pool.clone())),
        key: settings.unsubscribe_key.clone(),
    };
    let queues = Arc::new(sdk.operator_queues(&settings.deployment.prefix)?);
    let web = Web::new(billing, queues, hub, thaw, unsubscriber, genes, &settings).await?;
    let inbox = web.stripe.clone().map(|stripe| {
        let events = webhooks::handle_stripe_events(web.billing.clone(), stripe, shutdown.clone());
        tokio::spawn(events)
    });
    let metrics = WebMetrics::new();
    let open = TaskTracker::new();
    let app = router::build(web.clone(), metrics.http.clone(), open.clone());
    let measured = settings
        .metrics_listen
        .clone()
        .map(|listen| tokio::spawn(metrics.serve(listen, web.hub.clone(), shutdown.clone())));
    // The SDK's pooled connections belong to the runtime that opened them. That may be Dioxus' own
    // runtime, which ends with the application, and the forwarder needs the connections until it
    // has deleted its queue.
    let keep_runtime = app.clone();
    tracing::info!(listen = %settings.listen, url = %settings.public_url, "web ready");
    let stop = shutdown.clone();
    tokio::spawn(async move {
        signal.await;
        // Live streams end at the same time, so that the server need not wait for their connections.
        stop.cancel();
    });
    connections::serve(listener, app, connections::Limits::default(), shutdown, open).await;
    forwarder.await.context("the event forwarder panicked")?;
    drop(keep_runtime);
    pruner.await.context("the pruning of rate limits panicked")?;
    checker.await.context("the plan checks panicked")?;
    if let Some(measured) = measured {
        measured.await.context("the metrics panicked")?;
    }
    if let Some(inbox) = inbox {
        inbox.await.context("the handling of Stripe events panicked")?;
    }
    sweeper.await.context("the session sweeper panicked")
}
