//! Snapshots of all mails in both forms, and properties of all mails.

use super::*;
use crate::messages::JobResult;
use crate::ports::Mail;
use crate::testkit::unsubscribe_key;
use gas_shared::job::{
    Archived, Completion, Failure, FailureKind, Input, JobState, NotAnnotated, ObjectLocation,
    Organization, Results, Retention, Stored, StoredOptions,
};
use gas_shared::private_reference::{
    BuiltReference, PrivateReference, PrivateReferenceState, UploadedSource,
};
use gas_shared::reference::{GeneSet, ReferenceChoice, Sha256, TranscriptCounts};
use gas_shared::{
    Account, FileName, Job, JobId, JobMailKind, JobMails, JobStatus, Plan, Provenance, UsedSource,
    UserId,
};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

const HOSTILE: &str = "</p><img src=x onerror=alert(1)> & Co.vcf";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn completed_at() -> Timestamp {
    at("2026-11-24T14:00:00Z")
}

fn account(plan: Plan) -> Account {
    Account {
        id: UserId::new(Uuid::from_u128(0xada)),
        name: "Ada Lovelace".to_owned(),
        email: "ada@example.org".to_owned(),
        institution: String::new(),
        plan,
        time_zone: None,
    }
}

fn in_chicago() -> Account {
    Account { time_zone: Some("America/Chicago".to_owned()), ..account(Plan::Free) }
}

fn file(key: &str) -> ObjectLocation {
    ObjectLocation { bucket: "gas-results".to_owned(), key: key.to_owned() }
}

fn job(name: &str, state: JobState) -> Job {
    Job {
        id: JobId::new(Uuid::from_u128(0x10b)),
        owner: account(Plan::Free).id,
        input: Input {
            name: FileName::parse(name).unwrap(),
            file: file("secret-key-of-the-input"),
            size: Some(20),
            etag: None,
            uploaded_at: None,
        },
        options: StoredOptions::default(),
        organization: Organization::default(),
        submitted_at: at("2026-11-24T13:58:00Z"),
        version: 4,
        reconciled_at: None,
        retention: Retention::default(),
        trace: None,
        state,
    }
}

fn completed(results: Results) -> JobState {
    JobState::Completed(Completion {
        started_at: at("2026-11-24T13:59:00Z"),
        completed_at: completed_at(),
        records: 1204,
        not_annotated: None,
        provenance: None,
        results,
        result_size: 4096,
        log: file("secret-key-of-the-log"),
    })
}

fn partly_annotated(results: Results) -> JobState {
    let JobState::Completed(done) = completed(results) else { unreachable!() };
    let not_annotated = Some(NotAnnotated {
        outside_reference: 200,
        ref_mismatch: 1,
        not_a_variant: 3,
        ..NotAnnotated::default()
    });
    let provenance = Some(Provenance {
        reference: "homo_sapiens/GRCh38/ensembl-115".parse().unwrap(),
        reference_sha256: Sha256::from_bytes([1; 32]),
        assembly: "GRCh38".to_owned(),
        gene_set: Some(GeneSet { name: "Ensembl".to_owned(), release: "115".to_owned() }),
        engine: Some("gas-annotate 0.1.0".to_owned()),
        sources: vec![UsedSource {
            id: "clinvar/GRCh38/2026-11".parse().unwrap(),
            label: "ClinVar 2026-11".to_owned(),
            sha256: Sha256::from_bytes([2; 32]),
        }],
    });
    JobState::Completed(Completion { not_annotated, provenance, ..done })
}

fn stored(until: Option<Timestamp>, restored_at: Option<Timestamp>) -> Results {
    Results::Stored(Stored { file: file("secret-key-of-the-result"), until, restored_at })
}

fn window() -> Results {
    stored(Some(completed_at() + SignedDuration::from_secs(180)), None)
}

fn archived() -> Results {
    let archived = Archived {
        id: "archive-1".to_owned(),
        tree_hash: "ab".to_owned(),
        at: at("2026-11-24T14:03:05Z"),
    };
    Results::Archived { archived, leftover: None }
}

fn failed(kind: FailureKind, reason: &str) -> JobState {
    JobState::Failed(Failure {
        at: completed_at(),
        kind,
        reason: reason.to_owned(),
        code: None,
        mismatch: None,
    })
}

fn result(job: &Job) -> MailMessage {
    let job_status: JobStatus = job.status();
    MailMessage::JobResult(JobResult { job_id: job.id, user_id: job.owner, job_status })
}

fn restored(job: &Job) -> MailMessage {
    let at = at("2026-11-25T09:00:00Z");
    MailMessage::Notice(Notice::ResultsRestored { job_id: job.id, user_id: job.owner, at })
}

