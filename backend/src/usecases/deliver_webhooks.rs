//! Reports the events of jobs to the webhooks of their owners.
//!
//! The messages are an outbox. [`record_webhook_event`] stores one for each webhook, under the key of the event, so that
//! an event that is reported twice is one message. Then [`due_deliveries`] claims the messages that are due, and
//! [`deliver`] sends one. If a process dies in between, the message is due again after [`LEASE`]. Receivers may therefore
//! get a message twice, and recognize it by its id.

use crate::audit::{Act, Actor};
use crate::mail::{MailMessage, Notice, UnsubscribeKey};
use crate::ports::{AttemptOutcome, DueDelivery, PortError, PortResult, SendResult, WebhookSender};
use crate::webhooks::{WebhookSecret, sign_message};
use crate::{Gas, PublicUrl};
use gas_shared::job::JobState;
use gas_shared::webhook::WebhookEvent;
use gas_shared::{Job, JobStatus, WebhookId};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::sync::Arc;

/// How long a process has to deliver a message before another one may. An attempt takes 10 seconds at most.
const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// The pauses after failed attempts. The last one is followed by the last attempt, 27.5 hours after the first.
const PAUSES: [SignedDuration; 7] = [
    SignedDuration::from_secs(5),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(5),
    SignedDuration::from_hours(10),
    SignedDuration::from_hours(10),
];

/// How long a webhook may fail. When it has failed for longer and another message is given up, it is disabled.
const MAX_FAILING: SignedDuration = SignedDuration::from_hours(5 * 24);

/// How long deliveries that have ended are listed.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What the process that calls webhooks needs.
#[derive(Clone)]
pub struct WebhookCourier {
    /// The webhooks, the messages and the clock.
    pub gas: Gas,
    /// Sends messages.
    pub sender: Arc<dyn WebhookSender>,
    /// What the secrets of webhooks are derived from.
    pub key: UnsubscribeKey,
}

/// Stores a message about an event for each webhook of the job's owner that reports it, unless they have one. Links in
/// it lead to `site`. Returns how many are new.
///
/// # Errors
/// If a service fails; retry.
pub async fn record_webhook_event(
    gas: &Gas,
    site: &PublicUrl,
    message: &MailMessage,
) -> PortResult<u64> {
    let Some(event) = event_of(message) else { return Ok(0) };
    let owner = message.user_id();
    // Few users have webhooks, and only they cost a read of the job.
    if !gas.webhooks.is_subscribed(owner, event).await? {
        return Ok(0);
    }
    let Some(id) = message.job_id() else { return Ok(0) };
    let job = gas.jobs.store.job(id).await?.filter(|job| job.owner == owner);
    let Some(job) = job else { return Ok(0) };
    // The row decides.
    let Some(at) = at_of(message, &job) else { return Ok(0) };
    let stored = message.event();
    let stored = stored.map_err(|error| PortError::permanent("write a message as JSON", error))?;
    let Some(stored) = stored else { return Ok(0) };
    let body = body(event, &job, at, site).to_string();
    gas.webhooks.record(owner, event, &stored.key, &body, gas.now()).await
}

/// The event that a message reports, if webhooks report it.
fn event_of(message: &MailMessage) -> Option<WebhookEvent> {
    match message {
        MailMessage::JobResult(result) => match result.job_status {
            JobStatus::Completed => Some(WebhookEvent::JobCompleted),
            JobStatus::Failed => Some(WebhookEvent::JobFailed),
            _ => None,
        },
        MailMessage::Notice(Notice::ResultsArchived { .. }) => Some(WebhookEvent::JobArchived),
        MailMessage::Notice(Notice::ResultsRestored { .. }) => Some(WebhookEvent::JobRestored),
        MailMessage::Notice(
            Notice::Welcome { .. } | Notice::PaymentFailed { .. } | Notice::ReferenceBuilt { .. },
        ) => None,
    }
}

