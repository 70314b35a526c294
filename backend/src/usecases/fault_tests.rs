//! Archiving, thawing, restoring and deleting with a fault at every step: the process dies, a
//! response is lost, or a call is rejected. Afterwards the message is delivered again, and the file
//! must exist exactly once and be readable, or be gone if it was deleted.

use crate::messages::ThawCompleted;
use crate::testkit::{Fault, TestGas};
use crate::usecases::{
    LoggedFailures, Restorer, announce_result, archive_result, delete_job, finish_deletion,
    handle_start_thaw, reconcile, restore_result, sign_result_link,
};
use gas_shared::job::Results;
use gas_shared::{Account, Job, Plan};

const RESULT: &[u8] = b"##fileformat";

/// How often a message may be delivered after the fault until its work is done.
const MAX_DELIVERIES: u32 = 3;

/// The work that a message requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    Archive,
    Thaw,
    Restore,
    Delete,
}

impl Work {
    const ALL: [Self; 4] = [Self::Archive, Self::Thaw, Self::Restore, Self::Delete];

    /// The fewest effects that the work has on the outside world.
    fn min_effects(self) -> u32 {
        match self {
            // Begin, record, upload, record, notice, delete, record.
            Self::Archive => 7,
            // Start, record.
            Self::Thaw => 2,
            // Write, record, notice, delete the copy.
            Self::Restore => 4,
            // Replace the row, delete the copy, delete objects, record.
            Self::Delete => 4,
        }
    }
}

struct Case {
    test: TestGas,
    ada: Account,
    job: Job,
}

impl Case {
    /// A job that is ready for the work.
    async fn ready_for(work: Work) -> Self {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        let job = test.completed_job_with(&ada, RESULT).await;
        announce_result(&*test.gas.job_results, &job).await.unwrap();
        test.clock.advance_secs(180);
        let case = Self { test, ada, job };
        if work != Work::Archive {
            case.attempt(Work::Archive).await.unwrap();
        }
        if matches!(work, Work::Thaw | Work::Restore) {
            case.test.set_plan(&case.ada, Plan::Premium);
        }
        if work == Work::Restore {
            case.attempt(Work::Thaw).await.unwrap();
        }
        case
    }

    /// Does the work once, as the consumer of its message does.
    async fn attempt(&self, work: Work) -> Result<(), String> {
        let (gas, id) = (&self.test.gas, self.job.id);
        match work {
            Work::Archive => archive_result(gas, id).await.map(drop).map_err(text),
            Work::Thaw => {
                let message = format!("{{\"user_id\":\"{}\"}}", self.ada.id);
                handle_start_thaw(gas, &message).await.map_err(text)
            }
            Work::Restore => self.complete_retrievals().await,
            Work::Delete => {
                // A repeated request finds the row gone once the deletion is complete.
                let _ = delete_job(gas, self.ada.id, id).await;
                finish_deletion(gas, id).await.map(drop).map_err(text)
            }
        }
    }

    /// Delivers the completion of every retrieval that was started.
    async fn complete_retrievals(&self) -> Result<(), String> {
        let restorer = Restorer::from(&self.test.gas);
        for (number, (job_id, archive_id, _)) in (1..).zip(self.test.archive.retrievals()) {
            let retrieval_id = format!("retrieval-{number}");
            let done = ThawCompleted { job_id, archive_id, retrieval_id, succeeded: true };
            restore_result(&restorer, &done).await.map_err(text)?;
        }
        Ok(())
    }

    /// Brings the result back to S3 and reads it.
    async fn retrieve(&self) -> Vec<u8> {
        self.test.set_plan(&self.ada, Plan::Premium);
        self.attempt(Work::Thaw).await.unwrap();
        self.attempt(Work::Restore).await.unwrap();
        assert_eq!(self.test.copies_in_s3_and_archive(), (1, 0));
        sign_result_link(&self.test.gas, self.ada.id, self.job.id).await.unwrap();
        let results = self.test.results(self.job.id);
        self.test.objects.get(&results.stored().unwrap().file).unwrap()
    }

    /// Asserts that the work is done, and done once.
    async fn assert_done(&self, work: Work, context: &str) {
        if work == Work::Delete {
            self.test.clock.advance_secs(25 * 60 * 60);
            reconcile(&self.test.gas, &mut LoggedFailures::default()).await.unwrap();
            let id = self.job.id;
            assert!(self.test.jobs.get(id).is_none(), "{context}");
            assert!(self.test.jobs.tombstone_of(id).is_none(), "{context}");
            assert!(self.test.objects.with_key(&id.to_string()).is_empty(), "{context}");
            assert_eq!(self.test.archive.copies(), 0, "{context}");
            return;
        }
        let (results, copies) =
            (self.test.results(self.job.id), self.test.copies_in_s3_and_archive());
        let expected = match work {
            Work::Archive => matches!(results, Results::Archived { leftover: None, .. }),
            Work::Thaw => matches!(results, Results::Thawing { .. }),
            Work::Restore | Work::Delete => matches!(results, Results::Stored(_)),
        };
        assert!(expected, "{context}: {results:?}");
        let once = if work == Work::Restore { (1, 0) } else { (0, 1) };
        assert_eq!(copies, once, "{context}");
        assert_eq!(self.retrieve().await, RESULT, "{context}");
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[tokio::test]
async fn after_a_fault_at_any_step_a_redelivery_leaves_the_file_exactly_once() {
    for work in Work::ALL {
        for fault in Fault::ALL {
            for step in 1.. {
                let context = format!("{work:?} with {fault:?} at step {step}");
                let case = Case::ready_for(work).await;
                case.test.crash.inject(fault, step);
                // Not every fault is an error: a lost live event, for example, is only logged.
                let _ = case.attempt(work).await;
                if !case.test.crash.recover() {
                    assert!(step > work.min_effects(), "{context}: the work has more steps");
                    break;
                }
                if work != Work::Delete {
                    let (stored, copies) = case.test.copies_in_s3_and_archive();
                    assert!(stored + copies >= 1, "{context}: the file is lost");
                }
                let mut deliveries = 1;
                while let Err(error) = case.attempt(work).await {
                    assert!(deliveries < MAX_DELIVERIES, "{context}: {error}");
                    deliveries += 1;
                }
                case.assert_done(work, &context).await;
            }
        }
    }
}