fn archived_notice(job: &Job) -> MailMessage {
    let at = at("2026-11-24T14:03:05Z");
    MailMessage::Notice(Notice::ResultsArchived { job_id: job.id, user_id: job.owner, at })
}

fn reference(state: PrivateReferenceState) -> PrivateReference {
    let source = |file_name: &str| UploadedSource {
        file_name: file_name.to_owned(),
        size: 4,
        upload_id: "secret-key-of-an-upload".to_owned(),
    };
    PrivateReference {
        owner: account(Plan::Premium).id,
        id: "private/GRCh38/mine".parse().unwrap(),
        build: Uuid::from_u128(0xb01d),
        version: 3,
        added_at: at("2026-11-24T13:00:00Z"),
        changed_at: completed_at(),
        fasta: source("genome.fa"),
        gene_models: source("genes.gff3"),
        state,
    }
}

fn ready(notes: &[&str]) -> PrivateReference {
    let choice = ReferenceChoice {
        id: "private/GRCh38/mine".parse().unwrap(),
        sha256: Sha256::from_bytes([3; 32]),
        species: String::new(),
        assembly: "GRCh38".to_owned(),
        gene_set: None,
        genes: 1,
        transcripts: TranscriptCounts { all: 20_500, ..TranscriptCounts::default() },
        contig_count: 25,
        contigs: Vec::new(),
        attribution: None,
        license: None,
    };
    let notes = notes.iter().map(|note| (*note).to_owned()).collect();
    let built = BuiltReference { choice, bytes: 4096, engine_format: None, notes };
    reference(PrivateReferenceState::Ready(Box::new(built)))
}

fn broken(reason: &str) -> PrivateReference {
    reference(PrivateReferenceState::Failed { reason: reason.to_owned() })
}

fn reference_built(reference: &PrivateReference) -> MailMessage {
    let PrivateReference { owner, id, build, .. } = reference.clone();
    MailMessage::Notice(Notice::ReferenceBuilt { user_id: owner, reference: id, build })
}

fn compose(message: &MailMessage, account: &Account, job: Option<&Job>) -> Mail {
    compose_about(message, account, job.map_or(MailSubject::Account, MailSubject::Job)).unwrap()
}

fn compose_built(reference: &PrivateReference) -> Mail {
    let subject = MailSubject::PrivateReference(reference);
    compose_about(&reference_built(reference), &account(Plan::Premium), subject).unwrap()
}

fn compose_about(
    message: &MailMessage,
    account: &Account,
    subject: MailSubject<'_>,
) -> Result<Mail, ComposeError> {
    let composer =
        Composer { site: "https://gas.example.org".parse().unwrap(), key: unsubscribe_key() };
    let now = completed_at() + SignedDuration::from_secs(2);
    composer.compose(message, account, JobMails::ALL, subject, now)
}

fn digest(account: &Account, wanted: JobMails, jobs: &[&Job]) -> Digest {
    let composer =
        Composer { site: "https://gas.example.org".parse().unwrap(), key: unsubscribe_key() };
    let now = completed_at() + SignedDuration::from_secs(2);
    let jobs: Vec<Option<&Job>> = jobs.iter().copied().map(Some).collect();
    composer.compose_digest(account, wanted, &jobs, now).unwrap()
}

/// Every mail, with the name of its snapshots.
fn all(file_name: &str, reason: &str) -> Vec<(&'static str, Mail)> {
    let (free, premium) = (account(Plan::Free), account(Plan::Premium));
    let user_id = free.id;
    let of = |results| job(file_name, completed(results));
    let (in_window, kept, gone) = (of(window()), of(stored(None, None)), of(archived()));
    let past = of(stored(Some(completed_at()), None));
    let partly = job(file_name, partly_annotated(window()));
    let back = of(stored(None, Some(at("2026-11-25T09:00:00Z"))));
    let bad = job(file_name, failed(FailureKind::Input, reason));
    let ours = job(file_name, failed(FailureKind::Service, reason));
    let welcome = MailMessage::Notice(Notice::Welcome { user_id, since: completed_at() });
    let invoice = "in_1PgafyB7".to_owned();
    let unpaid = MailMessage::Notice(Notice::PaymentFailed { user_id, invoice });
    vec![
        ("results_ready_free", compose(&result(&in_window), &free, Some(&in_window))),
        ("results_ready_chicago", compose(&result(&in_window), &in_chicago(), Some(&in_window))),
        ("results_ready_premium", compose(&result(&kept), &premium, Some(&kept))),
        ("results_ready_late", compose(&result(&past), &free, Some(&past))),
        ("results_ready_archived", compose(&result(&gone), &free, Some(&gone))),
        ("results_ready_warnings", compose(&result(&partly), &free, Some(&partly))),
        ("job_failed_input", compose(&result(&bad), &free, Some(&bad))),
        ("job_failed_service", compose(&result(&ours), &free, Some(&ours))),
        ("results_archived", compose(&archived_notice(&gone), &free, Some(&gone))),
        ("results_restored", compose(&restored(&back), &premium, Some(&back))),
        ("results_restored_free", compose(&restored(&in_window), &free, Some(&in_window))),
        ("jobs_ended", digest(&premium, JobMails::ALL, &[&kept, &bad, &partly]).mail),
        ("jobs_ended_free", digest(&free, JobMails::ALL, &[&in_window, &past, &gone]).mail),
        ("jobs_ended_failed", digest(&free, JobMails::ALL, &[&bad, &ours]).mail),
        ("welcome", compose(&welcome, &premium, None)),
        ("payment_failed", compose(&unpaid, &premium, None)),
        ("payment_failed_free", compose(&unpaid, &free, None)),
        ("reference_ready", compose_built(&ready(&[]))),
        ("reference_ready_notes", compose_built(&ready(&["3 left out: no strand"]))),
        ("reference_failed", compose_built(&broken(reason))),
    ]
}

