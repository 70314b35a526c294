//! The utility node: all background work other than annotation. Each role is a separate loop; one
//! process may run several roles.

mod archive;
pub(crate) mod consume;
mod erase;
mod imports;
mod metrics;
mod notify;
mod reconcile;
#[cfg(test)]
mod replay_tests;
mod restore;
mod settings;
mod thaw;
mod webhooks;

pub(crate) use settings::UtilitySettings;

use consume::consume;
use futures::future::join_all;
use gas_backend::aws::Sdk;
use gas_backend::imports::HttpFileSource;
use gas_backend::ports::Queue;
use gas_backend::usecases::{Importer, WebhookCourier};
use gas_backend::webhooks::HttpWebhookSender;
use gas_backend::{Gas, Notifier, postgres};
use gas_runtime::Shutdown;
use gas_runtime::metrics::Metrics;
use metrics::MessageMetrics;
use settings::UtilityRole;
use std::pin::Pin;
use std::sync::Arc;

type Running<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Runs the chosen roles until shutdown.
pub(crate) async fn run(settings: UtilitySettings) -> anyhow::Result<()> {
    let shutdown = Shutdown::on_signal(settings.grace())?;
    let sdk = Sdk::from_env().await;
    let deployment = &settings.deployment;
    let pool = postgres::connect(&settings.database).await?;
    let gas = Gas::connect(deployment, &sdk, &pool);
    let site = &settings.public_url;
    gas.archive.prepare().await?;
    let notifier = Notifier::connect(&gas, site, &settings.mail, &sdk, &pool);
    let sender = Arc::new(HttpWebhookSender::new(settings.webhooks.targets())?);
    if settings.webhooks.webhooks_to_any_address {
        tracing::warn!("webhooks may lead to private addresses (GAS_WEBHOOKS_TO_ANY_ADDRESS)");
    }
    let source = Arc::new(HttpFileSource::new(settings.imports.targets())?);
    settings.imports.warn_of_private_addresses();
    let queue = |url: &str| -> Arc<dyn Queue> { Arc::new(sdk.queue(url)) };
    let (visibility, slots) = (settings.visibility(), settings.slots);
    let mut metrics = Metrics::new(env!("CARGO_PKG_VERSION"));
    let measured = MessageMetrics::of(&mut metrics);
    let offered = settings.metrics_listen.clone().map(|listen| {
        let stop = shutdown.clone();
        tokio::spawn(offer(metrics, listen, async move { stop.requested().await }))
    });
    let shutdown = &shutdown;
    let running = settings.roles().into_iter().map(|role| -> Running<'_> {
        let (gas, notifier) = (gas.clone(), notifier.clone());
        match role {
            UtilityRole::Archive => {
                let queue = queue(&deployment.archive_queue_url);
                Box::pin(consume(
                    "archive",
                    queue,
                    visibility,
                    slots,
                    measured.measure("archive", archive::Archiver { gas }),
                    shutdown,
                ))
            }
            UtilityRole::Thaw => {
                let queue = queue(&deployment.start_thaw_queue_url);
                Box::pin(consume(
                    "thaw",
                    queue,
                    visibility,
                    slots,
                    measured.measure("thaw", thaw::Thawer { gas }),
                    shutdown,
                ))
            }
            UtilityRole::Restore => {
                let Some(url) = &deployment.large_restores_queue_url else {
                    return Box::pin(std::future::ready(()));
                };
                let restorer = measured.measure("restore", restore::LargeRestorer::new(&gas));
                Box::pin(consume("restore", queue(url), visibility, slots, restorer, shutdown))
            }
            UtilityRole::Notify => {
                let queue = queue(&deployment.mail_queue_url);
                Box::pin(consume(
                    "notify",
                    queue,
                    visibility,
                    slots,
                    measured.measure("notify", notify::MailSender { gas, notifier }),
                    shutdown,
                ))
            }
            UtilityRole::Webhooks => {
                let courier = WebhookCourier {
                    gas,
                    sender: sender.clone(),
                    key: settings.mail.unsubscribe_key.clone(),
                };
                Box::pin(webhooks::run(courier, shutdown))
            }
            UtilityRole::Imports => {
                let importer = Importer { gas, source: source.clone() };
                Box::pin(imports::run(importer, shutdown))
            }
            UtilityRole::Erase => Box::pin(erase::run(gas, shutdown)),
            UtilityRole::Reconcile => {
                let topic = &deployment.job_events_topic_arn;
                let reaper = sdk.event_queue_reaper(&deployment.prefix, topic);
                let every = settings.reconcile_every();
                Box::pin(reconcile::run(gas, notifier, reaper, every, shutdown))
            }
        }
    });
    let running: Vec<_> = running.collect();
    tracing::info!("utility ready");
    join_all(running).await;
    if let Some(offered) = offered {
        offered.await?;
    }
    tracing::info!("utility stopped");
    Ok(())
}

/// Offers the metrics until shutdown. A failure does not stop the process.
async fn offer(
    metrics: Metrics,
    listen: String,
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    if let Err(error) = metrics.serve(&listen, shutdown).await {
        tracing::error!(%error, listen, "metrics are not offered (check GAS_METRICS_LISTEN)");
    }
}
