//! Tests of exploring a result: access, pages, records and exports.

use super::*;
use crate::admission::AdmissionLimits;
use crate::testkit::TestGas;
use crate::usecases::{FindError, archive_result, change_job, settle_result, sign_result_link};
use futures::TryStreamExt;
use gas_shared::explorer::{Direction, ExportFormat, IMPACT, QUALITY, Sort, SortKey};
use gas_shared::job::{Change, RetentionChange};
use gas_shared::{Account, Plan, UserId};

/// The records of the tests: position, gene, impact, QUAL.
const RECORDS: [(u32, &str, &str, &str); 5] = [
    (10, "ABC", "HIGH", "30"),
    (20, "ABC", "LOW", "."),
    (30, "XYZ", "HIGH", "10"),
    (40, "ABC", "HIGH", "20"),
    (50, "XYZ", "MODIFIER", "50"),
];

fn line(&(pos, gene, impact, qual): &(u32, &str, &str, &str)) -> String {
    format!("1\t{pos}\t.\tA\tG\t{qual}\tPASS\tCSQ=G|intron_variant|{impact}|{gene}\n")
}

fn header() -> String {
    "##fileformat=VCFv4.2\n##INFO=<ID=CSQ,Number=.,Type=String,Description=\"Format: \
     Allele|Consequence|IMPACT|SYMBOL\">\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        .to_owned()
}

struct Case {
    test: TestGas,
    explorers: Explorers,
    ada: Account,
    job: Job,
}

/// A Free user's completed job with its index.
async fn case() -> Case {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let result = header() + &RECORDS.iter().map(line).collect::<String>();
    let job = test.completed_job_with(&ada, result.as_bytes()).await;
    let mut index = Vec::new();
    gas_explorer::index::build(result.as_bytes(), &mut index).unwrap();
    test.objects.put(&test.gas.object_keys.index(ada.id, job.id, &job.input.name), &index);
    let explorers = Explorers::new(1 << 20, 1 << 20, PoolLimits::default()).unwrap();
    Case { test, explorers, ada, job }
}

impl Case {
    fn access(&self) -> ResultAccess {
        ResultAccess::of_owner(self.ada.id, self.job.id)
    }

    async fn page(&self, query: &Query) -> Result<Page, ExploreError> {
        explore_page(&self.test.gas, &self.explorers, &self.access(), query).await
    }

    async fn records(&self, owner: UserId, id: JobId) -> Result<u64, ExploreError> {
        let records = |explorer: Arc<Explorer>| async move { Ok(explorer.records()) };
        let access = ResultAccess::of_owner(owner, id);
        query_results(&self.test.gas, &self.explorers, &access, records).await
    }

    async fn details(&self, number: u64) -> Result<RowDetails, ExploreError> {
        explore_details(&self.test.gas, &self.explorers, &self.access(), number).await
    }

    async fn export(&self, filter: Filter, format: ExportFormat) -> Result<Export, ExploreError> {
        let (gas, explorers) = (&self.test.gas, &self.explorers);
        export_results(gas, explorers, &self.access(), filter, &format.into()).await
    }

    /// The error of each way to read the result, which is the same as that of the download.
    async fn rejection(&self) -> Option<String> {
        let texts = [
            sign_result_link(&self.test.gas, self.ada.id, self.job.id)
                .await
                .err()
                .map(|error| ExploreError::from(error).to_string()),
            self.page(&Query::default()).await.err().map(|error| error.to_string()),
            self.details(0).await.err().map(|error| error.to_string()),
            self.export(Filter::default(), ExportFormat::Vcf).await.err().map(|e| e.to_string()),
        ];
        assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
        texts.into_iter().next().flatten()
    }
}

fn only(gene: &str) -> Filter {
    Filter { genes: vec![gene.to_owned()], ..Filter::default() }
}

#[tokio::test]
async fn exploring_has_the_access_rule_of_downloads() {
    let case = case().await;
    assert_eq!(case.rejection().await, None);

    let eve = case.test.user("eve", Plan::Premium);
    let probe = case.records(eve.id, case.job.id).await;
    assert!(matches!(
        probe.err().unwrap(),
        ExploreError::Download(DownloadError::Find(FindError::NotFound(_)))
    ));

    // That the result is open already gives no access after the window.
    settle_result(&case.test.gas, case.job.id).await.unwrap();
    case.test.clock.advance_secs(180);
    assert!(case.rejection().await.unwrap().contains("could be downloaded until"));
    case.test.set_plan(&case.ada, Plan::Premium);
    assert_eq!(case.rejection().await, None);
    case.test.set_plan(&case.ada, Plan::Free);
    archive_result(&case.test.gas, case.job.id).await.unwrap();
    assert!(case.rejection().await.unwrap().contains("are archived"));
    assert_eq!(case.test.objects.with_key("annot.idx").len(), 1, "the index stays");

    let waiting = case.test.pending_job(&case.ada).await;
    let early = case.records(case.ada.id, waiting.id).await;
    assert!(early.err().unwrap().to_string().contains("PENDING"));
}