#[test]
fn every_mail_matches_its_snapshot() {
    for (name, mail) in all("trio.vcf.gz", "line 3: POS is \"x\"; it must be a whole number") {
        let headers = format!(
            "To: {}\nSubject: {}\nUnsubscribe: {:?}",
            mail.to.as_str(),
            mail.subject,
            mail.unsubscribe
        );
        insta::assert_snapshot!(format!("{name}_text"), format!("{headers}\n\n{}", mail.text));
        insta::assert_snapshot!(format!("{name}_html"), mail.html);
    }
}

#[test]
fn a_free_owner_gets_the_deadline_in_words() {
    let job = job("a.vcf", completed(window()));
    let mail = compose(&result(&job), &account(Plan::Free), Some(&job));
    let words = "Download before 14:03 UTC on 24 November 2026 - 3 minutes after completion";
    assert!(mail.text.contains(words), "{}", mail.text);
    assert_eq!(mail.html.matches(words).count(), 2, "in the preheader and in the body");
    assert_eq!(mail.subject, "Results ready: a.vcf");
}

#[test]
fn all_times_are_in_the_readers_time_zone() {
    let of = |results| job("a.vcf", completed(results));
    let (past, gone) = (of(stored(Some(completed_at()), None)), of(archived()));
    let ada = in_chicago();
    let late = compose(&result(&past), &ada, Some(&past));
    assert!(late.text.contains("The download window ended at 08:00 CST."), "{}", late.text);
    let archived = compose(&archived_notice(&gone), &ada, Some(&gone));
    assert!(archived.text.contains("08:03:05 CST"), "{}", archived.text);
    for mail in [late, archived] {
        assert!(!mail.text.contains("UTC") && !mail.html.contains("UTC"), "{}", mail.text);
    }
}

#[test]
fn texts_of_users_and_files_are_escaped_in_html_and_stay_on_one_line() {
    for (name, mail) in all(HOSTILE, "bad <b>text</b>\r\nBcc: eve@example.org") {
        assert!(!mail.html.contains("<img"), "{name}");
        assert!(!mail.html.contains("<b>"), "{name}");
        assert!(!mail.text.contains("\nBcc:"), "{name}");
    }
    let ada = Account { name: "Ada\r\n\r\n<script>".to_owned(), ..account(Plan::Premium) };
    let message = MailMessage::Notice(Notice::Welcome { user_id: ada.id, since: completed_at() });
    let mail = compose(&message, &ada, None);
    assert!(mail.text.contains("Hello Ada <script>,"));
    assert!(!mail.html.contains("<script>"));
}

#[test]
fn headers_are_one_line_and_only_the_subject_has_text_of_a_user() {
    for (name, mail) in all(HOSTILE, "bad\r\nBcc: eve@example.org") {
        let link = mail.unsubscribe.unwrap_or_default();
        for header in [mail.to.as_str(), &mail.subject, &link] {
            assert!(header.bytes().all(|b| (b' '..=b'~').contains(&b)), "{name}: {header:?}");
            assert!(!header.contains("Bcc"), "{name}: {header:?}");
        }
        for header in [mail.to.as_str(), &link] {
            assert!(!header.contains("vcf"), "{name}: {header:?}");
        }
        // SES encodes characters outside ASCII in the subject (RFC 2047).
        assert!(!mail.subject.contains(char::is_control), "{name}: {:?}", mail.subject);
    }
}

