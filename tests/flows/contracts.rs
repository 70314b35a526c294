//! The contracts of the ports, checked on the adapters against the emulators. `backend/src/testkit` has
//! the contracts, which the in-memory fakes fulfill too.

use crate::stack::{Stack, stack};
use anyhow::{Context, Result, bail};
use aws_sdk_dynamodb::types::{
    AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement,
};
use gas_backend::catalog::ObjectCatalog;
use gas_backend::deployment::{ArchiveBackEnd, ArchiveSettings};
use gas_backend::ports::{
    AccountData, Accounts, Administration, CurrentPlan, Identity, JobStore, Manifest, ObjectStore,
    PartRule, PartUploads, SavedItems, ShareLinkRow, ShareLinks, Topic, UploadOutcome,
    WriteOutcome,
};
use gas_backend::postgres::{
    PostgresAccountData, PostgresAccounts, PostgresAuditLog, PostgresSessions,
};
use gas_backend::testkit::{
    archive_capacity_contract, archive_contract, audit_contract, catalog_contract,
    dispatches_contract, job_store_contract, object_store_contract, private_references_contract,
    queue_contract, rate_limiter_contract, reference_manifest, saved_items_contract,
    sessions_contract, share_links_contract, source_manifest, stored_bytes_contract,
};
use gas_shared::catalog::CatalogFile;
use gas_shared::job::{JobState, ObjectLocation};
use gas_shared::reference::Sha256;
use gas_shared::share_link::{ShareLink, ShareTerm};
use gas_shared::{FileName, Job, JobId, JobStatus, Plan, ShareLinkId, UserId};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