/// When the event happened; `None` if the job is not in a state that it can have after it.
fn at_of(message: &MailMessage, job: &Job) -> Option<Timestamp> {
    match (message, &job.state) {
        (MailMessage::JobResult(result), JobState::Completed(done))
            if result.job_status == JobStatus::Completed =>
        {
            Some(done.completed_at)
        }
        (MailMessage::JobResult(result), JobState::Failed(failure))
            if result.job_status == JobStatus::Failed =>
        {
            Some(failure.at)
        }
        (
            MailMessage::Notice(
                Notice::ResultsArchived { at, .. } | Notice::ResultsRestored { at, .. },
            ),
            JobState::Completed(_),
        ) => Some(*at),
        _ => None,
    }
}

/// The body of a message. Receivers rely on its fields; add, but do not rename or remove.
fn body(event: WebhookEvent, job: &Job, at: Timestamp, site: &PublicUrl) -> Value {
    let mut data = json!({
        "job_id": job.id,
        "file_name": job.input.name,
        "status": match job.state {
            JobState::Failed(_) => "failed",
            _ => "completed",
        },
        "links": {
            "page": site.join(&format!("/annotations/{}", job.id)),
            "api": site.join(&format!("/api/v1/jobs/{}", job.id)),
        },
    });
    if let JobState::Failed(failure) = &job.state {
        data["error"] = json!(failure.reason);
    }
    // Whole seconds, as rows store them.
    let at = Timestamp::from_second(at.as_second()).unwrap_or(at);
    json!({ "type": event, "timestamp": at, "data": data })
}

/// Claims messages that are due, at most `limit` and one of each webhook, except for those in `busy`.
///
/// # Errors
/// If the store fails.
pub async fn due_deliveries(
    courier: &WebhookCourier,
    limit: u16,
    busy: &[WebhookId],
) -> PortResult<Vec<DueDelivery>> {
    courier.gas.webhooks.claim(courier.gas.now(), LEASE, limit, busy).await
}

/// Sends a message that [`due_deliveries`] has claimed, and records the outcome.
///
/// # Errors
/// If the outcome cannot be recorded: the message is sent again.
pub async fn deliver(courier: &WebhookCourier, due: &DueDelivery) -> PortResult<AttemptOutcome> {
    let WebhookCourier { gas, sender, key } = courier;
    let secret = WebhookSecret::derive(key, due.webhook);
    let message = sign_message(&secret, due.id, &due.body, gas.now());
    let outcome = outcome(due, sender.send(&due.url, &message).await, gas.now());
    gas.webhooks.settle(due, &outcome, gas.now()).await?;
    if let AttemptOutcome::Disabled { problem } = &outcome {
        tracing::warn!(user_id = %due.owner, webhook_id = %due.webhook, problem, "webhook disabled");
        gas.audit.record(Actor::System, due.owner, Act::WebhookDisabled(due.webhook)).await;
    }
    Ok(outcome)
}

fn outcome(due: &DueDelivery, sent: SendResult, now: Timestamp) -> AttemptOutcome {
    let problem = match sent {
        SendResult::Accepted => return AttemptOutcome::Delivered,
        SendResult::Gone => {
            return AttemptOutcome::Disabled { problem: "HTTP 410: no longer wanted".to_owned() };
        }
        SendResult::Failed { problem } => problem,
    };
    let failed_before = usize::try_from(due.attempt.saturating_sub(1)).unwrap_or(usize::MAX);
    if let Some(pause) = PAUSES.get(failed_before) {
        return AttemptOutcome::Retry { problem, at: now + *pause };
    }
    let is_failing_for_long =
        due.failing_since.is_some_and(|since| now.duration_since(since) >= MAX_FAILING);
    if is_failing_for_long {
        AttemptOutcome::Disabled { problem }
    } else {
        AttemptOutcome::GivenUp { problem }
    }
}

/// Deletes deliveries that ended seven days ago, and returns how many.
///
/// # Errors
/// If the store fails.
pub async fn delete_old_deliveries(gas: &Gas) -> PortResult<u64> {
    gas.webhooks.prune(gas.now() - KEPT).await
}

#[cfg(test)]
#[path = "deliver_webhooks_tests.rs"]
mod tests;
