//! Tests of retrieval jobs, their output and their notifications.

use crate::fake_sns::FakeSns;
use crate::support::{Glacier, MIB, NOWHERE, VAULT, content, output, retrieval};
use aws_sdk_glacier::operation::initiate_job::InitiateJobError;
use aws_sdk_glacier::types::StatusCode;
use serde_json::{Value, json};

const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:gas_complete_thaw";

/// Expedited retrievals finish at once, all others after the test.
const ONLY_EXPEDITED: &[&str] = &["--expedited-secs=0", "--standard-secs=3600", "--bulk-secs=3600"];

async fn rejected(glacier: &Glacier, archive: &str, tier: &str) -> InitiateJobError {
    let job = retrieval(archive).r#type("archive-retrieval").tier(tier).build();
    let began = glacier.client.initiate_job().account_id("-").vault_name(VAULT);
    began.job_parameters(job).send().await.unwrap_err().into_service_error()
}

#[tokio::test]
async fn an_archive_is_retrieved_completely_and_in_ranges() {
    let glacier = Glacier::start().await;
    let bytes = content(5 * MIB + 3);
    let archive = glacier.upload(bytes.clone()).await;
    let job = glacier.initiate(retrieval(&archive).description("job 1").tier("Bulk")).await;
    let ended = glacier.ended(&job).await;
    assert_eq!(ended.status_code, Some(StatusCode::Succeeded));
    assert_eq!(ended.tier.as_deref(), Some("Bulk"));
    assert_eq!(ended.job_description.as_deref(), Some("job 1"));
    assert_eq!(ended.archive_size_in_bytes, Some(5 * MIB as i64 + 3));

    let client = &glacier.client;
    let (whole, hash) = output(client, &job, None).await;
    assert!(whole == bytes);
    assert_eq!(hash, ended.sha256_tree_hash);
    let (second, hash) = output(client, &job, Some("bytes=2097152-4194303")).await;
    assert!(second == bytes[2 * MIB..4 * MIB]);
    let upload = client.upload_archive().account_id("-").vault_name(VAULT);
    let alone = upload.body(bytes[2 * MIB..4 * MIB].to_vec().into()).send().await.unwrap();
    assert_eq!(hash, alone.checksum, "the range is one node of the tree");
    let (odd, hash) = output(client, &job, Some("bytes=1048576-3145727")).await;
    assert!(odd == bytes[MIB..3 * MIB]);
    assert_eq!(hash, None, "the range is not a node of the tree");

    let beyond = client.get_job_output().account_id("-").vault_name(VAULT).job_id(&job);
    let error = beyond.range("bytes=0-5242883").send().await.unwrap_err().into_service_error();
    assert!(error.is_invalid_parameter_value_exception(), "{error:?}");
}

#[tokio::test]
async fn a_job_can_retrieve_a_part_of_an_archive() {
    let glacier = Glacier::start().await;
    let bytes = content(3 * MIB + 9);
    let archive = glacier.upload(bytes.clone()).await;
    let part = retrieval(&archive).retrieval_byte_range("2097152-3145736");
    let job = glacier.initiate(part).await;
    glacier.ended(&job).await;
    let (part, hash) = output(&glacier.client, &job, None).await;
    assert!(part == bytes[2 * MIB..]);
    assert!(hash.is_some());
    let (inner, _) = output(&glacier.client, &job, Some("bytes=10-19")).await;
    assert!(inner == bytes[2 * MIB + 10..2 * MIB + 20]);
    let unaligned = retrieval(&archive).r#type("archive-retrieval").retrieval_byte_range("1-99");
    let began = glacier.client.initiate_job().account_id("-").vault_name(VAULT);
    let error = began.job_parameters(unaligned.build()).send().await.unwrap_err();
    assert!(error.into_service_error().is_invalid_parameter_value_exception());
}

