//! A database that was restored to an earlier time, as `deploy/runbooks.md` describes it. RDS restores the files of a server; here
//! PostgreSQL copies those of a database.

use crate::calls::Calls;
use crate::contracts::new_user;
use crate::database::NewDatabase;
use crate::program::Program;
use crate::stack::{Stack, stack};
use crate::web_process::WebProcess;
use anyhow::Result;
use gas_backend::Gas;
use gas_backend::postgres::PostgresTokens;
use gas_backend::usecases::create_token;
use gas_shared::token::{NewToken, Scope};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::sync::Arc;

/// The token of a new user.
async fn token_of_new_user(stack: &Stack, pool: &PgPool) -> Result<String> {
    let user = new_user(pool).await?;
    let gas = Gas {
        tokens: Arc::new(PostgresTokens::new(pool.clone())),
        ..stack.gas(&Calls::default()).await?
    };
    let new = NewToken { name: "test".to_owned(), scopes: vec![Scope::JobsRead], days: 1 };
    Ok(create_token(&gas, user, new).await?.secret)
}

async fn account(web: &WebProcess, token: &str) -> Result<(StatusCode, Value)> {
    let response = Program::new(&web.url, token)?.call(Method::GET, "/account", None).await?;
    Ok((response.status(), response.json().await?))
}

#[tokio::test]
async fn a_restored_database_serves_those_who_were_in_it_and_needs_no_migration() -> Result<()> {
    let stack = stack();
    let database = NewDatabase::migrated(&stack).await?;
    let version = database.migrate().await?;
    let pool = database.pool().await?;
    let before = token_of_new_user(&stack, &pool).await?;
    pool.close().await;
    let restored = database.copy(&stack).await?;
    let pool = database.pool().await?;
    let after = token_of_new_user(&stack, &pool).await?;

    assert_eq!(restored.migrate().await?, version, "the owner may migrate, and nothing is to do");
    let settings = [("GAS_BILLING", "none")];
    let web = WebProcess::start(&stack, &restored, &settings).await?;
    let (status, found) = account(&web, &before).await?;
    assert_eq!((status, &found["plan"]), (StatusCode::OK, &json!("premium")), "{found}");
    // A user who signed up after the copy is not in it, and must sign in again.
    assert_eq!(account(&web, &after).await?.0, StatusCode::UNAUTHORIZED);
    drop(web);
    pool.close().await;
    restored.drop().await?;
    database.drop().await
}
