//! Compares the results of two jobs of a user.

use super::explore::{ExploreError, Explorers, Export};
use super::result_access::{OpenResult, ResultAccess, open_result};
use crate::Gas;
use crate::query_pool::PoolError;
use futures::{StreamExt, TryStreamExt};
use gas_explorer::Explorer;
use gas_shared::comparison::{ComparedJobs, DifferenceKind};
use gas_shared::{JobId, JobView, UserId};
use std::sync::Arc;

/// Compares two results that are open to their owner, with the access rule of
/// [`sign_result_link`](super::sign_result_link). The answer has the counts, and the first differences of a kind or of all.
///
/// # Errors
/// [`ExploreError`]; [`ExploreError::ComparisonTooLong`] if the results are too large for a page.
pub async fn compare_results(
    gas: &Gas,
    explorers: &Explorers,
    owner: UserId,
    jobs: (JobId, JobId),
    kind: Option<DifferenceKind>,
) -> Result<ComparedJobs, ExploreError> {
    let results = open_results(gas, owner, jobs).await?;
    let (first, second) = (JobView::from(&results.0.job), JobView::from(&results.1.job));
    let (gas, opened) = (gas.clone(), explorers.clone());
    let compared = async move {
        let (first, second) = open_both(&gas, &opened, &results).await?;
        Ok::<_, ExploreError>(gas_explorer::compare(first, second, kind).await?)
    };
    let comparison = match explorers.pool.run(owner.into(), compared).await {
        Err(PoolError::TooSlow) => return Err(ExploreError::ComparisonTooLong),
        answer => answer??,
    };
    Ok(ComparedJobs { first, second, comparison })
}

/// Exports the differences of two results, those of a kind or all, as TSV, without a limit on their number.
///
/// # Errors
/// [`ExploreError`]; later errors are items of the content.
pub async fn export_differences(
    gas: &Gas,
    explorers: &Explorers,
    owner: UserId,
    jobs: (JobId, JobId),
    kind: Option<DifferenceKind>,
) -> Result<Export, ExploreError> {
    let results = open_results(gas, owner, jobs).await?;
    let stem = |result: &OpenResult| result.job.input.name.stem().to_owned();
    let file_name = format!("{}.{}.differences.tsv", stem(&results.0), stem(&results.1));
    let (gas, opened) = (gas.clone(), explorers.clone());
    let open = async move { open_both(&gas, &opened, &results).await };
    let (first, second) = explorers.pool.run(owner.into(), open).await??;
    let content = gas_explorer::export_differences(first, second, kind);
    let content = explorers.stream(owner.into(), content).await?;
    // Empty pieces tell the pool that an export goes on.
    let content = content.try_filter(|piece| std::future::ready(!piece.is_empty())).boxed();
    Ok(Export { file_name, content })
}

async fn open_results(
    gas: &Gas,
    owner: UserId,
    (first, second): (JobId, JobId),
) -> Result<(OpenResult, OpenResult), ExploreError> {
    // One after the other, so that another user's job is not found whatever the second one is.
    let open = async |job| open_result(gas, &ResultAccess::of_owner(owner, job)).await;
    Ok((open(first).await?, open(second).await?))
}

