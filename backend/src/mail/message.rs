//! What comes in queue `mail`, and the name of the event that each message tells of.

use crate::messages::{JobResult, Notice};
use crate::ports::MailEvent;
use gas_shared::{JobId, JobStatus, UserId};
use jiff::Timestamp;
use serde_json::Value;

/// A message of queue `mail`, which is subscribed to two topics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailMessage {
    /// Of topic `job_results`.
    JobResult(JobResult),
    /// Of topic `notices`.
    Notice(Notice),
}

/// A body that is of neither topic.
#[derive(Debug, thiserror::Error)]
#[error("the message is neither a job result nor a notice")]
pub struct UnknownMessage(#[source] serde_json::Error);

impl MailMessage {
    /// Reads a body.
    ///
    /// # Errors
    /// [`UnknownMessage`].
    pub fn parse(body: &str) -> Result<Self, UnknownMessage> {
        serde_json::from_str(body).and_then(Self::from_json).map_err(UnknownMessage)
    }

    /// Reads what [`MailMessage::event`] stored.
    pub(crate) fn from_json(json: Value) -> serde_json::Result<Self> {
        // Only a job result has its job at the top.
        if json.get("job_status").is_some() {
            serde_json::from_value(json).map(Self::JobResult)
        } else {
            serde_json::from_value(json).map(Self::Notice)
        }
    }

    /// The event that the user is told of by mail; `None` where there is nothing to tell: who
    /// cancelled a job knows.
    pub(crate) fn event(&self) -> serde_json::Result<Option<MailEvent>> {
        let (key, user, message) = match self {
            Self::JobResult(result) => match result.job_status {
                JobStatus::Completed | JobStatus::Failed => (
                    // A job ends once.
                    format!("job-result/{}/{}", result.user_id, result.job_id),
                    result.user_id,
                    serde_json::to_value(result)?,
                ),
                _ => return Ok(None),
            },
            Self::Notice(notice) => {
                let (key, user) = notice_key(notice);
                (key, user, serde_json::to_value(notice)?)
            }
        };
        Ok(Some(MailEvent { key, user, message }))
    }
}

/// Times in rows are whole seconds, and a message may have a finer one of the same event.
fn notice_key(notice: &Notice) -> (String, UserId) {
    let of_job = |what: &str, user: &UserId, job: &JobId, at: Timestamp| {
        (format!("{what}/{user}/{job}/{}", at.as_second()), *user)
    };
    match notice {
        Notice::ResultsArchived { job_id, user_id, at } => {
            of_job("results-archived", user_id, job_id, *at)
        }
        Notice::ResultsRestored { job_id, user_id, at } => {
            of_job("results-restored", user_id, job_id, *at)
        }
        Notice::Welcome { user_id, since } => {
            (format!("welcome/{user_id}/{}", since.as_second()), *user_id)
        }
        // Stripe tries an invoice several times; the user is told once.
        Notice::PaymentFailed { user_id, invoice } => {
            (format!("payment-failed/{user_id}/{invoice}"), *user_id)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use uuid::Uuid;

    fn all() -> Vec<MailMessage> {
        let (job_id, user_id) = (JobId::new(Uuid::from_u128(1)), UserId::new(Uuid::from_u128(2)));
        let at = Timestamp::from_second(1_790_000_000).unwrap();
        let later = Timestamp::from_second(1_790_000_001).unwrap();
        let job_status = JobStatus::Completed;
        let invoice = "in_1".to_owned();
        vec![
            MailMessage::JobResult(JobResult { job_id, user_id, job_status }),
            MailMessage::Notice(Notice::ResultsArchived { job_id, user_id, at }),
            MailMessage::Notice(Notice::ResultsArchived { job_id, user_id, at: later }),
            MailMessage::Notice(Notice::ResultsRestored { job_id, user_id, at }),
            MailMessage::Notice(Notice::Welcome { user_id, since: at }),
            MailMessage::Notice(Notice::PaymentFailed { user_id, invoice }),
        ]
    }

    #[test]
    fn each_event_has_a_key_of_its_own_and_is_read_back_from_what_is_stored() {
        let mut keys = HashSet::new();
        for message in all() {
            let event = message.event().unwrap().unwrap();
            assert_eq!(MailMessage::parse(&event.message.to_string()).unwrap(), message);
            assert!(keys.insert(event.key.clone()), "{} is not the only one", event.key);
        }
    }

    #[test]
    fn an_event_told_of_with_a_finer_time_is_the_same_event() {
        let at = |ms| Timestamp::from_millisecond(ms).unwrap();
        let user_id = UserId::new(Uuid::from_u128(2));
        let key = |since| notice_key(&Notice::Welcome { user_id, since }).0;
        assert_eq!(key(at(1_790_000_000_700)), key(at(1_790_000_000_000)));
    }

    #[test]
    fn a_cancelled_job_is_no_event() {
        let MailMessage::JobResult(result) = all().remove(0) else { panic!("no result") };
        let cancelled = JobResult { job_status: JobStatus::Cancelled, ..result };
        assert_eq!(MailMessage::JobResult(cancelled).event().unwrap(), None);
    }

    #[test]
    fn other_bodies_are_refused() {
        for body in ["", "hello", "{}", "[]", r#"{"job_id":"x"}"#, r#"{"job_status":"COMPLETED"}"#]
        {
            assert!(MailMessage::parse(body).is_err(), "{body:?}");
        }
    }
}