#[tokio::test]
async fn an_index_that_is_open_is_counted_without_requests_until_retention_deletes_it() {
    let case = case().await;
    let gas = &case.test.gas;
    let overview = async || explore_overview(gas, &case.explorers, &case.access()).await.unwrap();
    let first = overview().await.unwrap();
    let genes: Vec<_> = first.genes.iter().map(|one| (one.gene.as_str(), one.records)).collect();
    assert_eq!(genes, [("ABC", 2), ("XYZ", 1)]);
    case.test.outages.s3.begin();
    assert_eq!(overview().await.as_ref(), Some(&first));
    for change in
        [RetentionChange::InputDeleted { check_at: gas.now() }, RetentionChange::LogsDeleted]
    {
        change_job(&gas.jobs, case.job.id, Change::Retention(change)).await.unwrap();
    }
    assert_eq!(overview().await, None);
}

#[tokio::test]
async fn a_page_equals_a_scan_of_all_records() {
    let case = case().await;
    let sort =
        Sort { key: SortKey::Column(QUALITY.name.clone()), direction: Direction::Descending };
    let filter = only("abc");
    let query = Query { filter, sort, offset: 1, limit: 2, facets: true, ..Query::default() };
    let page = case.page(&query).await.unwrap();
    let mut naive: Vec<_> = RECORDS.iter().filter(|(_, gene, ..)| *gene == "ABC").collect();
    // Missing values come last.
    naive.sort_by_key(|(.., qual)| std::cmp::Reverse(qual.parse::<u32>().ok()));
    let naive: Vec<u32> = naive[1..3].iter().map(|(pos, ..)| *pos).collect();
    assert_eq!(page.rows.iter().map(|row| row.pos).collect::<Vec<_>>(), naive);
    assert_eq!((page.matched, page.total), (3, 5));
    let facets = page.facets.unwrap();
    let counts: Vec<_> = facets.of(&IMPACT).iter().map(|f| (f.value.as_str(), f.records)).collect();
    assert_eq!(counts, [("high", 2), ("low", 1)]);
}

#[tokio::test]
async fn records_are_found_by_number() {
    let case = case().await;
    let details = case.details(2).await.unwrap();
    assert_eq!((details.row.pos, details.row.gene.as_deref()), (30, Some("XYZ")));
    let missing = case.details(5).await.unwrap_err();
    assert!(matches!(missing, ExploreError::NoRecord { number: 5, records: 5, .. }));
}

#[tokio::test]
async fn an_export_has_the_matching_records_and_the_name_of_the_result() {
    let case = case().await;
    let export = case.export(only("XYZ"), ExportFormat::Vcf).await.unwrap();
    assert_eq!(export.file_name, "a.annot.filtered.vcf");
    let text: Vec<u8> = export.content.try_collect::<Vec<_>>().await.unwrap().concat();
    let naive = RECORDS.iter().filter(|(_, gene, ..)| *gene == "XYZ").map(line);
    assert_eq!(String::from_utf8(text).unwrap(), header() + &naive.collect::<String>());
    let all = case.export(Filter::default(), ExportFormat::Csv).await.unwrap();
    assert_eq!(all.file_name, "a.annot.csv");
    let text: Vec<u8> = all.content.try_collect::<Vec<_>>().await.unwrap().concat();
    assert_eq!(text.iter().filter(|byte| **byte == b'\n').count(), 1 + RECORDS.len());
}

#[tokio::test]
async fn an_export_in_several_formats_is_an_archive_of_their_files() {
    let case = case().await;
    let formats = "tsv,vcf_gz_index".parse().unwrap();
    let (gas, explorers) = (&case.test.gas, &case.explorers);
    let access = case.access();
    let export = export_results(gas, explorers, &access, only("XYZ"), &formats).await.unwrap();
    assert_eq!(export.file_name, "a.annot.filtered.zip");
    let pieces = export.content.try_collect::<Vec<_>>().await.unwrap();
    assert!(pieces.iter().all(|piece| !piece.is_empty()));
    let bytes = pieces.concat();
    // The names are in the directory at the end.
    for name in ["a.annot.filtered.vcf.gz", "a.annot.filtered.vcf.gz.tbi", "a.annot.filtered.tsv"] {
        let found = bytes.windows(name.len()).filter(|part| *part == name.as_bytes()).count();
        assert!(found >= 2, "{name}");
    }
}

