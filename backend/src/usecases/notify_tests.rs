//! Tests of mails: one per event, preferences, retries and outdated events.

use super::*;
use crate::mail::Notice;
use crate::messages::JobResult;
use crate::ports::MailPreferences;
use crate::testkit::{TestGas, TestMail, outbox_contract};
use crate::usecases::{archive_result, cancel_job, fail_job, job_left};
use gas_shared::job::FailureKind;
use gas_shared::{Account, Job, JobMailKind, JobMails, JobStatus, Plan, UserId};
use uuid::Uuid;

struct Case {
    test: TestGas,
    mail: TestMail,
    ada: Account,
}

impl Case {
    fn new(plan: Plan) -> Self {
        let test = TestGas::new();
        let mail = TestMail::new(&test);
        let ada = test.user("ada", plan);
        Self { test, mail, ada }
    }

    async fn done(plan: Plan) -> (Self, MailMessage) {
        let case = Self::new(plan);
        let job = case.test.completed_job(&case.ada).await;
        (case, result_of(&job))
    }

    async fn notify(&self, message: &MailMessage) -> Result<Notified, NotifyError> {
        notify(&self.mail.notifier, message).await
    }

    fn subjects(&self) -> Vec<String> {
        self.mail.mailer.sent().into_iter().map(|mail| mail.subject).collect()
    }
}

fn result_of(job: &Job) -> MailMessage {
    let job_status = job.status();
    MailMessage::JobResult(JobResult { job_id: job.id, user_id: job.owner, job_status })
}

#[tokio::test]
async fn the_in_memory_outbox_keeps_the_outbox_contract() {
    let case = Case::new(Plan::Free);
    outbox_contract(&*case.mail.outbox, case.ada.id).await;
}

#[tokio::test]
async fn a_message_that_is_delivered_ten_times_sends_one_mail() {
    let (case, message) = Case::done(Plan::Free).await;
    assert_eq!(case.notify(&message).await.unwrap(), Notified::Sent);
    for _ in 0..9 {
        assert_eq!(case.notify(&message).await.unwrap(), Notified::AlreadyHandled);
    }
    let sent = case.mail.mailer.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].to.as_str(), "ada@example.org");
}

#[tokio::test]
async fn ten_concurrent_deliveries_send_one_mail() {
    let (case, message) = Case::done(Plan::Free).await;
    let deliveries = (0..10).map(|_| case.notify(&message));
    let outcomes = futures::future::join_all(deliveries).await;
    let outcomes: Vec<_> = outcomes.into_iter().map(Result::unwrap).collect();
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Notified::Sent).count(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Notified::Busy).count(), 9);
    assert_eq!(case.subjects().len(), 1);
}

#[tokio::test]
async fn a_crash_at_any_step_loses_no_mail() {
    // The steps: claim, send, mark as sent.
    for (effects, mails) in [(1, 1), (2, 2), (3, 1)] {
        let (case, message) = Case::done(Plan::Free).await;
        case.test.crash.after(effects);
        case.notify(&message).await.unwrap_err();
        assert!(case.test.crash.recover());
        let again = case.notify(&message).await.unwrap();
        if effects < 3 {
            assert_eq!(again, Notified::Busy, "the lease of the dead process has not ended");
            case.test.clock.advance_secs(MAIL_CLAIM_DURATION.as_secs());
            assert_eq!(case.notify(&message).await.unwrap(), Notified::Sent);
        } else {
            assert_eq!(again, Notified::AlreadyHandled);
        }
        // SES has no idempotency key that would suppress the second mail.
        assert_eq!(case.subjects().len(), mails, "after {effects} steps");
    }
}

#[tokio::test]
async fn a_throttled_mail_is_sent_later_from_the_outbox() {
    let (case, message) = Case::done(Plan::Free).await;
    let minute = SignedDuration::from_mins(1);
    case.mail.mailer.throttle(true);
    for _ in 0..3 {
        case.notify(&message).await.unwrap_err();
    }
    assert_eq!(unsent_mails(&case.mail.notifier, minute).await.unwrap(), [], "too early");
    case.test.clock.advance_secs(60);
    let unsent = unsent_mails(&case.mail.notifier, minute).await.unwrap();
    assert_eq!(unsent, std::slice::from_ref(&message));

    case.mail.mailer.throttle(false);
    assert_eq!(case.notify(&unsent[0]).await.unwrap(), Notified::Sent);
    assert_eq!(unsent_mails(&case.mail.notifier, minute).await.unwrap(), []);
    assert_eq!(case.notify(&message).await.unwrap(), Notified::AlreadyHandled);
    assert_eq!(case.mail.outbox.errors(), []);
}

