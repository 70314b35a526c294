//! Role `webhooks`: sends messages to the webhooks of users.
//!
//! Many messages are sent at the same time, but those of one webhook one after the other, so that a receiver that does
//! not respond holds up its own messages only.

use futures::stream::{FuturesUnordered, StreamExt};
use gas_backend::chain;
use gas_backend::ports::{AttemptOutcome, DueDelivery, PortResult};
use gas_backend::usecases::{WebhookCourier, deliver, due_deliveries};
use gas_runtime::Shutdown;
use gas_shared::WebhookId;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// The pause between two looks for new messages. A look without any is one query of an index.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The number of messages that are sent at the same time.
const MAX_IN_FLIGHT: u16 = 32;

/// Sends messages until shutdown. A message whose sending is interrupted is sent again by the next process.
pub(crate) async fn run(courier: WebhookCourier, shutdown: &Shutdown) {
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut busy: Vec<WebhookId> = Vec::new();
    let mut in_flight = FuturesUnordered::new();
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            Some((due, delivered)) = in_flight.next(), if !in_flight.is_empty() => {
                let due: DueDelivery = due;
                busy.retain(|id| *id != due.webhook);
                report(&due, delivered);
            }
            () = shutdown.requested() => break,
        }
        let free = MAX_IN_FLIGHT.saturating_sub(u16::try_from(busy.len()).unwrap_or(u16::MAX));
        if free == 0 {
            continue;
        }
        match due_deliveries(&courier, free, &busy).await {
            Ok(claimed) => {
                for due in claimed {
                    busy.push(due.webhook);
                    let courier = &courier;
                    in_flight.push(async move {
                        let delivered = deliver(courier, &due).await;
                        (due, delivered)
                    });
                }
            }
            Err(error) => {
                tracing::error!(error = %chain(&error), "messages to webhooks cannot be read");
            }
        }
    }
    // An attempt takes ten seconds at most.
    let rest = async {
        while let Some((due, delivered)) = in_flight.next().await {
            report(&due, delivered);
        }
    };
    tokio::select! {
        () = rest => {}
        () = shutdown.due() => {}
    }
}

fn report(due: &DueDelivery, delivered: PortResult<AttemptOutcome>) {
    let DueDelivery { id, webhook, owner, attempt, .. } = due;
    match delivered {
        Ok(outcome) => tracing::info!(
            delivery = %id, webhook_id = %webhook, user_id = %owner, attempt, ?outcome,
            "message to webhook sent"
        ),
        Err(error) => tracing::error!(
            delivery = %id, webhook_id = %webhook, user_id = %owner, error = %chain(&error),
            "outcome of a message to a webhook not stored; it is sent again"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_trait::async_trait;
    use gas_backend::ports::{SendResult, SignedMessage, WebhookSender};
    use gas_backend::public_address::Targets;
    use gas_backend::testkit::{TestGas, unsubscribe_key};
    use gas_backend::usecases::{create_webhook, list_webhooks, test_webhook};
    use gas_shared::webhook::{DeliveryOutcome, NewWebhook, WebhookEvent};
    use gas_shared::{Account, Plan};
    use std::sync::{Arc, Mutex};

    /// A receiver that never responds at one host, and takes a second at all others.
    #[derive(Default)]
    struct Receiver(Mutex<Vec<String>>);

    #[async_trait]
    impl WebhookSender for Receiver {
        async fn send(&self, url: &str, _: &SignedMessage) -> SendResult {
            self.0.lock().unwrap().push(url.to_owned());
            if url.contains("silent") {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
            SendResult::Accepted
        }
    }

    async fn hook(test: &TestGas, owner: &Account, host: &str) -> WebhookId {
        let url = format!("https://{host}.example.org/");
        let new = NewWebhook { url, events: vec![WebhookEvent::JobFailed] };
        let key = unsubscribe_key();
        let created = create_webhook(&test.gas, &key, Targets::Public, owner.id, new).await;
        created.unwrap().webhook.id
    }

    #[tokio::test(start_paused = true)]
    async fn a_receiver_that_does_not_respond_holds_up_its_own_messages_only() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let (silent, quick) = (hook(&test, &ada, "silent").await, hook(&test, &ada, "quick").await);
        for _ in 0..4 {
            test_webhook(&test.gas, ada.id, silent).await.unwrap();
            test_webhook(&test.gas, ada.id, quick).await.unwrap();
        }
        let receiver = Arc::new(Receiver::default());
        let gas = test.gas.clone();
        let courier = WebhookCourier { gas, sender: receiver.clone(), key: unsubscribe_key() };
        let shutdown = Shutdown::default();
        let stop = async {
            tokio::time::sleep(Duration::from_millis(4_500)).await;
            shutdown.now();
        };
        tokio::join!(run(courier, &shutdown), stop);
        let sent = receiver.0.lock().unwrap().clone();
        let to = |host: &str| sent.iter().filter(|url| url.contains(host)).count();
        assert_eq!((to("silent"), to("quick")), (1, 4), "{sent:?}");
        let hooks = list_webhooks(&test.gas, ada.id).await.unwrap();
        let quick = hooks.iter().find(|hook| hook.id == quick).unwrap();
        let is_delivered =
            |outcome: &DeliveryOutcome| matches!(outcome, DeliveryOutcome::Delivered { .. });
        assert!(quick.deliveries.iter().all(|one| is_delivered(&one.outcome)), "{quick:?}");
    }
}