#[tokio::test]
async fn each_tier_has_its_own_duration() {
    let glacier = Glacier::start_with(ONLY_EXPEDITED, NOWHERE).await;
    let archive = glacier.upload(content(10)).await;
    let slow = glacier.initiate(retrieval(&archive)).await;
    let fast = glacier.initiate(retrieval(&archive).tier("Expedited")).await;
    glacier.ended(&fast).await;
    let slow_job = glacier.describe(&slow).await;
    assert_eq!(slow_job.status_code, Some(StatusCode::InProgress));
    assert_eq!(slow_job.tier.as_deref(), Some("Standard"));
    let early = glacier.client.get_job_output().account_id("-").vault_name(VAULT).job_id(&slow);
    let error = early.send().await.unwrap_err().into_service_error();
    assert!(error.is_invalid_parameter_value_exception(), "{error:?}");

    let list = glacier.client.list_jobs().account_id("-").vault_name(VAULT);
    let done = list.clone().completed("true").send().await.unwrap().job_list.unwrap();
    assert_eq!(done.iter().map(|job| job.job_id.clone().unwrap()).collect::<Vec<_>>(), [fast]);
    let open = list.statuscode("InProgress").send().await.unwrap().job_list.unwrap();
    assert_eq!(open.iter().map(|job| job.job_id.clone().unwrap()).collect::<Vec<_>>(), [slow]);
}

#[tokio::test]
async fn expedited_retrievals_can_be_disabled() {
    let glacier = Glacier::start().await;
    let archive = glacier.upload(content(10)).await;
    let switch = async |body: Value| {
        let body = body.to_string();
        glacier.control("PUT", "/_control/expedited", &body).await.0
    };
    assert_eq!(switch(json!({ "capacity": false })).await, 204);
    let error = rejected(&glacier, &archive, "Expedited").await;
    assert!(error.is_insufficient_capacity_exception(), "{error:?}");
    glacier.initiate(retrieval(&archive).tier("Standard")).await;
    let policy = json!({ "capacity": false, "error": "PolicyEnforcedException" });
    assert_eq!(switch(policy).await, 204);
    let error = rejected(&glacier, &archive, "Expedited").await;
    assert!(error.is_policy_enforced_exception(), "{error:?}");
    let other = json!({ "capacity": false, "error": "AccessDeniedException" });
    assert_eq!(switch(other).await, 400);
    assert_eq!(switch(json!({ "capacity": true })).await, 204);
    glacier.initiate(retrieval(&archive).tier("Expedited")).await;
}

#[tokio::test]
async fn retrieving_a_missing_archive_fails() {
    let glacier = Glacier::start().await;
    let error = rejected(&glacier, "no-such-archive", "Standard").await;
    assert!(error.is_resource_not_found_exception(), "{error:?}");
    let job = glacier.client.describe_job().account_id("-").vault_name(VAULT).job_id("none");
    assert!(job.send().await.unwrap_err().into_service_error().is_resource_not_found_exception());
}

#[tokio::test]
async fn the_output_survives_its_archive_but_open_jobs_fail() {
    let glacier = Glacier::start_with(&["--expedited-secs=0", "--standard-secs=2"], NOWHERE).await;
    let archive = glacier.upload(content(10)).await;
    let done = glacier.initiate(retrieval(&archive).tier("Expedited")).await;
    glacier.ended(&done).await;
    let open = glacier.initiate(retrieval(&archive)).await;
    let delete = glacier.client.delete_archive().account_id("-").vault_name(VAULT);
    delete.archive_id(&archive).send().await.unwrap();
    assert_eq!(glacier.ended(&open).await.status_code, Some(StatusCode::Failed));
    let glacier = glacier.restart(NOWHERE).await;
    assert!(output(&glacier.client, &done, None).await.0 == content(10));
}