#[tokio::test]
async fn a_result_without_a_valid_index_can_still_be_downloaded() {
    let case = case().await;
    let job = &case.job;
    let index = case.test.gas.object_keys.index(case.ada.id, job.id, &job.input.name);
    let good = case.test.objects.get(&index).unwrap();
    let mut of_another = Vec::new();
    let other = header() + &line(&RECORDS[0]);
    gas_explorer::index::build(other.as_bytes(), &mut of_another).unwrap();
    for bad in [&good[..good.len() / 2], &of_another] {
        case.test.objects.put(&index, bad);
        let rejected = case.page(&Query::default()).await.unwrap_err();
        assert!(matches!(rejected, ExploreError::NoIndex(_)), "{rejected}");
    }
    case.test.gas.objects.delete(&index).await.unwrap();
    let rejected = case.page(&Query::default()).await.unwrap_err();
    assert!(rejected.to_string().contains("download them instead"), "{rejected}");
    assert!(sign_result_link(&case.test.gas, case.ada.id, job.id).await.is_ok());

    // A failure is not cached.
    case.test.objects.put(&index, &good);
    assert!(case.page(&Query::default()).await.is_ok());
}

#[tokio::test]
async fn a_user_with_too_many_queries_is_told_to_wait() {
    let mut case = case().await;
    let one = AdmissionLimits { running: 1, running_of_each: 1, admitted: 1, admitted_of_each: 1 };
    let limits = PoolLimits { queries: one, exports: one, ..PoolLimits::default() };
    case.explorers = Explorers::new(1 << 20, 1 << 20, limits).unwrap();
    let (gas, explorers) = (&case.test.gas, &case.explorers);
    let query = |_| std::future::pending::<Result<(), ExploreError>>();
    let access = case.access();
    let mut slow = Box::pin(query_results(gas, explorers, &access, query));
    assert!(tokio::time::timeout(Duration::from_millis(200), &mut slow).await.is_err());
    let rejected = case.page(&Query::default()).await.unwrap_err();
    assert!(matches!(rejected, ExploreError::Pool(PoolError::BusyUser)), "{rejected}");
    drop(slow);
    // An export that nobody reads holds its place until it is dropped.
    let mut tries = 0;
    let export = loop {
        match case.export(Filter::default(), ExportFormat::Csv).await {
            Ok(export) => break export,
            // The dropped query has not ended yet.
            Err(error) => assert!(tries < 100, "{error}"),
        }
        tries += 1;
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    let rejected = case.export(Filter::default(), ExportFormat::Csv).await.err().unwrap();
    assert!(matches!(rejected, ExploreError::Pool(PoolError::BusyUser)), "{rejected}");
    drop(export);
}

/// A result whose index has `genes` genes, as the version before the input limits wrote it.
fn hostile(genes: usize) -> (Vec<u8>, Vec<u8>) {
    let mut result = b"##x=".to_vec();
    result.resize(4 << 20, b'A');
    result.extend_from_slice(format!("\n{}{}", header(), line(&RECORDS[0])).as_bytes());
    let index = gas_explorer::synthetic::unlimited_index(&result, genes);
    (result, index)
}

#[tokio::test]
async fn open_results_are_weighed_in_bytes() {
    const LIMIT: u64 = 64 << 20;
    let case = case().await;
    let explorers = Explorers::new(1 << 20, LIMIT, PoolLimits::default()).unwrap();
    let (result, index) = hostile(100_000);
    let mut sum = 0;
    for _ in 0..64 {
        let job = case.test.completed_job_with(&case.ada, &result).await;
        let key = case.test.gas.object_keys.index(case.ada.id, job.id, &job.input.name);
        case.test.objects.put(&key, &index);
        let weight = |explorer: Arc<Explorer>| async move { Ok(explorer.weight()) };
        let access = ResultAccess::of_owner(case.ada.id, job.id);
        sum += query_results(&case.test.gas, &explorers, &access, weight).await.unwrap();
        assert!(explorers.open.weight() <= LIMIT);
        case.test.gas.objects.delete(&key).await.unwrap();
    }
    let (open, held) = (explorers.open.len(), explorers.open.weight());
    println!("64 hostile results weigh {sum} bytes; {open} are open and weigh {held}");
    assert!(sum > 5 * LIMIT, "{sum}");
    assert!(open > 2 && held > LIMIT / 2, "{open} {held}");
}
