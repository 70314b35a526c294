//! Tests of share links: what they open, and what ends them.

use super::*;
use crate::query_pool::PoolLimits;
use crate::testkit::{TestBilling, TestGas};
use crate::usecases::{
    ExploreError, Explorers, Export, Operator, act_on_user, archive_result, delete_account,
    delete_job, explore_page, export_results, finish_deletion, read_summary,
};
use futures::TryStreamExt;
use gas_shared::account::DELETE_CONFIRMATION;
use gas_shared::explorer::{ExportFormat, Filter, Query};
use gas_shared::operations::UserAction;
use gas_shared::share_link::ShareTerm;
use gas_shared::{Account, Job, Plan};

const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// A completed job with a summary, and a link to it.
struct Case {
    test: TestGas,
    ada: Account,
    job: Job,
    secret: String,
    link: ShareLink,
}

impl Case {
    async fn new(plan: Plan, new: NewShareLink) -> Self {
        let test = TestGas::new();
        let ada = test.user("ada", plan);
        let job = test.completed_job(&ada).await;
        let summary = test.gas.object_keys.summary(job.owner, job.id, &job.input.name);
        test.objects.put(&summary, b"{}");
        let (secret, link) = create_share_link(&test.gas, ada.id, job.id, new).await.unwrap();
        Self { test, ada, job, secret: secret.expose().to_owned(), link }
    }

    async fn open(&self) -> Result<ResultAccess, ShareLinkError> {
        open_share_link(&self.test.gas, &self.secret, CLIENT).await
    }

    /// Whether the link has ended, for its page and for all that the page loads.
    async fn has_ended(&self) -> bool {
        let page = open_shared_result(&self.test.gas, &self.secret, CLIENT).await;
        let data = match self.open().await {
            Ok(access) => read_summary(&self.test.gas, &access).await.map(drop),
            Err(ShareLinkError::Download(error)) => Err(error),
            Err(other) => panic!("{other}"),
        };
        let page = matches!(page, Err(ShareLinkError::Download(DownloadError::NoLink)));
        page && matches!(data, Err(DownloadError::NoLink))
    }
}

fn new(days: ShareTerm, allows_downloads: bool) -> NewShareLink {
    NewShareLink { days, allows_downloads }
}

fn explorers() -> Explorers {
    Explorers::new(1 << 20, 1 << 20, PoolLimits::default()).unwrap()
}

#[tokio::test]
async fn a_link_shows_its_result_and_counts_its_openings() {
    let case = Case::new(Plan::Premium, new(ShareTerm::Week, true)).await;
    let gas = &case.test.gas;
    case.test.clock.advance_secs(60);
    for _ in 0..2 {
        let shared = open_shared_result(gas, &case.secret, CLIENT).await.unwrap();
        assert_eq!((shared.file_name.as_str(), shared.records), ("a.vcf", 1));
        assert_eq!((shared.expires_at, shared.allows_downloads), (case.link.expires_at, true));
        let json = serde_json::to_string(&shared).unwrap();
        for private in [case.ada.email.clone(), case.ada.id.to_string(), case.job.id.to_string()] {
            assert!(!json.contains(&private), "{json}");
        }
    }
    let access = case.open().await.unwrap();
    assert_eq!(read_summary(gas, &access).await.unwrap(), b"{}");
    // The result has no index, so the records are open if that is the error.
    let page = explore_page(gas, &explorers(), &access, &Query::default()).await;
    assert!(matches!(page, Err(ExploreError::NoIndex(_))));

    let links = list_share_links(gas, case.ada.id, case.job.id).await.unwrap();
    assert_eq!((links.len(), links[0].opened), (1, 2), "only the page counts");
    assert_eq!(links[0].last_opened_at, Some(gas.now()));
    assert!(!format!("{:?}", case.test.share_links).contains(&case.secret));
}

#[tokio::test]
async fn a_link_ends_when_it_expires() {
    for term in ShareTerm::ALL {
        let case = Case::new(Plan::Premium, new(term, true)).await;
        case.test.clock.advance_secs(i64::from(term.days()) * 86_400 - 1);
        assert!(!case.has_ended().await);
        case.test.clock.advance_secs(1);
        assert!(case.has_ended().await);
        let listed = async || {
            list_share_links(&case.test.gas, case.ada.id, case.job.id).await.unwrap().len()
        };
        delete_expired_share_links(&case.test.gas).await.unwrap();
        assert_eq!(listed().await, 1, "its owner sees that it has expired");
        case.test.clock.advance_secs(30 * 86_400);
        assert_eq!(delete_expired_share_links(&case.test.gas).await.unwrap(), 1);
        assert_eq!(listed().await, 0);
    }
}