/// A copy of a table without rows, because the workers and the reconciler of the stack act on every row of
/// their tables.
async fn empty_copy(stack: &Stack, of: &str) -> Result<String> {
    let client = stack.dynamodb().await;
    let described = client.describe_table().table_name(of).send().await?;
    let table = described.table.context("the table is not described")?;
    let name = format!("{of}-{}", Uuid::new_v4());
    let mut create = client
        .create_table()
        .table_name(&name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_key_schema(table.key_schema)
        .set_attribute_definitions(table.attribute_definitions);
    for index in table.global_secondary_indexes.unwrap_or_default() {
        let keys: Vec<KeySchemaElement> = index.key_schema.unwrap_or_default();
        let index = GlobalSecondaryIndex::builder()
            .set_index_name(index.index_name)
            .set_key_schema(Some(keys))
            .set_projection(index.projection);
        create = create.global_secondary_indexes(index.build()?);
    }
    create.send().await?;
    Ok(name)
}

#[tokio::test]
async fn dynamodb_fulfills_the_contract_of_the_job_store() -> Result<()> {
    let stack = stack();
    let table = empty_copy(&stack, stack.annotations_table()).await?;
    // Fewer rows in a page, so that the contract's rows need several calls.
    let store = stack.sdk().await.job_store(&table).with_overdue_pages_of(5);
    job_store_contract(&store).await;
    let sharded = empty_copy(&stack, stack.annotations_table()).await?;
    let store = stack.sdk().await.job_store(&sharded).with_overdue_pages_of(5);
    job_store_contract(&store.with_sharded_queue_index(true)).await;
    for table in [table, sharded] {
        stack.dynamodb().await.delete_table().table_name(table).send().await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_queue_has_rows_with_and_without_a_shard_in_one_order() -> Result<()> {
    let stack = stack();
    let table = empty_copy(&stack, stack.annotations_table()).await?;
    let plain = stack.sdk().await.job_store(&table);
    let sharded = plain.clone().with_sharded_queue_index(true);
    let mut ids = Vec::new();
    for number in 0..12 {
        let id = JobId::new(Uuid::from_u128(number));
        let at = Timestamp::from_second(1_790_000_000 + i64::try_from(number)?)?;
        let file = ObjectLocation { bucket: "in".to_owned(), key: "key".to_owned() };
        let owner = UserId::new(Uuid::nil());
        let job = Job::new(id, owner, FileName::parse("a.vcf")?, file, at);
        let job = Job { state: JobState::Pending { since: at }, ..job };
        let store = if number % 3 == 0 { &plain } else { &sharded };
        assert_eq!(store.insert(&job).await?, WriteOutcome::Written);
        ids.push(id);
    }
    for store in [&plain, &sharded] {
        assert_eq!(store.queue(JobStatus::Pending).await?, ids);
    }
    // A version that knows shards but does not write them takes over.
    let job = plain.job(ids[1]).await?.context("no job")?;
    let cancelled = JobState::Cancelled { at: Timestamp::from_second(1_790_000_100)? };
    let ended = Job { version: job.version + 1, state: cancelled, ..job };
    assert_eq!(plain.replace(&ended).await?, WriteOutcome::Written);
    assert!(!sharded.queue(JobStatus::Pending).await?.contains(&ids[1]));
    stack.dynamodb().await.delete_table().table_name(&table).send().await?;
    Ok(())
}

#[tokio::test]
async fn dynamodb_fulfills_the_contract_of_private_references() -> Result<()> {
    let stack = stack();
    let table = empty_copy(&stack, stack.private_references_table()).await?;
    private_references_contract(&stack.sdk().await.private_reference_store(&table)).await;
    stack.dynamodb().await.delete_table().table_name(&table).send().await?;
    Ok(())
}

#[tokio::test]
async fn unreadable_rows_do_not_starve_a_shard() -> Result<()> {
    let stack = stack();
    let table = empty_copy(&stack, stack.annotations_table()).await?;
    let client = stack.dynamodb().await;
    let put = async |id: &str, due: i64| {
        client
            .put_item()
            .table_name(&table)
            .item("job_id", AttributeValue::S(id.to_owned()))
            .item("due_shard", AttributeValue::S("a".to_owned()))
            .item("due_time", AttributeValue::N(due.to_string()))
            .send()
            .await
    };
    for number in 0..60 {
        put(&format!("a{number} is no job ID"), number).await?;
    }
    let last = JobId::new(Uuid::from_u128(0xa << 124));
    put(&last.to_string(), 1_000).await?;
    // A call reads 50 rows of a shard.
    let store = stack.sdk().await.job_store(&table).with_overdue_pages_of(5);
    let now = Timestamp::now();
    assert_eq!(store.overdue_jobs(now).await?, []);
    assert_eq!(store.overdue_jobs(now).await?, [last]);
    assert_eq!(store.overdue_jobs(now).await?, [], "it begins with the oldest rows again");
    client.delete_table().table_name(&table).send().await?;
    Ok(())
}

#[tokio::test]
async fn users_of_an_older_version_get_retention_once_and_new_ones_have_it() -> Result<()> {
    let pool = stack().pool().await?;
    let data = PostgresAccountData::new(pool.clone());
    let (old, new) = (new_user(&pool).await?, new_user(&pool).await?);
    let forget = sqlx::query("update profiles set has_retention = false where identity_id = $1");
    forget.bind(old.as_uuid()).execute(&pool).await?;
    let listed = async || data.users_without_retention(1_000).await;
    // The utility node of the stack may have been faster.
    let users = listed().await?;
    assert!(!users.contains(&new));
    data.mark_retention(old).await?;
    assert!(!listed().await?.contains(&old));
    let accounts = PostgresAccounts::new(pool);
    let free = CurrentPlan { plan: Plan::Free, since: None };
    assert_eq!(accounts.current_plan(new).await?, Some(free));
    assert_eq!(accounts.current_plan(UserId::new(Uuid::new_v4())).await?, None);
    Ok(())
}

#[tokio::test]
async fn sqs_fulfills_the_contract_of_the_queue() -> Result<()> {
    let stack = stack();
    let client = stack.sqs().await;
    let created = client.create_queue().queue_name(format!("contract-{}", Uuid::new_v4()));
    let url = created.send().await?.queue_url.context("the queue has no URL")?;
    queue_contract(&stack.sdk().await.queue(&url)).await;
    client.delete_queue().queue_url(&url).send().await?;
    Ok(())
}

/// A user with a profile.
pub(crate) async fn new_user(pool: &sqlx::PgPool) -> Result<UserId> {
    let identity = Identity {
        id: UserId::new(Uuid::new_v4()),
        name: "Contract".into(),
        email: "contract@example.org".into(),
        institution: String::new(),
    };
    PostgresAccounts::new(pool.clone()).record_sign_in(&identity).await?;
    Ok(identity.id)
}

#[tokio::test]
async fn postgresql_fulfills_the_contract_of_the_session_store() -> Result<()> {
    let pool = stack().pool().await?;
    sessions_contract(&PostgresSessions::new(pool.clone()), new_user(&pool).await?).await;
    Ok(())
}

#[tokio::test]
async fn postgresql_fulfills_the_contract_of_saved_items() -> Result<()> {
    let pool = stack().pool().await?;
    let (user, other) = (new_user(&pool).await?, new_user(&pool).await?);
    let store = gas_backend::postgres::PostgresSavedItems::new(pool.clone());
    saved_items_contract(&store, user, other).await;
    // They go with the profile.
    let accounts = gas_backend::postgres::PostgresAccountData::new(pool);
    let now = Timestamp::now();
    accounts.request_deletion(user, now).await?;
    accounts.purge(user, now).await?;
    assert_eq!(store.saved_by(user).await?, []);
    Ok(())
}

#[tokio::test]
async fn postgresql_fulfills_the_contract_of_share_links() -> Result<()> {
    let pool = stack().pool().await?;
    let (user, other) = (new_user(&pool).await?, new_user(&pool).await?);
    let store = gas_backend::postgres::PostgresShareLinks::new(pool.clone());
    share_links_contract(&store, user, other).await;
    // They end when the account is closed, or the user is blocked.
    let now = Timestamp::now();
    let accounts = gas_backend::postgres::PostgresAccountData::new(pool.clone());
    accounts.request_deletion(user, now).await?;
    assert_eq!(store.links_of(user, None).await?, []);
    let administration = gas_backend::postgres::PostgresAdministration::new(pool);
    assert_eq!(store.links_of(other, None).await?.len(), 1);
    administration.set_blocked(other, Some(now)).await?;
    assert_eq!(store.links_of(other, None).await?, []);
    let late = share_link(other);
    assert!(store.insert(&late, 1).await.is_err(), "a blocked user gets no links");
    assert!(store.insert(&share_link(user), 1).await.is_err(), "nor does a closing account");
    Ok(())
}

/// A new share link of a user.
fn share_link(owner: UserId) -> ShareLinkRow {
    let created_at = Timestamp::now();
    let link = ShareLink {
        id: ShareLinkId::new(Uuid::new_v4()),
        job_id: JobId::new(Uuid::new_v4()),
        allows_downloads: true,
        created_at,
        expires_at: ShareTerm::Day.end(created_at),
        opened: 0,
        last_opened_at: None,
    };
    ShareLinkRow { owner, hash: Uuid::new_v4().to_string(), link }
}

#[tokio::test]
async fn postgresql_fulfills_the_contract_of_the_audit_log() -> Result<()> {
    let pool = stack().pool().await?;
    audit_contract(&PostgresAuditLog::new(pool.clone()), new_user(&pool).await?).await;
    Ok(())
}

#[tokio::test]
async fn postgresql_fulfills_the_contract_of_the_dispatches() -> Result<()> {
    let pool = stack().pool().await?;
    dispatches_contract(&gas_backend::postgres::PostgresDispatches::new(pool)).await;
    Ok(())
}

#[tokio::test]
async fn postgresql_fulfills_the_contract_of_the_stored_bytes() -> Result<()> {
    let pool = stack().pool().await?;
    let user = new_user(&pool).await?;
    stored_bytes_contract(&gas_backend::postgres::PostgresStoredBytes::new(pool), user).await;
    Ok(())
}

#[tokio::test]
async fn postgresql_fulfills_the_contract_of_the_rate_limiter() -> Result<()> {
    let pool = stack().pool().await?;
    let limiter = gas_backend::postgres::PostgresRateLimiter::new(pool);
    rate_limiter_contract(&limiter, &Uuid::new_v4().to_string()).await;
    Ok(())
}

#[tokio::test]
async fn the_event_queue_of_a_dead_process_is_deleted_and_a_living_one_replaces_its_own()
-> Result<()> {
    let stack = stack();
    let sdk = stack.sdk().await;
    let topic =
        stack.sns().await.create_topic().name(format!("t-{}", Uuid::new_v4())).send().await?;
    let topic = topic.topic_arn.context("no topic")?;
    let prefix = format!("r{}", Uuid::new_v4().simple());
    let mut queue = sdk.event_queue(&prefix, &topic).await?;
    let reaper = sdk.event_queue_reaper(&prefix, &topic);
    let now = Timestamp::now();
    assert_eq!(reaper.reap(now + SignedDuration::from_mins(59)).await?, 0);
    sdk.topic(&topic).publish("one").await?;
    assert_eq!(queue.receive().await?, ["one"]);

    // As if the process had not been seen for an hour.
    assert_eq!(reaper.reap(now + SignedDuration::from_mins(61)).await?, 1);
    queue.receive().await.unwrap_err();
    sdk.topic(&topic).publish("two").await?;
    assert_eq!(queue.receive().await?, ["two"]);
    let subscriptions = async || -> Result<usize> {
        let list = stack.sns().await.list_subscriptions_by_topic().topic_arn(&topic).send().await?;
        Ok(list.subscriptions().len())
    };
    assert_eq!(subscriptions().await?, 1);
    drop(queue);
    assert_eq!(reaper.reap(now + SignedDuration::from_mins(61)).await?, 1);
    assert_eq!(subscriptions().await?, 0);
    stack.sns().await.delete_topic().topic_arn(&topic).send().await?;
    Ok(())
}

#[tokio::test]
async fn s3_fulfills_the_contract_of_the_object_store() -> Result<()> {
    let stack = stack();
    let sdk = stack.sdk().await;
    let (objects, uploads) = (sdk.object_store(true), sdk.part_uploads(true));
    let folder = tempfile::tempdir()?;
    let http = reqwest::Client::new();
    let put_part = async |rule: &PartRule<'_>, bytes: &[u8]| {
        let url = uploads.sign_part(rule).await.expect("a part can be signed");
        let sent = http.put(url).body(bytes.to_vec()).send().await.expect("S3 is reachable");
        assert!(sent.status().is_success(), "{sent:?}");
    };
    let bucket = stack.inputs_bucket();
    object_store_contract(&objects, &uploads, &bucket, folder.path(), &put_part).await;
    // The smallest part of S3, so that the contract's larger objects are copied in parts.
    let objects = objects.copying_in_parts_of(5 << 20);
    object_store_contract(&objects, &uploads, &bucket, folder.path(), &put_part).await;
    Ok(())
}

#[tokio::test]
async fn s3_fulfills_the_contract_of_the_catalogs_of_references_and_sources() -> Result<()> {
    catalog_in_s3(|id, file| reference_manifest(id, vec![file])).await?;
    catalog_in_s3(source_manifest).await
}

async fn catalog_in_s3<M: Manifest>(manifest: impl Fn(&str, CatalogFile) -> M) -> Result<()> {
    let stack = stack();
    let objects = Arc::new(stack.sdk().await.object_store(true));
    let catalog = ObjectCatalog::<M>::new(objects.clone(), &stack.references_bucket(), "gas");
    let folder = tempfile::tempdir()?;
    let damage = async |digest: &Sha256| {
        let object = catalog.object(digest);
        let size = objects.head(&object).await.expect("S3 is reachable").map_or(0, |o| o.size);
        let other = vec![b'?'; size as usize];
        objects.write(&object, other.into(), "text/plain").await.expect("S3 is reachable");
    };
    catalog_contract(&catalog, folder.path(), manifest, damage).await;
    Ok(())
}

/// The numbers of versions and of delete markers of the objects with a prefix.
async fn versions(stack: &Stack, bucket: &str, prefix: &str) -> Result<(usize, usize)> {
    let listed = stack.s3().await.list_object_versions().bucket(bucket).prefix(prefix);
    let listed = listed.send().await?;
    Ok((listed.versions().len(), listed.delete_markers().len()))
}

#[tokio::test]
async fn erased_objects_leave_no_version_and_no_delete_marker() -> Result<()> {
    let stack = stack();
    let objects = stack.sdk().await.object_store(true);
    let bucket = stack.inputs_bucket();
    let prefix = format!("contract/{}/job~", Uuid::new_v4());
    let object =
        |name: &str| ObjectLocation { bucket: bucket.clone(), key: format!("{prefix}{name}") };
    for content in ["first", "second"] {
        objects.write(&object("a.run.log"), content.into(), "text/plain").await?;
    }
    objects.write(&object("a.annot.vcf"), "x".into(), "text/plain").await?;
    objects.delete(&object("a.annot.vcf")).await?;
    assert_eq!(
        versions(&stack, &bucket, &prefix).await?,
        (3, 1),
        "a plain deletion has a way back"
    );
    objects.erase(&bucket, &prefix).await?;
    assert_eq!(versions(&stack, &bucket, &prefix).await?, (0, 0));
    Ok(())
}

/// An archive that publishes to a topic that no process of the stack reads.
async fn settings(stack: &Stack, back_end: ArchiveBackEnd) -> Result<ArchiveSettings> {
    let name = format!("contract-{}", Uuid::new_v4());
    let topic = stack.sns().await.create_topic().name(&name).send().await?;
    Ok(ArchiveSettings {
        archive_back_end: back_end,
        archive_vault: name,
        archive_bucket: stack.inputs_bucket(),
        complete_thaw_topic_arn: topic.topic_arn.context("the topic has no ARN")?,
    })
}

#[tokio::test]
async fn a_glacier_vault_fulfills_the_contract_of_the_archive() -> Result<()> {
    let stack = stack();
    let objects = stack.sdk().await.object_store(true);
    let settings = settings(&stack, ArchiveBackEnd::Vault).await?;
    let archive = stack.sdk().await.archive(&settings, true);
    let bucket = stack.inputs_bucket();
    archive_contract(&*archive, &objects, &bucket).await;

    for error in ["InsufficientCapacityException", "PolicyEnforcedException"] {
        let set_capacity = async |capacity: bool| {
            let switch = json!({ "capacity": capacity, "error": error });
            stack.control_glacier("expedited", &switch).await.expect("the emulator is reachable");
        };
        archive_capacity_contract(&*archive, &objects, &bucket, set_capacity).await;
    }
    Ok(())
}

#[tokio::test]
async fn the_storage_class_glacier_fulfills_the_contract_of_the_archive() -> Result<()> {
    let stack = stack();
    let objects = stack.sdk().await.object_store(true);
    let settings = settings(&stack, ArchiveBackEnd::S3).await?;
    let archive = stack.sdk().await.archive(&settings, true);
    archive_contract(&*archive, &objects, &stack.inputs_bucket()).await;

    let file = ObjectLocation {
        bucket: stack.inputs_bucket(),
        key: format!("contract/{}", Uuid::new_v4()),
    };
    objects.write(&file, "result".into(), "text/plain").await?;
    let ticket = archive.begin_upload(JobId::new(Uuid::new_v4()), &file).await?;
    let UploadOutcome::Stored { archive_id, .. } = archive.upload(&ticket, &file).await? else {
        bail!("the upload is gone");
    };
    archive.delete(&archive_id).await?;
    assert_eq!(versions(&stack, &file.bucket, &archive_id).await?, (0, 0));
    Ok(())
}
