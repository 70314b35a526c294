//! Tests of vaults, and of archives in one request.

use crate::support::{Glacier, MIB, VAULT, content};
use aws_sdk_glacier::error::ProvideErrorMetadata as _;
use serde_json::Value;

#[tokio::test]
async fn a_vault_is_created_once_and_counts_its_archives() {
    let glacier = Glacier::start().await;
    let client = &glacier.client;
    let made = client.create_vault().account_id("000000000000").vault_name(VAULT).send().await;
    assert_eq!(made.unwrap().location.unwrap(), format!("/000000000000/vaults/{VAULT}"));
    glacier.upload(content(1000)).await;
    let vault = client.describe_vault().account_id("-").vault_name(VAULT).send().await.unwrap();
    let arn = format!("arn:aws:glacier:us-east-1:000000000000:vaults/{VAULT}");
    assert_eq!(vault.vault_arn.unwrap(), arn);
    assert_eq!((vault.number_of_archives, vault.size_in_bytes), (1, 1000));
    let list = client.list_vaults().account_id("-").send().await.unwrap();
    assert_eq!(list.vault_list.unwrap().len(), 1);
}

#[tokio::test]
async fn a_vault_is_deleted_when_it_is_empty() {
    let glacier = Glacier::start().await;
    let delete = || glacier.client.delete_vault().account_id("-").vault_name(VAULT).send();
    let archive = glacier.upload(content(10)).await;
    let error = delete().await.unwrap_err().into_service_error();
    assert!(error.is_invalid_parameter_value_exception(), "{error:?}");
    let removed = glacier.client.delete_archive().account_id("-").vault_name(VAULT);
    removed.archive_id(archive).send().await.unwrap();
    delete().await.unwrap();
    delete().await.unwrap();
    let gone = glacier.client.describe_vault().account_id("-").vault_name(VAULT).send().await;
    assert!(gone.unwrap_err().into_service_error().is_resource_not_found_exception());
}

#[tokio::test]
async fn the_tree_hash_equals_that_of_the_sdk() {
    let glacier = Glacier::start().await;
    for size in [1, MIB, MIB + 1, 3 * MIB, 5 * MIB + 7] {
        let upload = glacier.client.upload_archive().account_id("-").vault_name(VAULT);
        let uploaded = upload.body(content(size).into()).send().await.unwrap();
        assert_eq!(uploaded.checksum.unwrap().len(), 64, "{size}");
        assert_eq!(uploaded.archive_id.unwrap().len(), 138, "{size}");
    }
}

#[tokio::test]
async fn content_with_a_wrong_hash_is_rejected_and_not_stored() {
    let glacier = Glacier::start().await;
    let upload = glacier.client.upload_archive().account_id("-").vault_name(VAULT);
    let upload = upload.checksum("0".repeat(64)).body(content(2 * MIB).into());
    let error = upload.send().await.unwrap_err().into_service_error();
    assert!(error.is_invalid_parameter_value_exception(), "{error:?}");
    assert!(error.message().unwrap().starts_with("Checksum mismatch"), "{error:?}");
    assert_eq!(glacier.data_files(), 0);
    assert_eq!(std::fs::read_dir(glacier.folder().join("tmp")).unwrap().count(), 0);
}

#[tokio::test]
async fn an_archive_needs_an_existing_vault() {
    let glacier = Glacier::start().await;
    let upload = glacier.client.upload_archive().account_id("-").vault_name("other");
    let error = upload.body(content(10).into()).send().await.unwrap_err().into_service_error();
    assert!(error.is_resource_not_found_exception(), "{error:?}");
    assert_eq!(glacier.data_files(), 0);
}

#[tokio::test]
async fn deleting_twice_succeeds_and_frees_the_disk() {
    let glacier = Glacier::start().await;
    let archive = glacier.upload(content(10)).await;
    assert_eq!(glacier.data_files(), 1);
    for _ in 0..2 {
        let delete = glacier.client.delete_archive().account_id("-").vault_name(VAULT);
        delete.archive_id(&archive).send().await.unwrap();
        assert_eq!(glacier.data_files(), 0);
    }
}

#[tokio::test]
async fn another_account_is_rejected() {
    let glacier = Glacier::start().await;
    let list = glacier.client.list_vaults().account_id("111122223333").send().await;
    let error = list.unwrap_err().into_service_error();
    assert_eq!(error.code(), Some("AccessDeniedException"));
}

#[tokio::test]
async fn the_control_endpoint_lists_stored_archives() {
    let glacier = Glacier::start().await;
    let id = glacier.upload(content(123)).await;
    assert_eq!(glacier.control("GET", "/_control/health", "").await.0, 200);
    let (status, body) = glacier.control("GET", "/_control/archives", "").await;
    assert_eq!(status, 200);
    let archives: Value = serde_json::from_str(&body).unwrap();
    let [archive] = archives.as_array().unwrap().as_slice() else { panic!("{archives}") };
    assert_eq!(archive["id"], id);
    assert_eq!(archive["vault"], VAULT);
    assert_eq!(archive["size"], 123);
    assert_eq!(archive["description"], "job 1");
}
