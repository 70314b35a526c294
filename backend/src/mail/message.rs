//! The messages of queue `mail`.

use super::Notice;
use crate::messages::JobResult;
use crate::ports::{JOB_RESULT_KEYS, MailEvent};
use gas_shared::reference::ReferenceId;
use gas_shared::{JobId, JobStatus, UserId};
use serde_json::Value;

/// A message of queue `mail`, which is subscribed to two topics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailMessage {
    /// A message of topic `job_results`.
    JobResult(JobResult),
    /// A message of topic `notices`.
    Notice(Notice),
}

/// The body of a message belongs to neither topic.
#[derive(Debug, thiserror::Error)]
#[error("the message is neither a job result nor a notice")]
pub struct UnknownMessage(#[source] serde_json::Error);

impl MailMessage {
    /// Parses the body of a message.
    ///
    /// # Errors
    /// [`UnknownMessage`].
    pub fn parse(body: &str) -> Result<Self, UnknownMessage> {
        serde_json::from_str(body).and_then(Self::from_json).map_err(UnknownMessage)
    }

    /// Reads the JSON that [`MailMessage::event`] stored.
    pub(crate) fn from_json(json: Value) -> serde_json::Result<Self> {
        // Only a job result has the job's status at the top level.
        if json.get("job_status").is_some() {
            serde_json::from_value(json).map(Self::JobResult)
        } else {
            serde_json::from_value(json).map(Self::Notice)
        }
    }

    /// The recipient.
    pub fn user_id(&self) -> UserId {
        match self {
            Self::JobResult(result) => result.user_id,
            Self::Notice(notice) => notice.user_id(),
        }
    }

    /// The job that the message is about, if it is about one.
    pub fn job_id(&self) -> Option<JobId> {
        match self {
            Self::JobResult(result) => Some(result.job_id),
            Self::Notice(notice) => notice.job_id(),
        }
    }

    /// The private reference that the message is about, if it is about one.
    pub fn reference(&self) -> Option<&ReferenceId> {
        match self {
            Self::JobResult(_) => None,
            Self::Notice(notice) => notice.reference(),
        }
    }

    /// The event that the user gets one mail about; `None` for a cancelled job, which its owner
    /// cancelled.
    pub(crate) fn event(&self) -> serde_json::Result<Option<MailEvent>> {
        Ok(Some(match self {
            Self::JobResult(result) => match result.job_status {
                JobStatus::Completed | JobStatus::Failed => MailEvent {
                    // A job ends once.
                    key: format!("{JOB_RESULT_KEYS}{}/{}", result.user_id, result.job_id),
                    user: result.user_id,
                    message: serde_json::to_value(result)?,
                },
                _ => return Ok(None),
            },
            Self::Notice(notice) => MailEvent {
                key: notice.key(),
                user: notice.user_id(),
                message: serde_json::to_value(notice)?,
            },
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use std::collections::HashSet;
    use uuid::Uuid;

    fn all() -> Vec<MailMessage> {
        let (job_id, user_id) = (JobId::new(Uuid::from_u128(1)), UserId::new(Uuid::from_u128(2)));
        let at = Timestamp::from_second(1_790_000_000).unwrap();
        let later = Timestamp::from_second(1_790_000_001).unwrap();
        let job_status = JobStatus::Completed;
        let invoice = "in_1".to_owned();
        let built = |build| {
            let reference = "private/GRCh38/mine".parse().unwrap();
            MailMessage::Notice(Notice::ReferenceBuilt { user_id, reference, build })
        };
        vec![
            MailMessage::JobResult(JobResult { job_id, user_id, job_status }),
            MailMessage::Notice(Notice::ResultsArchived { job_id, user_id, at }),
            MailMessage::Notice(Notice::ResultsArchived { job_id, user_id, at: later }),
            MailMessage::Notice(Notice::ResultsRestored { job_id, user_id, at }),
            MailMessage::Notice(Notice::Welcome { user_id, since: at }),
            MailMessage::Notice(Notice::PaymentFailed { user_id, invoice }),
            built(Uuid::from_u128(3)),
            built(Uuid::from_u128(4)),
        ]
    }

    #[test]
    fn each_event_has_a_unique_key_and_is_read_back_from_its_stored_form() {
        let mut keys = HashSet::new();
        for message in all() {
            let event = message.event().unwrap().unwrap();
            assert_eq!(MailMessage::parse(&event.message.to_string()).unwrap(), message);
            assert!(keys.insert(event.key.clone()), "{} is not unique", event.key);
        }
    }

    #[test]
    fn a_cancelled_job_is_not_an_event() {
        let MailMessage::JobResult(result) = all().remove(0) else { panic!("no result") };
        let cancelled = JobResult { job_status: JobStatus::Cancelled, ..result };
        assert_eq!(MailMessage::JobResult(cancelled).event().unwrap(), None);
    }

    #[test]
    fn other_bodies_are_rejected() {
        for body in ["", "hello", "{}", "[]", r#"{"job_id":"x"}"#, r#"{"job_status":"COMPLETED"}"#]
        {
            assert!(MailMessage::parse(body).is_err(), "{body:?}");
        }
    }
}