#[tokio::test]
async fn only_its_owner_makes_lists_and_revokes_a_link() {
    let case = Case::new(Plan::Premium, new(ShareTerm::Day, true)).await;
    let (gas, job, link) = (&case.test.gas, case.job.id, case.link.id);
    let eve = case.test.user("eve", Plan::Premium);
    let foreign = create_share_link(gas, eve.id, job, new(ShareTerm::Day, true)).await;
    assert!(matches!(
        foreign,
        Err(ShareLinkError::Download(DownloadError::Find(FindError::NotFound(_))))
    ));
    let foreign = list_share_links(gas, eve.id, job).await;
    assert!(matches!(foreign, Err(ShareLinkError::Find(FindError::NotFound(_)))));
    let foreign = revoke_share_link(gas, eve.id, job, link).await;
    assert!(matches!(foreign, Err(ShareLinkError::Find(FindError::NotFound(_)))));
    assert!(!case.has_ended().await);

    let other = case.test.completed_job(&case.ada).await;
    let mixed = revoke_share_link(gas, case.ada.id, other.id, link).await;
    assert!(matches!(mixed, Err(ShareLinkError::NotFound(_))), "it is a link to another job");
    revoke_share_link(gas, case.ada.id, job, link).await.unwrap();
    assert!(case.has_ended().await);
    let again = revoke_share_link(gas, case.ada.id, job, link).await;
    assert!(matches!(again, Err(ShareLinkError::NotFound(_))));
    assert_eq!(case.test.audit.actions(), ["share_link_created", "share_link_revoked"]);
}

#[tokio::test]
async fn records_are_closed_with_the_download_window_and_charts_stay() {
    let case = Case::new(Plan::Free, new(ShareTerm::Week, true)).await;
    let (gas, explorers) = (&case.test.gas, explorers());
    let access = case.open().await.unwrap();
    let page = async || explore_page(gas, &explorers, &access, &Query::default()).await;
    assert!(matches!(page().await, Err(ExploreError::NoIndex(_))), "the window is open");
    case.test.clock.advance_secs(180);
    let closed = |error: Option<ExploreError>| {
        let text = error.map(|error| error.to_string()).unwrap_or_default();
        text.starts_with("the variants of this result are archived")
    };
    assert!(closed(page().await.err()), "the window is over");
    archive_result(gas, case.job.id).await.unwrap();
    assert!(closed(page().await.err()), "they are archived");
    let formats = ExportFormat::Tsv.into();
    let export = export_results(gas, &explorers, &access, Filter::default(), &formats).await;
    assert!(closed(export.err()));
    assert_eq!(read_summary(gas, &access).await.unwrap(), b"{}");
    assert!(!case.has_ended().await, "its page shows the charts");

    case.test.set_plan(&case.ada, Plan::Premium);
    assert!(closed(page().await.err()), "it is not restored yet");
}

#[tokio::test]
async fn an_export_ends_when_its_link_is_revoked_or_expires() {
    for term in [ShareTerm::Day, ShareTerm::Week] {
        let case = Case::new(Plan::Premium, new(term, true)).await;
        let (gas, explorers) = (&case.test.gas, explorers());
        let result = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n\
                      1\t9\t.\tA\tG\t.\tPASS\t.\n";
        let job = case.test.completed_job_with(&case.ada, result.as_bytes()).await;
        let mut index = Vec::new();
        gas_explorer::index::build(result.as_bytes(), &mut index).unwrap();
        let key = gas.object_keys.index(job.owner, job.id, &job.input.name);
        case.test.objects.put(&key, &index);
        let made = create_share_link(gas, case.ada.id, job.id, new(term, true)).await;
        let (secret, link) = made.unwrap();
        let access = open_share_link(gas, secret.expose(), CLIENT).await.unwrap();
        let export = async || {
            let formats = ExportFormat::Tsv.into();
            export_results(gas, &explorers, &access, Filter::default(), &formats).await.unwrap()
        };
        let read = async |export: Export| export.content.try_collect::<Vec<_>>().await;
        let (whole, ended) = (export().await, export().await);
        case.test.clock.advance_secs(10);
        case.test.outages.dynamodb.begin();
        assert!(read(whole).await.is_ok(), "an outage says nothing about the access");
        case.test.outages.dynamodb.end();
        if term == ShareTerm::Day {
            case.test.clock.advance_secs(86_400);
        } else {
            revoke_share_link(gas, case.ada.id, job.id, link.id).await.unwrap();
        }
        let error = read(ended).await.unwrap_err();
        assert!(matches!(error, ExploreError::Download(DownloadError::NoLink)), "{error}");
    }
}

