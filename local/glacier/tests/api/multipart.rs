//! Tests of archives in parts.

use crate::support::{Glacier, MIB, VAULT, content, output, retrieval};
use aws_sdk_glacier::Client;
use aws_sdk_glacier::operation::complete_multipart_upload::CompleteMultipartUploadError;
use aws_sdk_glacier::operation::upload_multipart_part::UploadMultipartPartError;

const PART: usize = 2 * MIB;

async fn initiate(client: &Client, part_size: usize) -> String {
    let upload = client.initiate_multipart_upload().account_id("-").vault_name(VAULT);
    let upload = upload.archive_description("parts").part_size(part_size.to_string());
    upload.send().await.unwrap().upload_id.unwrap()
}

async fn send(
    client: &Client,
    upload: &str,
    start: usize,
    part: &[u8],
) -> Result<(), UploadMultipartPartError> {
    let range = format!("bytes {start}-{}/*", start + part.len() - 1);
    let sent = client.upload_multipart_part().account_id("-").vault_name(VAULT).upload_id(upload);
    let sent = sent.range(range).body(part.to_vec().into()).send().await;
    sent.map(drop).map_err(|error| error.into_service_error())
}

async fn complete(
    client: &Client,
    upload: &str,
    size: usize,
    hash: &str,
) -> Result<String, CompleteMultipartUploadError> {
    let done = client.complete_multipart_upload().account_id("-").vault_name(VAULT);
    let done = done.upload_id(upload).archive_size(size.to_string()).checksum(hash);
    let done = done.send().await.map_err(|error| error.into_service_error())?;
    Ok(done.archive_id.unwrap())
}

/// The tree hash of the content, taken from an upload in one request.
async fn hash_of(glacier: &Glacier, bytes: &[u8]) -> String {
    let upload = glacier.client.upload_archive().account_id("-").vault_name(VAULT);
    upload.body(bytes.to_vec().into()).send().await.unwrap().checksum.unwrap()
}

#[tokio::test]
async fn parts_in_any_order_become_one_archive() {
    let glacier = Glacier::start().await;
    let client = &glacier.client;
    let bytes = content(2 * PART + MIB + 5);
    let hash = hash_of(&glacier, &bytes).await;
    let upload = initiate(client, PART).await;
    for index in [2, 0, 1] {
        let start = index * PART;
        let part = &bytes[start..(start + PART).min(bytes.len())];
        send(client, &upload, start, part).await.unwrap();
    }
    let parts = client.list_parts().account_id("-").vault_name(VAULT).upload_id(&upload);
    let parts = parts.send().await.unwrap().parts.unwrap();
    let ranges: Vec<_> = parts.iter().map(|part| part.range_in_bytes.clone().unwrap()).collect();
    assert_eq!(ranges, ["0-2097151", "2097152-4194303", "4194304-5242884"]);

    let archive = complete(client, &upload, bytes.len(), &hash).await.unwrap();
    let job = glacier.initiate(retrieval(&archive)).await;
    glacier.ended(&job).await;
    let (whole, checksum) = output(client, &job, None).await;
    assert!(whole == bytes);
    assert_eq!(checksum.unwrap(), hash);
    let (across, _) = output(client, &job, Some("bytes=2097000-2097999")).await;
    assert!(across == bytes[2_097_000..2_098_000]);
}

#[tokio::test]
async fn completing_again_returns_the_same_archive() {
    let glacier = Glacier::start().await;
    let bytes = content(MIB);
    let hash = hash_of(&glacier, &bytes).await;
    let upload = initiate(&glacier.client, MIB).await;
    send(&glacier.client, &upload, 0, &bytes).await.unwrap();
    let archive = complete(&glacier.client, &upload, MIB, &hash).await.unwrap();
    assert_eq!(complete(&glacier.client, &upload, MIB, &hash).await.unwrap(), archive);
    let glacier = glacier.restart(crate::support::NOWHERE).await;
    assert_eq!(complete(&glacier.client, &upload, MIB, &hash).await.unwrap(), archive);
    assert_eq!(glacier.data_files(), 2, "the archive and the part");

    let list = glacier.client.list_multipart_uploads().account_id("-").vault_name(VAULT);
    assert!(list.send().await.unwrap().uploads_list.unwrap().is_empty());
    let late = send(&glacier.client, &upload, 0, &bytes).await.unwrap_err();
    assert!(late.is_resource_not_found_exception(), "{late:?}");
}

