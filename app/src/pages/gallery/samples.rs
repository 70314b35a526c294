//! Sample jobs, invoices and times.

use dioxus::prelude::*;
use gas_shared::billing::{InvoiceStatus, InvoiceView, Money};
use gas_shared::job::{
    FailureKind, Organization, Progress, ResultsView, StateView, StoredOptions, Tier,
};
use gas_shared::reference::{
    ReferenceChoice, ReferenceChoices, ReferenceContig, Sha256, TranscriptCounts,
};
use gas_shared::{FileName, JobId, JobView, UserId};
use jiff::{SignedDuration, Timestamp};

/// The id of the sample user.
pub fn user() -> UserId {
    "00000000-0000-4000-8000-000000000001".parse().expect("a UUID")
}

/// The id of a job that does not exist on the server.
pub fn job_id() -> JobId {
    "00000000-0000-4000-8000-000000000002".parse().expect("a UUID")
}

/// The current time, for components that count from it or to it.
#[derive(Clone, Copy)]
struct Now(Signal<Timestamp>);

/// Provides the current time to the components. It starts with a fixed time, since the browser's
/// first render must match the server's.
pub fn use_now_provider() {
    let mut now = use_context_provider(|| Now(Signal::new(Timestamp::UNIX_EPOCH))).0;
    use_effect(move || now.set(Timestamp::now()));
}

/// Returns a callback that updates the current time, which restarts countdowns.
pub fn use_time_reset() -> Callback<()> {
    let mut now = use_context::<Now>().0;
    use_callback(move |()| now.set(Timestamp::now()))
}

/// The current time plus a number of seconds.
pub fn use_moment(seconds: i64) -> Timestamp {
    moment(use_now(), seconds)
}

/// The current time.
pub fn use_now() -> Timestamp {
    *use_context::<Now>().0.read()
}

/// A time plus a number of seconds.
pub fn moment(now: Timestamp, seconds: i64) -> Timestamp {
    now + SignedDuration::from_secs(seconds)
}

/// References: one with two small contigs of GRCh37, as the demo, and another of GRCh38.
pub fn references(number: usize) -> ReferenceChoices {
    let choice = |(assembly, contigs): (&str, &[(&str, u64)])| ReferenceChoice {
        id: format!("homo_sapiens/{assembly}/demo").parse().expect("an id"),
        sha256: Sha256::from_bytes([0; 32]),
        species: "Homo sapiens".to_owned(),
        assembly: assembly.to_owned(),
        gene_set: None,
        genes: 182,
        transcripts: TranscriptCounts { all: 485, canonical: 182, ..TranscriptCounts::default() },
        contig_count: contigs.len() as u64,
        contigs: contigs
            .iter()
            .map(|(name, length)| ReferenceContig {
                name: (*name).to_owned(),
                length: *length,
                aliases: Vec::new(),
            })
            .collect(),
        attribution: None,
        license: None,
    };
    let all: [(&str, &[(&str, u64)]); 2] =
        [("GRCh37", &[("20", 5_000_000), ("MT", 16_569)]), ("GRCh38", &[("MT", 16_569)])];
    let choices: Vec<_> = all.into_iter().take(number).map(choice).collect();
    ReferenceChoices { default: choices.first().map(|choice| choice.id.clone()), choices }
}

/// A running job's progress.
pub fn progress(permille: u16, records: u64) -> Progress {
    Progress { step: "annotate".into(), permille, records }
}

/// A job in a state.
pub fn job(now: Timestamp, state: StateView) -> JobView {
    JobView {
        id: job_id(),
        version: 1,
        file_name: FileName::parse("exome_trio_2026.vcf.gz").expect("a file's name"),
        size: Some(48_300_000),
        submitted_at: moment(now, -5400),
        uploaded_at: Some(moment(now, -5300)),
        input_deleted_at: None,
        options: StoredOptions::default(),
        organization: Organization::default(),
        copied: None,
        state,
    }
}

/// A completed job's state.
pub fn completed(now: Timestamp, results: ResultsView) -> StateView {
    StateView::Completed {
        started_at: moment(now, -5200),
        completed_at: moment(now, -5000),
        records: 512_340,
        not_annotated: None,
        provenance: None,
        result_size: 96_100_000,
        results,
    }
}

/// Every state of a job's results, with its name.
pub fn results(now: Timestamp) -> Vec<(&'static str, ResultsView)> {
    let stored = |until, restored_at| ResultsView::Stored { until, restored_at };
    let restoring = |tier, seconds| ResultsView::Restoring {
        tier,
        since: moment(now, seconds),
        archived_at: moment(now, -86_400),
    };
    vec![
        ("Stored", stored(None, None)),
        ("Three minutes left", stored(Some(moment(now, 179)), None)),
        ("A minute left", stored(Some(moment(now, 50)), None)),
        ("Seconds left", stored(Some(moment(now, 12)), None)),
        ("Expired", stored(Some(moment(now, -1)), None)),
        ("Restored", stored(None, Some(moment(now, -600)))),
        ("Archived", ResultsView::Archived { at: moment(now, -86_400) }),
        ("Restoring, expedited", restoring(Tier::Expedited, -100)),
        ("Restoring, standard", restoring(Tier::Standard, -7200)),
        ("Restoring, late", restoring(Tier::Expedited, -1000)),
    ]
}

/// Every state of a job that is not completed.
pub fn unfinished(now: Timestamp) -> Vec<StateView> {
    let failed = |kind, reason: &str| StateView::Failed {
        at: moment(now, -60),
        kind,
        reason: reason.to_owned(),
        mismatch: None,
    };
    vec![
        StateView::Uploading,
        StateView::Pending,
        StateView::Running {
            started_at: moment(now, -75),
            progress: progress(421, 215_300),
            shards: None,
        },
        failed(FailureKind::Input, "line 17, POS: \"12a\" is not a position"),
        failed(FailureKind::Service, "the worker ran out of disk space"),
        StateView::Cancelled { at: moment(now, -90) },
    ]
}

/// An invoice of every status. The draft has no number and no page.
pub fn invoices(now: Timestamp) -> Vec<InvoiceView> {
    let statuses =
        [InvoiceStatus::Draft, InvoiceStatus::Open, InvoiceStatus::Paid, InvoiceStatus::Closed];
    let invoice = |(months, status): (i64, InvoiceStatus)| {
        let is_final = status != InvoiceStatus::Draft;
        InvoiceView {
            number: is_final.then(|| format!("GAS-{:04}", 40 - months)),
            created: moment(now, -months * 30 * 86_400),
            total: Money { minor: 999, currency: "usd".to_owned() },
            status,
            url: is_final.then(|| "#tables".to_owned()),
        }
    };
    (0..).zip(statuses).map(invoice).collect()
}