#[tokio::test]
async fn a_link_without_downloads_exports_nothing() {
    let case = Case::new(Plan::Premium, new(ShareTerm::Week, false)).await;
    let (gas, explorers) = (&case.test.gas, explorers());
    let access = case.open().await.unwrap();
    let formats = ExportFormat::Vcf.into();
    let export = export_results(gas, &explorers, &access, Filter::default(), &formats).await;
    assert!(matches!(export.err(), Some(ExploreError::Download(DownloadError::NoDownloads))));
    let page = explore_page(gas, &explorers, &access, &Query::default()).await;
    assert!(matches!(page, Err(ExploreError::NoIndex(_))), "its variants can be read");
    assert!(!open_shared_result(gas, &case.secret, CLIENT).await.unwrap().allows_downloads);
}

#[tokio::test]
async fn the_deletion_of_the_job_ends_its_links() {
    let case = Case::new(Plan::Premium, new(ShareTerm::Quarter, true)).await;
    let gas = &case.test.gas;
    delete_job(gas, case.ada.id, case.job.id).await.unwrap();
    assert!(case.has_ended().await);
    assert_eq!(gas.share_links.links_of(case.ada.id, None).await.unwrap().len(), 1);
    finish_deletion(gas, case.job.id).await.unwrap();
    assert_eq!(gas.share_links.links_of(case.ada.id, None).await.unwrap(), []);
}

#[tokio::test]
async fn closing_the_account_ends_its_links() {
    let case = Case::new(Plan::Premium, new(ShareTerm::Quarter, true)).await;
    let billing = TestBilling::new(&case.test);
    delete_account(&billing.billing, case.ada.id, DELETE_CONFIRMATION).await.unwrap();
    assert!(case.has_ended().await);
}

#[tokio::test]
async fn blocking_a_user_ends_their_links() {
    let case = Case::new(Plan::Premium, new(ShareTerm::Quarter, true)).await;
    let test = &case.test;
    let eve = test.user("eve", Plan::Premium);
    let until = test.gas.now() + SignedDuration::from_hours(1);
    test.gas.administration.set_operator(eve.id, Some(until)).await.unwrap();
    let operator = Operator::require(&test.gas, eve.id).await.unwrap();
    let billing = TestBilling::new(test);
    act_on_user(&billing.billing, operator, case.ada.id, UserAction::Block).await.unwrap();
    assert!(case.has_ended().await);
    act_on_user(&billing.billing, operator, case.ada.id, UserAction::Unblock).await.unwrap();
    assert!(case.has_ended().await, "nothing brings a link back");
}

#[tokio::test]
async fn a_job_without_a_result_has_no_links_and_others_have_a_limit() {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Premium);
    let waiting = test.pending_job(&ada).await;
    let early = create_share_link(&test.gas, ada.id, waiting.id, new(ShareTerm::Day, true)).await;
    assert!(matches!(early, Err(ShareLinkError::Download(DownloadError::NotCompleted { .. }))));
    let done = test.completed_job(&ada).await;
    let make =
        async || create_share_link(&test.gas, ada.id, done.id, new(ShareTerm::Day, true)).await;
    for _ in 0..MAX_SHARE_LINKS {
        make().await.unwrap();
    }
    assert!(matches!(make().await, Err(ShareLinkError::TooMany)));
    test.clock.advance_secs(86_400);
    make().await.unwrap();
}

#[tokio::test]
async fn other_texts_open_nothing_and_a_client_can_try_a_limited_number() {
    let mut case = Case::new(Plan::Premium, new(ShareTerm::Day, true)).await;
    case.test.gas.limit_factor = 1;
    let gas = &case.test.gas;
    let unknown = ShareSecret::mint().unwrap();
    for text in ["", &case.secret[1..], unknown.expose()] {
        let error = open_share_link(gas, text, CLIENT).await.unwrap_err();
        assert_eq!(error.to_string(), "this link does not exist, has expired or was revoked");
    }
    let limited = async || {
        for _ in 0..1_000 {
            if let Err(ShareLinkError::Limit(LimitError::TooMany(_))) =
                open_share_link(gas, unknown.expose(), CLIENT).await
            {
                return true;
            }
        }
        false
    };
    assert!(limited().await);
    let other: IpAddr = "192.0.2.7".parse().unwrap();
    assert!(open_share_link(gas, &case.secret, other).await.is_ok(), "another client");
}
