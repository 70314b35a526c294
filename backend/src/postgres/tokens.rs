//! The port [`TokenStore`] on PostgreSQL.

use super::{failed_query, lock_active_owner, moment, seconds};
use crate::ports::{ActiveToken, PortResult, TokenRow, TokenStore};
use async_trait::async_trait;
use gas_shared::token::{Scope, TokenView};
use gas_shared::{TokenId, UserId};
use jiff::Timestamp;
use sqlx::postgres::{PgPool, PgRow};
use sqlx::{FromRow, Row};
use uuid::Uuid;

const INSERT: &str = "
    insert into api_tokens (id, owner, name, secret_hash, prefix, scopes, created, expires)
    select $1, $2, $3, $4, $5, $6, to_timestamp($7), to_timestamp($8)
    where $9 > (
        select count(*) from api_tokens where owner = $2 and expires > to_timestamp($7))";

const OF_OWNER: &str = "
    select id, name, prefix, scopes,
        extract(epoch from created)::bigint as created,
        extract(epoch from expires)::bigint as expires,
        extract(epoch from last_used)::bigint as last_used
    from api_tokens where owner = $1
    order by api_tokens.created desc, id";

const REVOKE: &str = "delete from api_tokens where id = $2 and owner = $1";

const BY_HASH: &str = "
    select id, owner, scopes, extract(epoch from last_used)::bigint as last_used
    from api_tokens where secret_hash = $1 and expires > to_timestamp($2)";

/// The tokens in table `api_tokens`.
#[derive(Clone, Debug)]
pub struct PostgresTokens {
    pool: PgPool,
}

impl PostgresTokens {
    /// Uses a database prepared by [`connect`](super::connect).
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    async fn try_insert(&self, row: &TokenRow, max: u16) -> sqlx::Result<bool> {
        let TokenRow { owner, hash, token } = row;
        let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.as_str()).collect();
        let mut transaction = self.pool.begin().await?;
        let owner = owner.as_uuid();
        lock_active_owner(&mut transaction, owner).await?;
        // As a separate statement, it sees the tokens committed before the lock was granted.
        let done = sqlx::query(INSERT)
            .bind(token.id.as_uuid())
            .bind(owner)
            .bind(&token.name)
            .bind(hash)
            .bind(&token.prefix)
            .bind(scopes)
            .bind(seconds(token.created_at))
            .bind(seconds(token.expires_at))
            .bind(i64::from(max))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected() == 1)
    }
}

#[async_trait]
impl TokenStore for PostgresTokens {
    async fn insert(&self, row: &TokenRow, max: u16) -> PortResult<bool> {
        let kept = self.try_insert(row, max).await;
        kept.map_err(|error| failed_query(format!("store a token of {}", row.owner), error))
    }

    async fn tokens_of(&self, owner: UserId) -> PortResult<Vec<TokenView>> {
        let query = sqlx::query_as::<_, Stored>(OF_OWNER).bind(owner.as_uuid());
        let rows = query.fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| failed_query(format!("list tokens of {owner}"), error))?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    async fn revoke(&self, owner: UserId, id: TokenId) -> PortResult<bool> {
        let query = sqlx::query(REVOKE).bind(owner.as_uuid()).bind(id.as_uuid());
        let done = query.execute(&self.pool).await;
        let done = done.map_err(|error| failed_query(format!("revoke token {id}"), error))?;
        Ok(done.rows_affected() == 1)
    }

    async fn find_by_hash(&self, hash: &str, now: Timestamp) -> PortResult<Option<ActiveToken>> {
        let query = sqlx::query(BY_HASH).bind(hash).bind(seconds(now));
        let row = query.fetch_optional(&self.pool).await;
        row.and_then(|row| row.as_ref().map(active_token).transpose())
            .map_err(|error| failed_query("find a token", error))
    }

    async fn mark_used(&self, id: TokenId, now: Timestamp) -> PortResult<()> {
        const USED: &str = "update api_tokens set last_used = to_timestamp($2) where id = $1";
        let query = sqlx::query(USED).bind(id.as_uuid()).bind(seconds(now));
        let done = query.execute(&self.pool).await;
        done.map_err(|error| failed_query(format!("record the use of token {id}"), error))?;
        Ok(())
    }
}

fn active_token(row: &PgRow) -> sqlx::Result<ActiveToken> {
    Ok(ActiveToken {
        id: TokenId::new(row.try_get::<Uuid, _>("id")?),
        owner: UserId::new(row.try_get::<Uuid, _>("owner")?),
        scopes: scopes(row)?,
        last_used_at: moment(row, "last_used")?,
    })
}

/// A token read from a row.
struct Stored(TokenView);

impl FromRow<'_, PgRow> for Stored {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let moment_of = |column| {
            moment(row, column)?.ok_or_else(|| sqlx::Error::ColumnNotFound(column.to_owned()))
        };
        Ok(Self(TokenView {
            id: TokenId::new(row.try_get::<Uuid, _>("id")?),
            name: row.try_get("name")?,
            prefix: row.try_get("prefix")?,
            scopes: scopes(row)?,
            created_at: moment_of("created")?,
            expires_at: moment_of("expires")?,
            last_used_at: moment(row, "last_used")?,
        }))
    }
}

fn scopes(row: &PgRow) -> sqlx::Result<Vec<Scope>> {
    let names: Vec<String> = row.try_get("scopes")?;
    let scopes: Result<_, _> = names.iter().map(|name| name.parse()).collect();
    scopes.map_err(|error: gas_shared::token::UnknownScope| sqlx::Error::ColumnDecode {
        index: "scopes".to_owned(),
        source: Box::new(error),
    })
}