#[test]
fn the_subject_of_a_mail_has_the_file_name_of_its_job_or_its_reference() {
    for (name, mail) in all("trio.vcf.gz", "reason") {
        let about =
            if name.starts_with("reference") { "private/GRCh38/mine" } else { "trio.vcf.gz" };
        assert_eq!(mail.subject.contains(about), mail.unsubscribe.is_some(), "{name}");
    }
}

#[test]
fn links_lead_to_pages_of_this_service_and_no_resource_is_loaded() {
    for (name, mail) in all("a.vcf", "reason") {
        for part in [&mail.html, &mail.text] {
            assert!(!part.contains("secret-key"), "{name}");
            let links = part.split("https://").skip(1);
            assert!(links.clone().count() > 0, "{name}");
            assert!(links.into_iter().all(|link| link.starts_with("gas.example.org")), "{name}");
        }
        for loads in ["src=", "url(", "@import", "<link", "http://", "<script"] {
            assert!(!mail.html.contains(loads), "{name}: {loads}");
        }
    }
}

#[test]
fn only_mail_about_jobs_and_references_has_an_unsubscribe_link() {
    for (name, mail) in all("a.vcf", "reason") {
        let Some(link) = mail.unsubscribe else {
            assert!(["welcome", "payment_failed", "payment_failed_free"].contains(&name), "{name}");
            continue;
        };
        let token = link.strip_prefix("https://gas.example.org/unsubscribe?token=").unwrap();
        let user = UnsubscribeToken::verify(&unsubscribe_key(), token).unwrap();
        assert_eq!(user, account(Plan::Free).id);
        assert!(mail.html.contains(&link) && mail.text.contains(&link), "{name}");
    }
}

#[test]
fn an_outdated_mail_is_not_composed() {
    let free = account(Plan::Free);
    let of = |results| job("a.vcf", completed(results));
    let (past, gone) = (of(stored(Some(completed_at()), None)), of(archived()));
    let kept = of(stored(None, None));
    for (message, job) in
        [(restored(&past), &past), (restored(&gone), &gone), (archived_notice(&kept), &kept)]
    {
        let rejected = compose_about(&message, &free, MailSubject::Job(job));
        assert!(matches!(rejected, Err(ComposeError::Outdated(_))), "{message:?}");
    }
    let premium = account(Plan::Premium);
    let other = PrivateReference { build: Uuid::from_u128(1), ..ready(&[]) };
    let of_another_user = PrivateReference { owner: UserId::new(Uuid::from_u128(1)), ..ready(&[]) };
    let deleted = reference(PrivateReferenceState::Deleting);
    for row in [&other, &of_another_user, &deleted] {
        let message = reference_built(&ready(&[]));
        let rejected = compose_about(&message, &premium, MailSubject::PrivateReference(row));
        assert!(matches!(rejected, Err(ComposeError::Outdated(_))), "{row:?}");
    }
}

#[test]
fn a_mail_about_many_jobs_lists_fifty_and_leaves_out_what_is_not_wanted() {
    let premium = account(Plan::Premium);
    let of = |number: usize, state| job(&format!("f{number}.vcf"), state);
    let bad = of(99, failed(FailureKind::Input, "line 3"));
    let pending = of(98, JobState::Pending { since: completed_at() });
    let many: Vec<Job> = (0..60).map(|n| of(n, completed(stored(None, None)))).collect();
    let all: Vec<&Job> = many.iter().chain([&bad, &pending]).collect();
    let Digest { mail, left_out } = digest(&premium, JobMails::ALL, &all);
    assert_eq!(mail.subject, "1 of 61 jobs failed: f99.vcf and 60 more");
    assert!(mail.text.contains("11 more are in the list"), "{}", mail.text);
    assert!(mail.text.contains("60 have results, 1 failed."));
    assert_eq!(mail.text.matches("/annotations/").count(), 50);
    assert_eq!(left_out.iter().filter(|reason| reason.is_some()).count(), 1);
    assert!(left_out[61].is_some(), "it has not ended");

    let wanted = JobMails::ALL.with(JobMailKind::Failed, false);
    let Digest { mail, left_out } = digest(&premium, wanted, &all[58..]);
    assert_eq!(mail.subject, "Results ready: f58.vcf and 1 more");
    assert!(!mail.text.contains("f99.vcf"));
    assert!(left_out[2].is_some_and(|reason| reason.contains("turned this kind of mail off")));
}

#[test]
fn a_user_without_a_name_is_greeted() {
    let nameless = Account { name: " ".to_owned(), ..account(Plan::Premium) };
    let (user_id, since) = (nameless.id, completed_at());
    let welcome = MailMessage::Notice(Notice::Welcome { user_id, since });
    assert!(compose(&welcome, &nameless, None).text.contains("Hello there,"));
}