#[tokio::test]
async fn a_mail_that_cannot_be_sent_for_a_day_is_given_up() {
    let (case, message) = Case::done(Plan::Free).await;
    case.mail.mailer.throttle(true);
    case.notify(&message).await.unwrap_err();
    case.test.clock.advance_secs(24 * 3600);
    assert!(matches!(case.notify(&message).await.unwrap(), Notified::GivenUp(_)));
    assert_eq!(case.notify(&message).await.unwrap(), Notified::AlreadyHandled);
    assert_eq!(case.mail.outbox.errors().len(), 1);
}

#[tokio::test]
async fn a_rejected_address_is_recorded_and_not_retried() {
    let (case, message) = Case::done(Plan::Free).await;
    case.mail.mailer.reject("ada@example.org");
    let rejected = Notified::GivenUp("the address is rejected".to_owned());
    assert_eq!(case.notify(&message).await.unwrap(), rejected);
    assert_eq!(case.notify(&message).await.unwrap(), Notified::AlreadyHandled);
    case.test.clock.advance_secs(3600);
    let unsent = unsent_mails(&case.mail.notifier, SignedDuration::from_mins(1)).await.unwrap();
    assert_eq!(unsent, []);
    assert_eq!(case.mail.outbox.errors()[0].1, "the address is rejected");
}

#[tokio::test]
async fn a_list_of_addresses_gets_no_mail() {
    let (case, message) = Case::done(Plan::Free).await;
    let email = "ada@example.org, eve@example.org".to_owned();
    case.test.accounts.put(Account { email, ..case.ada.clone() });
    assert!(matches!(case.notify(&message).await.unwrap(), Notified::GivenUp(_)));
    assert_eq!(case.subjects().len(), 0);
}

#[tokio::test]
async fn an_unsubscribed_user_gets_only_mail_about_plan_and_payments() {
    let (case, message) = Case::done(Plan::Premium).await;
    case.mail.preferences.set_job_mails(case.ada.id, JobMails::NONE).await.unwrap();
    assert!(matches!(case.notify(&message).await.unwrap(), Notified::GivenUp(_)));
    let user_id = case.ada.id;
    let since = case.test.gas.now();
    let invoice = "in_1".to_owned();
    for notice in [Notice::Welcome { user_id, since }, Notice::PaymentFailed { user_id, invoice }] {
        assert_eq!(case.notify(&MailMessage::Notice(notice)).await.unwrap(), Notified::Sent);
    }
    assert!(case.mail.mailer.sent().iter().all(|mail| mail.unsubscribe.is_none()));
}

#[tokio::test]
async fn a_cancelled_job_sends_nothing() {
    let case = Case::new(Plan::Free);
    let job = case.test.pending_job(&case.ada).await;
    cancel_job(&case.test.gas, case.ada.id, job.id).await.unwrap();
    let message = result_of(&case.test.job(job.id));
    assert_eq!(case.notify(&message).await.unwrap(), Notified::NotNeeded);
    // Not even if a message says that the job ended, since the row decides.
    let JobStatus::Cancelled = case.test.job(job.id).status() else { panic!("not cancelled") };
    let (job_id, user_id, job_status) = (job.id, case.ada.id, JobStatus::Completed);
    let wrong = MailMessage::JobResult(JobResult { job_id, user_id, job_status });
    assert!(matches!(case.notify(&wrong).await.unwrap(), Notified::GivenUp(_)));
    assert_eq!(case.subjects().len(), 0);
}

#[tokio::test]
async fn a_missing_user_or_job_gets_no_mail() {
    let case = Case::new(Plan::Free);
    let nobody = UserId::new(Uuid::from_u128(9));
    let nothing = gas_shared::JobId::new(Uuid::from_u128(9));
    for (user_id, job_id) in [(nobody, nothing), (case.ada.id, nothing)] {
        let at = case.test.gas.now();
        let notice = Notice::ResultsRestored { job_id, user_id, at };
        let outcome = case.notify(&MailMessage::Notice(notice)).await.unwrap();
        assert!(matches!(outcome, Notified::GivenUp(_)), "{outcome:?}");
        // A later time makes another event.
        case.test.clock.advance_secs(1);
    }
    assert_eq!(case.subjects().len(), 0);
    assert_eq!(
        case.mail.outbox.errors().len(),
        1,
        "nothing is recorded for a user without a profile"
    );
}