#[tokio::test]
async fn the_topic_is_notified_when_a_job_finishes() {
    let mut sns = FakeSns::start(0).await;
    let glacier = Glacier::start_with(&["--expedited-secs=0"], &sns.url).await;
    let archive = glacier.upload(content(MIB)).await;
    let job = retrieval(&archive).tier("Expedited").description("job 1").sns_topic(TOPIC);
    let id = glacier.initiate(job).await;
    let published = sns.published.recv().await.unwrap();
    assert_eq!(published.topic_arn, TOPIC);
    let mut message = published.message();
    for moment in ["CreationDate", "CompletionDate"] {
        let text = message[moment].take();
        let text = text.as_str().unwrap();
        assert!(text.len() == 24 && text.ends_with('Z'), "{moment}: {text}");
    }
    let hash = glacier.describe(&id).await.sha256_tree_hash.unwrap();
    let expected = json!({
        "Action": "ArchiveRetrieval",
        "ArchiveId": archive,
        "ArchiveSHA256TreeHash": hash,
        "ArchiveSizeInBytes": MIB,
        "Completed": true,
        "CompletionDate": null,
        "CreationDate": null,
        "InventoryRetrievalParameters": null,
        "InventorySizeInBytes": null,
        "JobDescription": "job 1",
        "JobId": id,
        "RetrievalByteRange": "0-1048575",
        "SHA256TreeHash": hash,
        "SNSTopic": TOPIC,
        "StatusCode": "Succeeded",
        "StatusMessage": "Succeeded",
        "Tier": "Expedited",
        "VaultARN": format!("arn:aws:glacier:us-east-1:000000000000:vaults/{VAULT}"),
    });
    assert_eq!(message, expected);
}

#[tokio::test]
async fn a_notification_is_repeated_until_sns_accepts_it() {
    // The SDK itself makes up to three attempts.
    let mut sns = FakeSns::start(4).await;
    let glacier = Glacier::start_with(&["--expedited-secs=0"], &sns.url).await;
    let archive = glacier.upload(content(10)).await;
    let job = retrieval(&archive).tier("Expedited").sns_topic(TOPIC);
    let id = glacier.initiate(job).await;
    assert_eq!(sns.published.recv().await.unwrap().message()["JobId"], id);
    assert_eq!(sns.rejections_left(), 0);
}

#[tokio::test]
async fn a_restart_loses_neither_jobs_nor_notifications() {
    let glacier = Glacier::start_with(&["--expedited-secs=0", "--standard-secs=1"], NOWHERE).await;
    let archive = glacier.upload(content(10)).await;
    let unnotified = retrieval(&archive).tier("Expedited").sns_topic(TOPIC);
    let unnotified = glacier.initiate(unnotified).await;
    glacier.ended(&unnotified).await;
    let open = glacier.initiate(retrieval(&archive).sns_topic(TOPIC)).await;
    let mut sns = FakeSns::start(0).await;
    let glacier = glacier.restart(&sns.url).await;
    let mut notified = Vec::new();
    for _ in 0..2 {
        let message = sns.published.recv().await.unwrap().message();
        notified.push(message["JobId"].as_str().unwrap().to_owned());
    }
    assert!(notified.contains(&unnotified) && notified.contains(&open), "{notified:?}");
    assert!(output(&glacier.client, &open, None).await.0 == content(10));
    let glacier = glacier.restart(&sns.url).await;
    glacier.describe(&open).await;
    assert!(sns.published.try_recv().is_err(), "each end is published once");
}

#[tokio::test]
async fn the_output_is_kept_for_a_day() {
    let glacier = Glacier::start().await;
    let archive = glacier.upload(content(10)).await;
    let job = glacier.initiate(retrieval(&archive)).await;
    glacier.ended(&job).await;
    let delete = glacier.client.delete_archive().account_id("-").vault_name(VAULT);
    delete.archive_id(&archive).send().await.unwrap();
    let record = glacier.folder().join(format!("jobs/{job}.json"));
    let ended = |hours: i64| {
        let mut content: Value = serde_json::from_slice(&std::fs::read(&record).unwrap()).unwrap();
        let moment = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(hours);
        content["end"]["at"] = json!(moment);
        std::fs::write(&record, content.to_string()).unwrap();
    };
    ended(23);
    let glacier = glacier.restart(NOWHERE).await;
    assert!(output(&glacier.client, &job, None).await.0 == content(10));
    ended(25);
    let glacier = glacier.restart(NOWHERE).await;
    let described = glacier.client.describe_job().account_id("-").vault_name(VAULT).job_id(&job);
    while described.clone().send().await.is_ok() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(!record.exists());
    assert_eq!(glacier.data_files(), 0);
}
