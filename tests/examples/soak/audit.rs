//! Waits until all work is done, then accounts for every job, mail, object and archive.

use crate::calls::Calls;
use crate::large_file::assert_equals_one_piece;
use crate::load::{LARGE_NAME, Load, User};
use crate::stack::Stack;
use anyhow::{Result, ensure};
use gas_backend::Gas;
use gas_local::Description;
use gas_shared::job::{FailureKind, JobState, ObjectLocation, Results};
use gas_shared::{Job, JobId, Plan, UserId};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::time::{Duration, Instant};

/// The time between two looks at the jobs.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// The page size of a user's jobs.
const PAGE: u16 = 100;

/// The most objects that the port lists.
const MAX_OBJECTS: usize = 1000;

/// What remains after the run.
pub(crate) struct Report {
    states: BTreeMap<&'static str, usize>,
    accepted: usize,
    /// How long it took until all work was done; `None` if it was not in time.
    settled_after: Option<Duration>,
    longest_wait: Duration,
    /// Findings by kind, each with examples. None may be there.
    findings: BTreeMap<&'static str, Vec<String>>,
    /// Facts that are no defects.
    notes: Vec<(&'static str, usize)>,
}

/// The kinds of findings, in the order of the report.
const FINDINGS: [&str; 11] = [
    "jobs lost",
    "jobs failed by the service",
    "jobs not settled",
    "deletions lost",
    "mails doubled",
    "archives doubled",
    "archives without a row",
    "archived rows without an archive",
    "objects without a row",
    "rows without an object",
    "results that differ from one piece",
];

impl Report {
    /// Whether nothing was lost, doubled or orphaned.
    pub(crate) fn is_clean(&self) -> bool {
        self.findings.values().all(Vec::is_empty)
    }