#[tokio::test]
async fn there_is_no_mail_about_another_users_job() {
    let (case, message) = Case::done(Plan::Free).await;
    let eve = case.test.user("eve", Plan::Free);
    let MailMessage::JobResult(result) = message else { panic!("no result") };
    let wrong = MailMessage::JobResult(JobResult { user_id: eve.id, ..result });
    assert!(matches!(case.notify(&wrong).await.unwrap(), Notified::GivenUp(_)));
    assert_eq!(case.subjects().len(), 0);
}

#[tokio::test]
async fn a_mail_about_archiving_is_sent_only_while_the_result_is_archived() {
    let (case, message) = Case::done(Plan::Free).await;
    let MailMessage::JobResult(result) = message else { panic!("no result") };
    case.test.clock.advance_secs(181);
    archive_result(&case.test.gas, result.job_id).await.unwrap();
    let body = case.test.notices.bodies().remove(0);
    let archived = MailMessage::parse(&body).unwrap();

    let before = case.ada.clone();
    case.test.set_plan(&before, Plan::Premium);
    assert!(matches!(case.notify(&archived).await.unwrap(), Notified::GivenUp(_)));

    // The same with an owner who stays on Free.
    let case = Case { mail: TestMail::new(&case.test), ..case };
    case.test.set_plan(&before, Plan::Free);
    assert_eq!(case.notify(&archived).await.unwrap(), Notified::Sent);
    assert_eq!(case.subjects(), ["Results archived: a.vcf"]);
}

#[tokio::test]
async fn the_mail_about_a_failed_job_has_its_reason() {
    let case = Case::new(Plan::Free);
    let job = case.test.pending_job(&case.ada).await;
    let reason = "line 3: POS is \"x\"".to_owned();
    let failed =
        fail_job(&case.test.gas.jobs, job.id, None, FailureKind::Input, reason).await.unwrap();
    assert_eq!(case.notify(&result_of(&failed)).await.unwrap(), Notified::Sent);
    let mail = case.mail.mailer.sent().remove(0);
    assert_eq!(mail.subject, "Annotation failed: a.vcf");
    assert!(mail.text.contains("line 3: POS is \"x\""));
}

#[tokio::test]
async fn each_kind_of_mail_is_turned_off_on_its_own() {
    let (case, completed) = Case::done(Plan::Premium).await;
    let job = case.test.pending_job(&case.ada).await;
    let jobs = &case.test.gas.jobs;
    let failed = fail_job(jobs, job.id, None, FailureKind::Input, "no".to_owned()).await.unwrap();
    let wanted = JobMails::ALL.with(JobMailKind::Completed, false);
    case.mail.preferences.set_job_mails(case.ada.id, wanted).await.unwrap();
    assert!(matches!(case.notify(&completed).await.unwrap(), Notified::GivenUp(_)));
    assert_eq!(case.notify(&result_of(&failed)).await.unwrap(), Notified::Sent);
    assert_eq!(case.subjects(), ["Annotation failed: a.vcf"]);
}

/// Jobs of a Premium user that have ended, of which none has left the list of active jobs, with their messages.
async fn ended_jobs(case: &Case, count: usize) -> Vec<(Job, MailMessage)> {
    let mut jobs = Vec::new();
    for _ in 0..count {
        let job = case.test.completed_job(&case.ada).await;
        let message = result_of(&job);
        jobs.push((job, message));
    }
    jobs
}

impl Case {
    /// Handles the end of a job, as the utility node does.
    async fn ends(&self, (job, message): &(Job, MailMessage)) -> Result<Notified, NotifyError> {
        job_left(&self.test.gas, job.id).await.unwrap();
        self.notify(message).await
    }
}

