//! The port [`PrivateReferenceStore`] on a DynamoDB table: hash `user_id`, range `reference_id`, and a
//! sparse index of rows with a deadline.

use super::Item;
use crate::ports::{PortError, PortResult, PrivateReferenceStore, WriteOutcome};
use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::{PutItemError, builders::PutItemFluentBuilder};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure::AllOld};
use gas_shared::UserId;
use gas_shared::private_reference::PrivateReference;
use gas_shared::reference::ReferenceId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_dynamo::{from_item, to_item};

/// The sparse index of rows with a deadline: hash `due_shard`, range `due_time`.
const DUE: &str = "due_shard-due_time";

/// The only value of `due_shard`. There are few rows, each of which is written a few times a day.
const SHARD: &str = "all";

/// The most rows that one call lists as overdue.
const MAX_OVERDUE: i32 = 1_000;

/// Private references as rows of a DynamoDB table.
#[derive(Clone, Debug)]
pub struct DynamoPrivateReferences {
    client: Client,
    table: String,
}

/// A row.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    user_id: UserId,
    reference_id: ReferenceId,
    version: u64,
    /// The state as a word, for operators.
    status: String,
    /// The reference as JSON. Its type is stored elsewhere, too, so it changes compatibly anyway.
    document: String,
    /// Only in rows with a `due_time`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due_shard: Option<String>,
    /// [`PrivateReference::due`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due_time: Option<i64>,
}

impl Row {
    fn of(reference: &PrivateReference) -> serde_json::Result<Self> {
        // Rounded up, so that a row in the index is overdue.
        let due = reference.due().map(|due| due.as_second().saturating_add(1));
        Ok(Self {
            user_id: reference.owner,
            reference_id: reference.id.clone(),
            version: reference.version,
            status: reference.state.as_str().to_owned(),
            document: serde_json::to_string(reference)?,
            due_shard: due.map(|_| SHARD.to_owned()),
            due_time: due,
        })
    }
}

impl DynamoPrivateReferences {
    pub(in crate::aws) fn new(client: Client, table: &str) -> Self {
        Self { client, table: table.to_owned() }
    }

    async fn put(
        &self,
        reference: &PrivateReference,
        condition: impl FnOnce(PutItemFluentBuilder) -> PutItemFluentBuilder,
    ) -> PortResult<WriteOutcome> {
        let action = || format!("write reference {} of {}", reference.id, reference.owner);
        let row = Row::of(reference).map_err(|error| PortError::permanent(action(), error))?;
        let item: Item = to_item(&row).map_err(|error| PortError::permanent(action(), error))?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put = condition(put).return_values_on_condition_check_failure(AllOld);
        let Err(error) = put.send().await else { return Ok(WriteOutcome::Written) };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(rejected)) => {
                // The SDK retries a call whose response was lost; the stored row may be this one.
                let stored = rejected.item().cloned().map(from_item::<_, Row>);
                let is_ours = stored.is_some_and(|stored| stored.is_ok_and(|stored| stored == row));
                Ok(if is_ours { WriteOutcome::Written } else { WriteOutcome::Conflict })
            }
            _ => Err(PortError::new(action(), error)),
        }
    }
}

fn parse(item: Item) -> PortResult<PrivateReference> {
    let action = "read a private reference";
    let row: Row = from_item(item).map_err(|error| PortError::permanent(action, error))?;
    serde_json::from_str(&row.document).map_err(|error| PortError::permanent(action, error))
}

fn key(owner: UserId, id: &ReferenceId) -> [(String, AttributeValue); 2] {
    [("user_id", owner.to_string()), ("reference_id", id.to_string())]
        .map(|(name, value)| (name.to_owned(), AttributeValue::S(value)))
}

#[async_trait]
impl PrivateReferenceStore for DynamoPrivateReferences {
    async fn of_user(&self, owner: UserId) -> PortResult<Vec<PrivateReference>> {
        let mut references = Vec::new();
        let mut start: Option<Item> = None;
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("user_id = :user")
                .expression_attribute_values(":user", AttributeValue::S(owner.to_string()))
                .consistent_read(true)
                .set_exclusive_start_key(start)
                .send()
                .await;
            let answer = answer
                .map_err(|error| PortError::new(format!("list references of {owner}"), error))?;
            for item in answer.items.unwrap_or_default() {
                references.push(parse(item)?);
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(references);
            }
        }
    }

    async fn find(&self, owner: UserId, id: &ReferenceId) -> PortResult<Option<PrivateReference>> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key(owner, id).into()))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| PortError::new(format!("read reference {id} of {owner}"), error))?;
        answer.item.map(parse).transpose()
    }

    async fn insert(&self, reference: &PrivateReference) -> PortResult<WriteOutcome> {
        self.put(reference, |put| put.condition_expression("attribute_not_exists(user_id)")).await
    }

    async fn replace(&self, reference: &PrivateReference) -> PortResult<WriteOutcome> {
        let previous = reference.version.saturating_sub(1).to_string();
        self.put(reference, |put| {
            put.condition_expression("version = :previous")
                .expression_attribute_values(":previous", AttributeValue::N(previous))
        })
        .await
    }

    async fn delete(&self, reference: &PrivateReference) -> PortResult<WriteOutcome> {
        let PrivateReference { owner, id, version, .. } = reference;
        let deleted = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key(*owner, id).into()))
            // A retry of the SDK may find the row already deleted, which is success.
            .condition_expression("attribute_not_exists(user_id) or version = :version")
            .expression_attribute_values(":version", AttributeValue::N(version.to_string()))
            .send()
            .await;
        let Err(error) = deleted else { return Ok(WriteOutcome::Written) };
        match error.as_service_error() {
            Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(WriteOutcome::Conflict),
            _ => Err(PortError::new(format!("delete reference {id} of {owner}"), error)),
        }
    }

    async fn overdue(&self, now: Timestamp) -> PortResult<Vec<(UserId, ReferenceId)>> {
        #[derive(Deserialize)]
        struct Key {
            user_id: UserId,
            reference_id: ReferenceId,
        }
        let failed = |error| PortError::new("list overdue references", error);
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(DUE)
            .key_condition_expression("due_shard = :shard and due_time <= :now")
            .expression_attribute_values(":shard", AttributeValue::S(SHARD.to_owned()))
            .expression_attribute_values(":now", AttributeValue::N(now.as_second().to_string()))
            .limit(MAX_OVERDUE)
            .send()
            .await
            .map_err(failed)?;
        let keys = answer.items.unwrap_or_default().into_iter().map(|item| {
            let Key { user_id, reference_id } = from_item(item)
                .map_err(|error| PortError::permanent("list overdue references", error))?;
            Ok((user_id, reference_id))
        });
        keys.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::private_reference;
    use gas_shared::private_reference::PrivateReferenceChange;

    #[test]
    fn a_row_has_the_whole_reference_and_a_deadline_only_if_the_reference_has_one() {
        let new = private_reference("mine");
        let reason = PrivateReferenceChange::Failed("line 3".to_owned());
        let failed = new.apply(reason, new.changed_at).unwrap();
        for (reference, due) in [(new, true), (failed, false)] {
            let item: Item = to_item(Row::of(&reference).unwrap()).unwrap();
            assert_eq!(item.contains_key("due_shard"), due);
            assert_eq!(item.contains_key("due_time"), due);
            assert_eq!(item["user_id"], AttributeValue::S(reference.owner.to_string()));
            assert_eq!(parse(item).unwrap(), reference);
        }
    }
}