    fn find(&mut self, kind: &'static str, what: impl fmt::Display) {
        self.findings.entry(kind).or_default().push(what.to_string());
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\njobs by state ({} accepted)", self.accepted)?;
        for (state, count) in &self.states {
            writeln!(f, "  {state:<42}{count:>8}")?;
        }
        writeln!(f, "\nmust be zero")?;
        for kind in FINDINGS {
            let found = self.findings.get(kind).map_or(&[][..], Vec::as_slice);
            writeln!(f, "  {kind:<42}{:>8}", found.len())?;
            for example in found.iter().take(5) {
                writeln!(f, "      {example}")?;
            }
        }
        writeln!(f, "\nfor information")?;
        for (note, count) in &self.notes {
            writeln!(f, "  {note:<42}{count:>8}")?;
        }
        let seconds = |time: Duration| format!("{:.0} s", time.as_secs_f64());
        writeln!(
            f,
            "  {:<42}{:>8}",
            "longest time from upload to end",
            seconds(self.longest_wait)
        )?;
        let settled = self.settled_after.map_or_else(|| "never".to_owned(), seconds);
        write!(f, "  {:<42}{settled:>8}", "all work done after the last fault")
    }
}

/// A copy in the archive, as the Glacier emulator lists it.
#[derive(Deserialize)]
struct Copy {
    id: String,
    /// The job.
    description: String,
}

/// The jobs, objects and archived copies of the service at one time.
struct ServiceState {
    jobs: BTreeMap<JobId, (Job, Plan)>,
    objects: HashSet<(UserId, ObjectLocation)>,
    /// Deleted jobs whose rows remain until their files are deleted for the second time, when no worker
    /// can write any more.
    deletions: BTreeSet<JobId>,
    copies: Vec<Copy>,
}

impl ServiceState {
    async fn read(gas: &Gas, stack: &Description, users: &[User]) -> Result<Self> {
        let mut state = Self {
            jobs: BTreeMap::new(),
            objects: HashSet::new(),
            deletions: BTreeSet::new(),
            copies: copies(stack).await?,
        };
        for user in users {
            let owner = user.account.id;
            let mut cursor: Option<String> = None;
            loop {
                let page = gas.jobs.store.jobs_of(owner, cursor.as_deref(), PAGE).await?;
                let jobs = page.jobs.into_iter().map(|job| (job.id, (job, user.final_plan())));
                state.jobs.extend(jobs);
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
            let prefix = format!("{}/{owner}/", gas.object_keys.prefix);
            for bucket in [&gas.object_keys.inputs_bucket, &gas.object_keys.results_bucket] {
                let listed = gas.objects.list(bucket, &prefix).await?;
                ensure!(listed.len() < MAX_OBJECTS, "a user has too many objects; add users");
                state.objects.extend(listed.into_iter().map(|object| (owner, object)));
            }
        }
        let unknown: BTreeSet<JobId> = state.orphans().filter_map(job_of).collect();
        for job in unknown {
            if gas.jobs.store.deletion(job).await?.is_some() {
                state.deletions.insert(job);
            }
        }
        Ok(state)
    }

    /// The objects whose keys name no job that exists or is being deleted.
    fn orphans(&self) -> impl Iterator<Item = &ObjectLocation> {
        let of_a_job = |object: &ObjectLocation| {
            job_of(object)
                .is_some_and(|job| self.jobs.contains_key(&job) || self.deletions.contains(&job))
        };
        self.objects.iter().map(|(_, object)| object).filter(move |object| !of_a_job(object))
    }

    fn has(&self, owner: UserId, object: &ObjectLocation) -> bool {
        self.objects.contains(&(owner, object.clone()))
    }
}

async fn copies(stack: &Description) -> Result<Vec<Copy>> {
    let url = format!("{}/_control/archives", stack.glacier_url);
    Ok(reqwest::get(url).await?.error_for_status()?.json().await?)
}

/// The job of an object: `<prefix>/<user>/<job>~<name>`, or below `<prefix>/<user>/<job>~shards/`.
fn job_of(object: &ObjectLocation) -> Option<JobId> {
    object.key.split('/').find_map(|part| part.split_once('~')?.0.parse().ok())
}

/// Why work on a job remains. `None` if it is done.
fn open_work(job: &Job, plan: Plan) -> Option<&'static str> {
    match &job.state {
        // A ticket whose response was lost: nobody uploads the file, and it fails after its time.
        JobState::Uploading { .. } | JobState::Failed(_) | JobState::Cancelled { .. } => None,
        JobState::Pending { .. } => Some("pending"),
        JobState::Running(_) => Some("running"),
        JobState::Completed(done) => match (&done.results, plan) {
            (Results::Archived { leftover: None, .. }, Plan::Free)
            | (Results::Stored(_), Plan::Premium) => None,
            (Results::Archived { leftover: Some(_), .. }, _) => {
                Some("archived, object not deleted")
            }
            (Results::Archived { .. }, Plan::Premium) => Some("archived, owner on Premium"),
            (Results::Stored(_), Plan::Free) => Some("stored, owner on Free"),
            (Results::Archiving { .. }, _) => Some("archiving"),
            (Results::Thawing { .. }, _) => Some("restoring"),
        },
    }
}

fn state_name(job: &Job) -> &'static str {
    match &job.state {
        JobState::Uploading { .. } => "UPLOADING (abandoned)",
        JobState::Pending { .. } => "PENDING",
        JobState::Running(_) => "RUNNING",
        JobState::Failed(failure) if failure.kind == FailureKind::Input => "FAILED, input",
        JobState::Failed(_) => "FAILED, service",
        JobState::Cancelled { .. } => "CANCELLED",
        JobState::Completed(done) => match &done.results {
            Results::Stored(stored) if stored.restored_at.is_some() => "COMPLETED, restored",
            Results::Stored(_) => "COMPLETED, stored",
            Results::Archiving { .. } => "COMPLETED, archiving",
            Results::Archived { .. } => "COMPLETED, archived",
            Results::Thawing { .. } => "COMPLETED, restoring",
        },
    }
}

