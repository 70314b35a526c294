//! A newer version runs beside this one, or ran before a roll back: what it has written stays.

use crate::stack::stack;
use anyhow::{Context, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use gas_shared::JobStatus;
use gas_tests::{Client, sample};

/// An attribute that no version knows.
const NEWER: &str = "attribute_of_a_newer_version";

#[tokio::test]
async fn what_a_newer_version_has_written_stays_in_the_row_of_a_job() -> Result<()> {
    let stack = stack();
    let client = Client::signed_in(&stack.web_url(), "ada-mixed-versions").await?;
    let upload = client.upload("free.vcf", sample("free.vcf")?.as_bytes()).await?;
    let id = upload.ticket.job_id;
    let written =
        AttributeValue::L(vec![AttributeValue::N("7".into()), AttributeValue::Bool(true)]);
    let dynamodb = stack.dynamodb().await;
    dynamodb
        .update_item()
        .table_name(stack.annotations_table())
        .key("job_id", AttributeValue::S(id.to_string()))
        .update_expression(format!("set {NEWER} = :written"))
        .expression_attribute_values(":written", written.clone())
        .send()
        .await?;

    // The web server, a worker and the utility node write the row in turn.
    client.confirm(id).await?;
    client.wait_for(id, &[JobStatus::Completed]).await?;
    let item = dynamodb
        .get_item()
        .table_name(stack.annotations_table())
        .key("job_id", AttributeValue::S(id.to_string()))
        .consistent_read(true)
        .send()
        .await?
        .item
        .context("the row is gone")?;
    assert_eq!(item.get(NEWER), Some(&written));
    // Attributes of the states before do not stay.
    for name in ["queue_time", "claim_id", "heartbeat_time", "progress_step", "active_status"] {
        assert!(!item.contains_key(name), "{name}");
    }
    Ok(())
}
