//! The port [`SavedItems`] on PostgreSQL.

use super::{failed_query, moment, seconds};
use crate::ports::{PortResult, Renamed, SavedContent, SavedItem, SavedItems, SavedKind};
use async_trait::async_trait;
use gas_shared::{SavedId, UserId};
use jiff::Timestamp;
use serde_json::Value;
use sqlx::Row;
use sqlx::postgres::{PgPool, PgRow};
use uuid::Uuid;

const SAVED_BY: &str = "
    select id, name, content, extract(epoch from updated)::bigint as updated
    from saved_items where owner = $1 order by kind, name collate \"C\"";

/// Serializes what one owner saves, so that each call counts the items of the others. Finds no row if the account is
/// being closed.
const LOCK_OWNER: &str = "
    select true from profiles
    where identity_id = $1 and deletion_requested is null for no key update";

const REPLACE: &str = "
    update saved_items set content = $4, updated = to_timestamp($5)
    where owner = $1 and kind = $2 and name = $3";

const INSERT: &str = "
    insert into saved_items (id, owner, kind, name, content, updated)
    select $6, $1, $2, $3, $4, to_timestamp($5)
    where $7 > (select count(*) from saved_items where owner = $1 and kind = $2)";

const RENAME: &str = "
    update saved_items set name = $4, updated = to_timestamp($5)
    where owner = $1 and id = $2 and kind = $3";

const DELETE: &str = "delete from saved_items where owner = $1 and id = $2 and kind = $3";

/// What users save, in table `saved_items`.
#[derive(Clone, Debug)]
pub struct PostgresSavedItems {
    pool: PgPool,
}

impl PostgresSavedItems {
    /// Uses a database prepared by [`connect`](super::connect).
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    async fn try_save(&self, owner: UserId, item: &SavedItem, max: u16) -> sqlx::Result<bool> {
        let content = serde_json::to_value(&item.content)
            .map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
        let (owner, kind) = (owner.as_uuid(), item.content.kind().as_str());
        let updated = seconds(item.updated_at);
        let mut transaction = self.pool.begin().await?;
        let _: (bool,) =
            sqlx::query_as(LOCK_OWNER).bind(owner).fetch_one(&mut *transaction).await?;
        // As separate statements, they see the items committed before the lock was granted.
        let query = sqlx::query(REPLACE).bind(owner).bind(kind).bind(&item.name).bind(&content);
        let mut done = query.bind(updated).execute(&mut *transaction).await?.rows_affected();
        if done == 0 {
            let query = sqlx::query(INSERT).bind(owner).bind(kind).bind(&item.name).bind(&content);
            let query = query.bind(updated).bind(item.id.as_uuid()).bind(i64::from(max));
            done = query.execute(&mut *transaction).await?.rows_affected();
        }
        transaction.commit().await?;
        Ok(done == 1)
    }
}

#[async_trait]
impl SavedItems for PostgresSavedItems {
    async fn saved_by(&self, owner: UserId) -> PortResult<Vec<SavedItem>> {
        let query = sqlx::query(SAVED_BY).bind(owner.as_uuid());
        let failed = |error| failed_query(format!("list what {owner} has saved"), error);
        let rows = query.fetch_all(&self.pool).await.map_err(failed)?;
        let items: sqlx::Result<Vec<Option<SavedItem>>> = rows.iter().map(read).collect();
        Ok(items.map_err(failed)?.into_iter().flatten().collect())
    }

    async fn save(&self, owner: UserId, item: &SavedItem, max: u16) -> PortResult<bool> {
        let saved = self.try_save(owner, item, max).await;
        saved.map_err(|error| failed_query(format!("save an item of {owner}"), error))
    }

    async fn rename(
        &self,
        owner: UserId,
        id: SavedId,
        kind: SavedKind,
        name: &str,
        now: Timestamp,
    ) -> PortResult<Renamed> {
        let query = sqlx::query(RENAME).bind(owner.as_uuid()).bind(id.as_uuid());
        let query = query.bind(kind.as_str()).bind(name).bind(seconds(now));
        match query.execute(&self.pool).await {
            Ok(done) if done.rows_affected() == 1 => Ok(Renamed::Done),
            Ok(_) => Ok(Renamed::NotFound),
            Err(error) if is_taken(&error) => Ok(Renamed::Taken),
            Err(error) => Err(failed_query(format!("rename the saved item {id}"), error)),
        }
    }

    async fn delete(&self, owner: UserId, id: SavedId, kind: SavedKind) -> PortResult<bool> {
        let query =
            sqlx::query(DELETE).bind(owner.as_uuid()).bind(id.as_uuid()).bind(kind.as_str());
        let done = query.execute(&self.pool).await;
        let done =
            done.map_err(|error| failed_query(format!("delete the saved item {id}"), error))?;
        Ok(done.rows_affected() == 1)
    }
}

fn is_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.is_unique_violation())
}

/// An item read from a row; `None` if its content is of a newer version.
fn read(row: &PgRow) -> sqlx::Result<Option<SavedItem>> {
    let id = SavedId::new(row.try_get::<Uuid, _>("id")?);
    let content: SavedContent = match serde_json::from_value(row.try_get::<Value, _>("content")?) {
        Ok(content) => content,
        Err(error) => {
            tracing::warn!(saved_id = %id, %error, "saved item cannot be read");
            return Ok(None);
        }
    };
    let updated_at = moment(row, "updated")?;
    let updated_at = updated_at.ok_or_else(|| sqlx::Error::ColumnNotFound("updated".to_owned()))?;
    Ok(Some(SavedItem { id, name: row.try_get("name")?, content, updated_at }))
}