/// Waits until all work is done, at most for the given time, and accounts for everything.
pub(crate) async fn audit(stack: &Stack, load: &Load, timeout: Duration) -> Result<Report> {
    let gas = stack.gas(&Calls::default()).await?;
    let description = Description::of_test()?;
    let begun = Instant::now();
    let (state, settled_after) = loop {
        let state = ServiceState::read(&gas, &description, &load.users).await?;
        let open =
            state.jobs.values().filter(|(job, plan)| open_work(job, *plan).is_some()).count();
        if open + state.orphans().count() == 0 && state.copies.len() <= archived(&state) {
            break (state, Some(begun.elapsed()));
        }
        if begun.elapsed() > timeout {
            break (state, None);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    };
    let mut report = Report {
        states: BTreeMap::new(),
        accepted: load.accepted().len(),
        settled_after,
        longest_wait: Duration::ZERO,
        findings: BTreeMap::new(),
        notes: Vec::new(),
    };
    account_for_jobs(&mut report, &state, load);
    account_for_archives(&mut report, &state);
    account_for_objects(&mut report, &state);
    account_for_large(&mut report, stack, &gas, &state, load).await;
    account_for_mails(&mut report, &description, &repeated_mails(stack).await?).await?;
    let rejected = load.rejected();
    for reason in rejected.iter().take(5) {
        println!("soak: rejected: {reason}");
    }
    report.notes.push(("requests rejected", rejected.len()));
    report.notes.push(("mails not sent yet", unsent(stack).await?));
    Ok(report)
}

fn archived(state: &ServiceState) -> usize {
    let has_copy = |job: &Job| matches!(&job.state, JobState::Completed(done) if done.results.archived().is_some());
    state.jobs.values().filter(|(job, _)| has_copy(job)).count()
}

fn account_for_jobs(report: &mut Report, state: &ServiceState, load: &Load) {
    let mut gone = 0;
    for accepted in load.accepted() {
        match (state.jobs.get(&accepted.id), accepted.deleted) {
            (None, true) => gone += 1,
            (Some(_), true) => report.find("deletions lost", accepted.id),
            // The response to its deletion may be lost.
            (None, false) => report.find("jobs lost", accepted.id),
            (Some((job, _)), false) if !job.status().is_final() => {
                report.find("jobs lost", format!("{} is {}", job.id, job.status()));
            }
            (Some(_), false) => {}
        }
    }
    report.states.insert("deleted", gone);
    for (job, plan) in state.jobs.values() {
        *report.states.entry(state_name(job)).or_default() += 1;
        if let Some(why) = open_work(job, *plan) {
            report.find("jobs not settled", format!("{} is {why}", job.id));
        }
        match &job.state {
            JobState::Failed(failure)
                if failure.kind == FailureKind::Service && job.input.size.is_some() =>
            {
                report
                    .find("jobs failed by the service", format!("{}: {}", job.id, failure.reason));
            }
            JobState::Completed(done) => {
                let since = job.input.uploaded_at.unwrap_or(job.submitted_at);
                let wait = done.completed_at.duration_since(since).unsigned_abs();
                report.longest_wait = report.longest_wait.max(wait);
            }
            _ => {}
        }
    }
}

fn account_for_archives(report: &mut Report, state: &ServiceState) {
    let mut by_job: BTreeMap<&str, usize> = BTreeMap::new();
    for copy in &state.copies {
        *by_job.entry(&copy.description).or_default() += 1;
    }
    for (job, count) in by_job.iter().filter(|(_, count)| **count > 1) {
        report.find("archives doubled", format!("{job}: {count} copies"));
    }
    let recorded: BTreeMap<&str, JobId> = state
        .jobs
        .values()
        .filter_map(|(job, _)| match &job.state {
            JobState::Completed(done) => Some((done.results.archived()?.id.as_str(), job.id)),
            _ => None,
        })
        .collect();
    let existing: BTreeSet<&str> = state.copies.iter().map(|copy| copy.id.as_str()).collect();
    for copy in state.copies.iter().filter(|copy| !recorded.contains_key(copy.id.as_str())) {
        report.find("archives without a row", &copy.description);
    }
    for (_, job) in recorded.iter().filter(|(id, _)| !existing.contains(*id)) {
        report.find("archived rows without an archive", job);
    }
}

fn account_for_objects(report: &mut Report, state: &ServiceState) {
    let is_deleted = |object| job_of(object).is_some_and(|job| state.deletions.contains(&job));
    let late = state.objects.iter().filter(|(_, object)| is_deleted(object)).count();
    report.notes.push(("objects written after a deletion, due for it", late));
    for object in state.orphans() {
        report.find("objects without a row", &object.key);
    }
    for (job, _) in state.jobs.values() {
        let JobState::Completed(done) = &job.state else { continue };
        let mut expected = vec![&job.input.file, &done.log];
        let result = match &done.results {
            Results::Stored(stored) | Results::Archiving { stored, .. } => Some(&stored.file),
            Results::Archived { .. } | Results::Thawing { .. } => None,
        };
        expected.extend(result);
        for object in expected.into_iter().filter(|object| !state.has(job.owner, object)) {
            report.find("rows without an object", &object.key);
        }
        // The annotated file exists once: an archived one is not in S3, too.
        let others = state.objects.iter().filter(|(_, object)| {
            job_of(object) == Some(job.id)
                && object.key.ends_with(".annot.vcf")
                && Some(object) != result
        });
        for (_, object) in others {
            report.find("objects without a row", &object.key);
        }
    }
}

/// The results of files in shards have the bytes of a run in one piece.
async fn account_for_large(
    report: &mut Report,
    stack: &Stack,
    gas: &Gas,
    state: &ServiceState,
    load: &Load,
) {
    let mut equal = 0;
    for (job, _) in state.jobs.values() {
        if job.input.name.as_str() != LARGE_NAME || !matches!(job.state, JobState::Completed(_)) {
            continue;
        }
        match assert_equals_one_piece(stack, gas, job, load.large_file.as_bytes()).await {
            Ok(()) => equal += 1,
            Err(error) => {
                report.find("results that differ from one piece", format!("{}: {error}", job.id));
            }
        }
    }
    report.notes.push(("results in shards equal to one piece", equal));
}

/// A mail whose sender died before it recorded the response of SES. SES has no idempotency key, so each
/// attempt may have sent it (decision 0026).
struct RepeatedMail {
    recipient: String,
    /// The job that the text names, if it is about one.
    job_id: Option<String>,
    attempts: i32,
}

impl RepeatedMail {
    /// Whether this mail has as many attempts as SES has copies of it.
    fn explains(&self, mail: &str, count: usize) -> bool {
        let is_this = mail.contains(&self.recipient)
            && self.job_id.as_ref().is_none_or(|job| mail.contains(job.as_str()));
        is_this && usize::try_from(self.attempts).is_ok_and(|attempts| count <= attempts)
    }
}

async fn repeated_mails(stack: &Stack) -> Result<Vec<RepeatedMail>> {
    let repeated = "select p.email as recipient, m.message ->> 'job_id' as job_id, m.attempts
        from mails m join profiles p on p.identity_id = m.user_id where m.attempts > 1";
    let rows: Vec<(String, Option<String>, i32)> =
        sqlx::query_as(repeated).fetch_all(&stack.pool().await?).await?;
    let mails = rows.into_iter();
    Ok(mails
        .map(|(recipient, job_id, attempts)| RepeatedMail { recipient, job_id, attempts })
        .collect())
}

/// Every event of a user gives one mail, unless its sender died; the text names the event.
async fn account_for_mails(
    report: &mut Report,
    stack: &Description,
    repeated: &[RepeatedMail],
) -> Result<()> {
    let url = format!("{}/_ministack/ses/messages", stack.aws_url);
    let sent: Value = reqwest::get(url).await?.error_for_status()?.json().await?;
    let mails = sent["messages"].as_object().into_iter().flat_map(|all| all.values());
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut total = 0;
    for mail in mails.filter_map(Value::as_array).flatten() {
        let key = format!("{} {} {}", mail["To"], mail["Subject"], mail["BodyText"]);
        *counts.entry(key).or_default() += 1;
        total += 1;
    }
    let doubled = counts.iter().filter(|(_, count)| **count > 1);
    let (explained, unexplained): (Vec<_>, Vec<_>) =
        doubled.partition(|(mail, count)| repeated.iter().any(|one| one.explains(mail, **count)));
    report.notes.push(("mails doubled as their sender died", explained.len()));
    for (mail, count) in unexplained {
        let excerpt: String = mail.chars().take(160).collect();
        report.find("mails doubled", format!("{count} times: {excerpt}"));
    }
    report.notes.push(("mails sent", total));
    Ok(())
}

/// The number of mails in the outbox that are neither sent nor given up.
async fn unsent(stack: &Stack) -> Result<usize> {
    let count = "select count(*) from mails where sent_at is null and last_error is null";
    let count: i64 = sqlx::query_scalar(count).fetch_one(&stack.pool().await?).await?;
    Ok(usize::try_from(count)?)
}
