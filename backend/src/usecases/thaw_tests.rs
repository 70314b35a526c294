//! Tests of thaws: which results are retrieved, at which tier.

use super::*;
use crate::testkit::TestGas;
use crate::usecases::{apply_plan_change, archive_result, settle_result};
use gas_shared::Account;

/// A user with a number of archived results.
async fn archived(count: u32) -> (TestGas, Account) {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    for _ in 0..count {
        let job = test.completed_job(&ada).await;
        settle_result(&test.gas, job.id).await.unwrap();
        test.clock.advance_secs(180);
        archive_result(&test.gas, job.id).await.unwrap();
    }
    (test, ada)
}

#[tokio::test]
async fn an_upgrade_requests_every_archived_result_once() {
    let (test, ada) = archived(250).await;
    let ada = test.set_plan(&ada, Plan::Premium);
    apply_plan_change(&test.gas, &ada, test.gas.now()).await.unwrap();
    assert_eq!(test.start_thaw.bodies(), [format!("{{\"user_id\":\"{}\"}}", ada.id)]);
    for started in [250, 0, 0] {
        let thawed = thaw_results(&test.gas, ada.id).await.unwrap();
        assert_eq!(thawed, Thawed { started, failed: 0 });
    }
    let retrievals = test.archive.retrievals();
    assert_eq!(retrievals.len(), 250);
    let (expedited, standard) = retrievals.split_at(20);
    assert!(expedited.iter().all(|(.., tier)| *tier == Tier::Expedited));
    assert!(standard.iter().all(|(.., tier)| *tier == Tier::Standard));
    let submitted = |job| test.job(job).submitted_at;
    assert!(
        retrievals.is_sorted_by(|(a, ..), (b, ..)| submitted(*a) >= submitted(*b)),
        "the newest results come first"
    );
}

#[tokio::test]
async fn nothing_is_requested_for_a_user_on_free() {
    let (test, ada) = archived(1).await;
    assert_eq!(thaw_results(&test.gas, ada.id).await.unwrap(), Thawed::default());
    assert_eq!(test.archive.retrievals(), []);
}

#[tokio::test]
async fn without_expedited_capacity_the_standard_tier_is_used_and_recorded() {
    let (test, ada) = archived(1).await;
    test.set_plan(&ada, Plan::Premium);
    test.archive.set_expedited_capacity(false);
    thaw_results(&test.gas, ada.id).await.unwrap();
    let job = test.gas.jobs.store.jobs_of(ada.id, None, 1).await.unwrap().jobs.remove(0);
    let Some(Results::Thawing { retrieval, .. }) = results(&job) else { panic!("{job:?}") };
    assert_eq!((retrieval.tier, retrieval.id.as_str()), (Tier::Standard, "retrieval-1"));
}

#[tokio::test]
async fn an_upgrade_between_archiving_and_deletion_deletes_the_object_first() {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let job = test.completed_job(&ada).await;
    settle_result(&test.gas, job.id).await.unwrap();
    test.clock.advance_secs(180);
    // Crashes at each step until the row says that the file is archived and its object still
    // exists.
    for step in 1.. {
        test.crash.after(step);
        let _ = archive_result(&test.gas, job.id).await;
        test.crash.recover();
        if matches!(results(&test.job(job.id)), Some(Results::Archived { leftover: Some(_), .. })) {
            break;
        }
        assert!(step < 20, "never archived with its object left");
    }
    test.set_plan(&ada, Plan::Premium);
    assert_eq!(thaw_results(&test.gas, ada.id).await.unwrap().started, 1);
    assert_eq!(test.objects.with_key("annot.vcf"), []);
    assert!(matches!(results(&test.job(job.id)), Some(Results::Thawing { .. })));
}

#[tokio::test]
async fn an_overdue_retrieval_is_requested_again_at_the_standard_tier() {
    let (test, ada) = archived(1).await;
    test.set_plan(&ada, Plan::Premium);
    thaw_results(&test.gas, ada.id).await.unwrap();
    let job = test.archive.retrievals()[0].0;
    retry_thaw(&test.gas, job).await.unwrap();
    let tiers: Vec<Tier> = test.archive.retrievals().iter().map(|(.., tier)| *tier).collect();
    assert_eq!(tiers, [Tier::Expedited, Tier::Standard]);
}

#[tokio::test]
async fn an_overdue_retrieval_is_not_requested_again_for_a_user_on_free() {
    let (test, ada) = archived(1).await;
    let premium = test.set_plan(&ada, Plan::Premium);
    thaw_results(&test.gas, ada.id).await.unwrap();
    test.set_plan(&premium, Plan::Free);
    let job = test.archive.retrievals()[0].0;
    retry_thaw(&test.gas, job).await.unwrap();
    assert_eq!(test.archive.retrievals().len(), 1);
    assert!(matches!(results(&test.job(job)), Some(Results::Archived { .. })));
}