async fn open_both(
    gas: &Gas,
    explorers: &Explorers,
    (first, second): &(OpenResult, OpenResult),
) -> Result<(Arc<Explorer>, Arc<Explorer>), ExploreError> {
    Ok((explorers.open(gas, first).await?, explorers.open(gas, second).await?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query_pool::PoolLimits;
    use crate::testkit::TestGas;
    use crate::usecases::{DownloadError, FindError};
    use gas_shared::{Account, Job, Plan};

    fn result(records: &[(u32, &str, &str)]) -> String {
        let line = |(pos, consequence, impact): &(u32, &str, &str)| {
            format!("1\t{pos}\t.\tA\tG\t.\tPASS\tCSQ=G|{consequence}|{impact}|ABC\n")
        };
        "##fileformat=VCFv4.2\n##INFO=<ID=CSQ,Number=.,Type=String,Description=\"Format: \
         Allele|Consequence|IMPACT|SYMBOL\">\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
            .to_owned()
            + &records.iter().map(line).collect::<String>()
    }

    struct Case {
        test: TestGas,
        explorers: Explorers,
    }

    impl Case {
        fn new() -> Self {
            let explorers = Explorers::new(1 << 20, 1 << 20, PoolLimits::default()).unwrap();
            Self { test: TestGas::new(), explorers }
        }

        async fn job(&self, owner: &Account, records: &[(u32, &str, &str)]) -> Job {
            let result = result(records);
            let job = self.test.completed_job_with(owner, result.as_bytes()).await;
            let mut index = Vec::new();
            gas_explorer::index::build(result.as_bytes(), &mut index).unwrap();
            let key = self.test.gas.object_keys.index(owner.id, job.id, &job.input.name);
            self.test.objects.put(&key, &index);
            job
        }

        async fn compare(
            &self,
            owner: &Account,
            jobs: (JobId, JobId),
        ) -> Result<ComparedJobs, ExploreError> {
            compare_results(&self.test.gas, &self.explorers, owner.id, jobs, None).await
        }
    }

    const BEFORE: [(u32, &str, &str); 3] = [
        (10, "missense_variant", "MODERATE"),
        (20, "intron_variant", "MODIFIER"),
        (30, "intron_variant", "MODIFIER"),
    ];
    const AFTER: [(u32, &str, &str); 3] = [
        (10, "stop_gained", "HIGH"),
        (20, "intron_variant", "MODIFIER"),
        (40, "intron_variant", "MODIFIER"),
    ];

    #[tokio::test]
    async fn two_results_are_counted_and_exported() {
        let case = Case::new();
        let ada = case.test.user("ada", Plan::Premium);
        let (first, second) = (case.job(&ada, &BEFORE).await, case.job(&ada, &AFTER).await);
        let jobs = (first.id, second.id);
        let compared = case.compare(&ada, jobs).await.unwrap();
        assert_eq!((compared.first.id, compared.second.id), jobs);
        let counts = compared.comparison;
        assert_eq!((counts.both, counts.only_first, counts.only_second), (2, 1, 1));
        assert_eq!((counts.consequence, counts.impact), (1, 1));
        let positions: Vec<u32> = counts.differences.iter().map(|one| one.pos).collect();
        assert_eq!(positions, [10, 30, 40]);

        let export = export_differences(&case.test.gas, &case.explorers, ada.id, jobs, None).await;
        let export = export.unwrap();
        assert!(export.file_name.ends_with(".differences.tsv"), "{}", export.file_name);
        let pieces: Vec<_> = export.content.try_collect().await.unwrap();
        let text = String::from_utf8(pieces.concat()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4, "{text}");
        let changed = "consequence;impact\t1\t10\tA\tG\tmissense_variant\tstop_gained\tMODERATE\tHIGH\tABC\tABC";
        assert_eq!(lines[1], changed);
        assert!(lines[2].starts_with("only_first\t1\t30\t"), "{text}");
    }

    #[tokio::test]
    async fn both_results_must_be_open_to_the_caller() {
        let case = Case::new();
        let ada = case.test.user("ada", Plan::Free);
        let eve = case.test.user("eve", Plan::Premium);
        let (own, foreign) = (case.job(&eve, &BEFORE).await, case.job(&ada, &AFTER).await);
        for jobs in [(own.id, foreign.id), (foreign.id, own.id)] {
            let error = case.compare(&eve, jobs).await.unwrap_err();
            let is_missing = matches!(
                &error,
                ExploreError::Download(DownloadError::Find(FindError::NotFound(id))) if *id == foreign.id
            );
            assert!(is_missing, "{error}");
            let export =
                export_differences(&case.test.gas, &case.explorers, eve.id, jobs, None).await;
            assert!(export.is_err());
        }
        // The download window of Free is that of comparisons as well.
        let other = case.job(&ada, &BEFORE).await;
        assert!(case.compare(&ada, (foreign.id, other.id)).await.is_ok());
        case.test.clock.advance_secs(181);
        let late = case.compare(&ada, (foreign.id, other.id)).await.unwrap_err();
        assert!(matches!(late, ExploreError::Download(DownloadError::Expired { .. })), "{late}");
    }

    #[tokio::test]
    async fn results_that_are_not_sorted_are_not_compared() {
        let case = Case::new();
        let ada = case.test.user("ada", Plan::Premium);
        let unsorted = [BEFORE[2], BEFORE[0]];
        let (first, second) = (case.job(&ada, &BEFORE).await, case.job(&ada, &unsorted).await);
        let error = case.compare(&ada, (first.id, second.id)).await.unwrap_err();
        assert!(error.to_string().contains("second results cannot be compared"), "{error}");
    }
}
