//! API tokens: creation, use and revocation. Only their hash is stored.

use crate::program::{BOTH, Program, token};
use crate::stack::stack;
use anyhow::{Context, Result};
use futures::future::join_all;
use gas_backend::ports::{AccountData, Accounts, Identity, TokenRow, TokenStore};
use gas_backend::postgres::{PostgresAccountData, PostgresAccounts, PostgresTokens};
use gas_shared::token::{Scope, TokenView};
use gas_shared::{TokenId, UserId};
use gas_tests::Client;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

async fn tokens(user: &Client) -> Result<Value> {
    let settings: Value = user.get("/api/account/settings").send().await?.json().await?;
    Ok(settings["tokens"].clone())
}

#[tokio::test]
async fn a_token_works_until_it_is_revoked_and_its_secret_is_returned_once() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-token").await?;
    let program = Program::of(&ada, &base, &BOTH).await?;
    let account = program.call_json(Method::GET, "/account", None).await?;
    assert_eq!(account["plan"], "free");
    assert_eq!(account["max_upload_bytes"], 150_000);

    let list = tokens(&ada).await?;
    let one = &list[0];
    assert!(!list.to_string().contains(&program.token), "the list has no secrets");
    assert!(program.token.starts_with(one["prefix"].as_str().context("no prefix")?));
    assert!(one["last_used_at"].is_string(), "{one}");

    let eve = Client::signed_in(&base, "eve-token").await?;
    let revoke = format!("/api/tokens/{}/revoke", one["id"].as_str().context("no id")?);
    let foreign = eve.call(Method::POST, &revoke, None).await?;
    assert_eq!(foreign.status(), StatusCode::NOT_FOUND);
    assert_eq!(program.call(Method::GET, "/account", None).await?.status(), StatusCode::OK);
    let revoked: Value = ada.call(Method::POST, &revoke, None).await?.json().await?;
    assert_eq!(revoked["tokens"], json!([]));
    let after = program.call(Method::GET, "/account", None).await?;
    assert_eq!(after.status(), StatusCode::UNAUTHORIZED);
    Ok(())
}

fn row(owner: UserId) -> TokenRow {
    let created_at = Timestamp::now();
    let token = TokenView {
        id: TokenId::new(Uuid::new_v4()),
        name: "a".to_owned(),
        prefix: "gas_a".to_owned(),
        scopes: Scope::OF_JOBS.to_vec(),
        created_at,
        expires_at: created_at + SignedDuration::from_hours(1),
        last_used_at: None,
    };
    TokenRow { owner, hash: Uuid::new_v4().to_string(), token }
}

async fn rows_of(pool: &sqlx::PgPool, owner: UserId) -> Result<i64> {
    let count = sqlx::query_scalar("select count(*) from api_tokens where owner = $1");
    Ok(count.bind(owner.as_uuid()).fetch_one(pool).await?)
}

#[tokio::test]
async fn concurrent_requests_cannot_exceed_the_token_limit_and_revoked_tokens_are_deleted()
-> Result<()> {
    let pool = stack().pool().await?;
    let (tokens, data) =
        (PostgresTokens::new(pool.clone()), PostgresAccountData::new(pool.clone()));
    let owner = UserId::new(Uuid::new_v4());
    let (name, email) = ("Ada".to_owned(), "ada@example.org".to_owned());
    let identity = Identity { id: owner, name, email, institution: String::new() };
    PostgresAccounts::new(pool.clone()).record_sign_in(&identity).await?;
    let rows: Vec<TokenRow> = (0..16).map(|_| row(owner)).collect();
    let kept = join_all(rows.iter().map(|row| tokens.insert(row, 3))).await;
    let kept = kept.into_iter().collect::<Result<Vec<_>, _>>()?;
    assert_eq!(kept.iter().filter(|kept| **kept).count(), 3);
    assert_eq!(rows_of(&pool, owner).await?, 3);

    let first = tokens.tokens_of(owner).await?[0].id;
    assert!(tokens.revoke(owner, first).await?);
    assert!(!tokens.revoke(owner, first).await?, "the token is already deleted");
    assert_eq!(rows_of(&pool, owner).await?, 2);
    assert!(tokens.insert(&row(owner), 3).await?, "there is room for another token");

    assert!(data.request_deletion(owner, Timestamp::now()).await?);
    assert!(tokens.insert(&row(owner), 3).await.is_err(), "a closing account gets no tokens");
    assert_eq!(rows_of(&pool, owner).await?, 0);
    Ok(())
}

#[tokio::test]
async fn the_database_only_has_the_hash_of_a_secret() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-token-hash").await?;
    let secret = token(&ada, &BOTH).await?;
    let pool = stack().pool().await?;
    let (found,): (i64,) = sqlx::query_as(
        "select count(*) from api_tokens where secret_hash = encode(sha256($1::bytea), 'hex')",
    )
    .bind(secret.as_bytes())
    .fetch_one(&pool)
    .await?;
    assert_eq!(found, 1);
    let (leaked,): (i64,) =
        sqlx::query_as("select count(*) from api_tokens where api_tokens::text like $1")
            .bind(format!("%{}%", &secret[8..]))
            .fetch_one(&pool)
            .await?;
    assert_eq!(leaked, 0);
    Ok(())
}

#[tokio::test]
async fn invalid_token_requests_are_rejected_with_a_reason() -> Result<()> {
    let ada = Client::signed_in(&stack().web_url(), "ada-token-bad").await?;
    for (new, reason) in [
        (json!({ "name": "", "scopes": BOTH, "days": 1 }), "needs a name"),
        (json!({ "name": "a", "scopes": [], "days": 1 }), "choose at least one permission"),
        (json!({ "name": "a", "scopes": BOTH, "days": 400 }), "400 is not allowed"),
    ] {
        let response = ada.call(Method::POST, "/api/tokens", Some(json!({ "new": new }))).await?;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        let text = response.text().await?;
        assert!(text.contains(reason), "{text}");
    }
    assert_eq!(tokens(&ada).await?, json!([]));
    Ok(())
}