#[tokio::test]
async fn jobs_that_end_together_give_one_mail() {
    let case = Case::new(Plan::Premium);
    let jobs = ended_jobs(&case, 10).await;
    for job in &jobs[..9] {
        assert_eq!(case.ends(job).await.unwrap(), Notified::Waiting);
        assert_eq!(case.ends(job).await.unwrap(), Notified::Waiting, "a repeated message");
    }
    assert_eq!(case.subjects(), [""; 0]);
    assert_eq!(case.ends(&jobs[9]).await.unwrap(), Notified::Sent);
    assert_eq!(case.subjects(), ["Results ready: a.vcf and 9 more"]);
    let text = case.mail.mailer.sent().remove(0).text;
    assert!(jobs.iter().all(|(job, _)| text.contains(&job.id.to_string())), "{text}");
    for job in &jobs {
        assert_eq!(case.ends(job).await.unwrap(), Notified::AlreadyHandled);
    }
    case.test.clock.advance_secs(RESEND_AFTER.as_secs());
    assert_eq!(resend_mails(&case.mail.notifier).await.unwrap(), 0);
}

#[tokio::test]
async fn a_few_jobs_and_short_windows_give_a_mail_each() {
    let case = Case::new(Plan::Premium);
    for job in ended_jobs(&case, 4).await {
        assert_eq!(case.ends(&job).await.unwrap(), Notified::Sent);
    }
    // Results of Free users can be downloaded for three minutes here.
    let case = Case::new(Plan::Free);
    for job in ended_jobs(&case, 6).await {
        assert_eq!(case.ends(&job).await.unwrap(), Notified::Sent);
    }
    assert_eq!(case.subjects().len(), 6);
}

#[tokio::test]
async fn mails_wait_for_ten_minutes_at_most() {
    let case = Case::new(Plan::Premium);
    let jobs = ended_jobs(&case, 8).await;
    for job in &jobs[..3] {
        assert_eq!(case.ends(job).await.unwrap(), Notified::Waiting);
    }
    case.test.clock.advance_secs(RESEND_AFTER.as_secs() - 1);
    assert_eq!(resend_mails(&case.mail.notifier).await.unwrap(), 0);
    case.test.clock.advance_secs(1);
    assert_eq!(resend_mails(&case.mail.notifier).await.unwrap(), 1);
    assert_eq!(case.subjects(), ["Results ready: a.vcf and 2 more"]);

    // The mail about one job says more about it.
    assert_eq!(case.ends(&jobs[3]).await.unwrap(), Notified::Waiting);
    case.test.clock.advance_secs(RESEND_AFTER.as_secs());
    assert_eq!(resend_mails(&case.mail.notifier).await.unwrap(), 1);
    assert_eq!(case.subjects()[1], "Results ready: a.vcf");
}

#[tokio::test]
async fn a_crash_at_any_step_of_a_batch_loses_no_mail() {
    // The steps of the last job: hold, claim, send, mark as sent.
    for (effects, mails) in [(1, 1), (2, 1), (3, 2), (4, 1)] {
        let case = Case::new(Plan::Premium);
        let jobs = ended_jobs(&case, 6).await;
        for job in &jobs[..5] {
            assert_eq!(case.ends(job).await.unwrap(), Notified::Waiting);
        }
        let (last, message) = &jobs[5];
        job_left(&case.test.gas, last.id).await.unwrap();
        case.test.crash.after(effects);
        case.notify(message).await.unwrap_err();
        assert!(case.test.crash.recover());
        case.test.clock.advance_secs(RESEND_AFTER.as_secs());
        let sent = resend_mails(&case.mail.notifier).await.unwrap();
        assert_eq!(sent, usize::from(effects < 4), "after {effects} steps");
        let subjects = case.subjects();
        assert_eq!(subjects, vec!["Results ready: a.vcf and 5 more"; mails]);
    }
}

#[tokio::test]
async fn a_throttled_batch_is_sent_later_and_jobs_that_are_deleted_are_left_out() {
    let case = Case::new(Plan::Premium);
    let jobs = ended_jobs(&case, 6).await;
    for job in &jobs[..5] {
        case.ends(job).await.unwrap();
    }
    case.mail.mailer.throttle(true);
    case.ends(&jobs[5]).await.unwrap_err();
    case.mail.mailer.throttle(false);
    crate::usecases::delete_job(&case.test.gas, case.ada.id, jobs[0].0.id).await.unwrap();
    assert_eq!(case.ends(&jobs[5]).await.unwrap(), Notified::Sent);
    assert_eq!(case.subjects(), ["Results ready: a.vcf and 4 more"]);
    let errors = case.mail.outbox.errors();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0].1, "the job does not exist");
}