#[tokio::test]
async fn inconsistent_parts_are_rejected() {
    let glacier = Glacier::start().await;
    let client = &glacier.client;
    let bytes = content(3 * MIB);
    let hash = hash_of(&glacier, &bytes).await;
    let upload = initiate(client, MIB).await;
    send(client, &upload, 0, &bytes[..MIB]).await.unwrap();
    send(client, &upload, 2 * MIB, &bytes[2 * MIB..]).await.unwrap();
    let rejected = |response: Result<String, CompleteMultipartUploadError>, why: &str| {
        let error = response.unwrap_err();
        assert!(error.is_invalid_parameter_value_exception(), "{why}: {error:?}");
    };
    rejected(complete(client, &upload, 3 * MIB, &hash).await, "a part is missing");
    send(client, &upload, MIB, &bytes[MIB..2 * MIB]).await.unwrap();
    rejected(complete(client, &upload, 3 * MIB - 1, &hash).await, "the size is wrong");
    rejected(complete(client, &upload, 3 * MIB, &"0".repeat(64)).await, "the hash is wrong");
    send(client, &upload, MIB, &bytes[MIB..MIB + 7]).await.unwrap();
    rejected(complete(client, &upload, 2 * MIB + 7, &hash).await, "a part in the middle is short");
    send(client, &upload, MIB, &bytes[MIB..2 * MIB]).await.unwrap();
    complete(client, &upload, 3 * MIB, &hash).await.unwrap();
    assert_eq!(glacier.data_files(), 4, "the archive, and each part once");
}

#[tokio::test]
async fn parts_must_have_the_part_size() {
    let glacier = Glacier::start().await;
    let client = &glacier.client;
    for bad in [0, MIB - 1, 3 * MIB, MIB / 2] {
        let upload = client.initiate_multipart_upload().account_id("-").vault_name(VAULT);
        let error = upload.part_size(bad.to_string()).send().await.unwrap_err();
        assert!(error.into_service_error().is_invalid_parameter_value_exception(), "{bad}");
    }
    let upload = initiate(client, MIB).await;
    for (start, size, why) in [(1, MIB, "not at a multiple"), (0, MIB + 1, "too long")] {
        let error = send(client, &upload, start, &content(size)).await.unwrap_err();
        assert!(error.is_invalid_parameter_value_exception(), "{why}: {error:?}");
    }
    let sent = client.upload_multipart_part().account_id("-").vault_name(VAULT).upload_id(&upload);
    let sent = sent.range("bytes 0-1048575/*").checksum("1".repeat(64)).body(content(MIB).into());
    let error = sent.send().await.unwrap_err().into_service_error();
    assert!(error.is_invalid_parameter_value_exception(), "wrong hash: {error:?}");
    assert_eq!(glacier.data_files(), 0);
}

#[tokio::test]
async fn an_aborted_upload_no_longer_exists() {
    let glacier = Glacier::start().await;
    let client = &glacier.client;
    let upload = initiate(client, MIB).await;
    send(client, &upload, 0, &content(MIB)).await.unwrap();
    let list = client.list_multipart_uploads().account_id("-").vault_name(VAULT);
    let list = list.send().await.unwrap().uploads_list.unwrap();
    assert_eq!(list[0].multipart_upload_id.as_ref(), Some(&upload));
    for _ in 0..2 {
        let abort = client.abort_multipart_upload().account_id("-").vault_name(VAULT);
        abort.upload_id(&upload).send().await.unwrap();
    }
    assert_eq!(glacier.data_files(), 0);
    let error = send(client, &upload, 0, &content(MIB)).await.unwrap_err();
    assert!(error.is_resource_not_found_exception(), "{error:?}");
}

#[tokio::test]
async fn an_upload_continues_after_a_restart() {
    let glacier = Glacier::start().await;
    let bytes = content(2 * MIB);
    let hash = hash_of(&glacier, &bytes).await;
    let upload = initiate(&glacier.client, MIB).await;
    send(&glacier.client, &upload, 0, &bytes[..MIB]).await.unwrap();
    let glacier = glacier.restart(crate::support::NOWHERE).await;
    send(&glacier.client, &upload, MIB, &bytes[MIB..]).await.unwrap();
    complete(&glacier.client, &upload, 2 * MIB, &hash).await.unwrap();
}

#[tokio::test]
async fn a_crash_during_completion_leaves_one_archive() {
    let glacier = Glacier::start().await;
    let bytes = content(MIB);
    let hash = hash_of(&glacier, &bytes).await;
    let upload = initiate(&glacier.client, MIB).await;
    send(&glacier.client, &upload, 0, &bytes).await.unwrap();
    let record = glacier.folder().join(format!("uploads/{upload}.json"));
    let before = std::fs::read(&record).unwrap();
    let archive = complete(&glacier.client, &upload, MIB, &hash).await.unwrap();
    // The state of the disk between the two steps.
    std::fs::write(&record, before).unwrap();
    let glacier = glacier.restart(crate::support::NOWHERE).await;
    assert!(!record.exists());
    assert_eq!(complete(&glacier.client, &upload, MIB, &hash).await.unwrap(), archive);
}
