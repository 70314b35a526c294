//! Premium: checkout, Stripe events, cancellation, and billing in PostgreSQL.

use crate::calls::Calls;
use crate::database::NewDatabase;
use crate::premium::{begin, overview, pay, wait_for_plan};
use crate::program::Program;
use crate::stack::{Stack, stack};
use crate::web_process::WebProcess;
use anyhow::{Context, Result, ensure};
use gas_backend::Gas;
use gas_backend::ports::{
    Accounts, AuditLog, BillingStore, BillingUpdate, Identity, Subscription, WriteOutcome,
};
use gas_backend::postgres::{PostgresAccounts, PostgresAuditLog, PostgresBilling, PostgresTokens};
use gas_backend::testkit::{stripe_inbox_contract, subscription};
use gas_backend::usecases::create_token;
use gas_shared::billing::{BillingOverview, CheckoutStatus, RenewalStatus};
use gas_shared::token::{NewToken, Scope};
use gas_shared::{Account, Plan, UserId};
use gas_tests::Client;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Ends the paid period of a user's subscription.
async fn end_period(stack: &Stack, client: &Client) -> Result<()> {
    let account: Account = client.get("/api/account").send().await?.json().await?;
    let control = format!("{}/_control/subscriptions", stack.stripe_url());
    let http = reqwest::Client::new();
    let own = http.get(&control).query(&[("email", &account.email)]).send().await?;
    let own: Vec<Value> = own.json().await?;
    let id = own.first().and_then(|one| one["id"].as_str()).context("no subscription")?;
    http.post(format!("{control}/{id}/advance")).send().await?.error_for_status()?;
    Ok(())
}

#[tokio::test]
async fn a_payment_starts_premium_and_a_cancellation_ends_it() -> Result<()> {
    let stack = stack();
    let ada = Client::signed_in(&stack.web_url(), "ada-pays").await?;
    let before = overview(&ada).await?;
    assert_eq!((before.plan, before.subscription), (Plan::Free, None));

    let (page, session) = begin(&ada).await?;
    assert_eq!(pay(&stack, &page, "4000000000000002").await?, StatusCode::PAYMENT_REQUIRED);
    let declined = overview(&ada).await?;
    assert_eq!((declined.plan, declined.subscription), (Plan::Free, None));

    assert_eq!(pay(&stack, &page, "4242424242424242").await?, StatusCode::OK);
    let paid = wait_for_plan(&ada, Plan::Premium).await?;
    assert_eq!(paid.invoices.len(), 1);
    let path = format!("/api/billing/checkout?session={session}");
    let status = ada.get(&path).send().await?.json::<CheckoutStatus>().await?;
    assert_eq!(status, CheckoutStatus::Complete);
    let eve = Client::signed_in(&stack.web_url(), "eve-peeps").await?;
    assert_eq!(eve.get(&path).send().await?.status(), StatusCode::NOT_FOUND);
    let form = Some(json!({ "form": "hosted" }));
    let second = ada.call(Method::POST, "/api/billing/checkout", form).await?;
    assert_eq!(second.status(), StatusCode::CONFLICT);

    let cancelled = ada.call(Method::POST, "/api/billing/cancel", None).await?;
    let cancelled: BillingOverview = cancelled.error_for_status()?.json().await?;
    assert_eq!(cancelled.plan, Plan::Premium);
    let renewal_status = cancelled.subscription.map(|subscription| subscription.renewal_status);
    assert!(matches!(renewal_status, Some(RenewalStatus::Ends { .. })), "{renewal_status:?}");
    end_period(&stack, &ada).await?;
    assert_eq!(wait_for_plan(&ada, Plan::Free).await?.subscription, None);
    Ok(())
}

/// A web server of its own, without any setting of Stripe, on a database of its own.
#[tokio::test]
async fn without_billing_users_who_exist_become_premium_and_nothing_is_sold() -> Result<()> {
    let stack = stack();
    let database = NewDatabase::migrated(&stack).await?;
    let pool = database.pool().await?;
    let ada = new_user(&PostgresAccounts::new(pool.clone())).await?;
    let gas = Gas {
        tokens: Arc::new(PostgresTokens::new(pool.clone())),
        ..stack.gas(&Calls::default()).await?
    };
    let new = NewToken { name: "test".to_owned(), scopes: vec![Scope::JobsRead], days: 1 };
    let token = create_token(&gas, ada, new).await?;
    let web = WebProcess::start(&stack, &database, &[("GAS_BILLING", "none")]).await?;

    let program = Program::new(&web.url, &token.secret)?;
    let account = program.call_json(Method::GET, "/account", None).await?;
    assert_eq!((&account["plan"], &account["billing"]), (&json!("premium"), &json!("none")));
    let visit: Value = Client::anonymous(&web.url)?.get("/api/visit").send().await?.json().await?;
    assert_eq!(
        visit,
        json!({ "account": null, "sells_premium": false, "is_operator": false, "banner": null })
    );
    let home = Client::anonymous(&web.url)?.get("/").send().await?;
    let policy = home.headers()["content-security-policy"].to_str()?.to_owned();
    assert!(policy.contains("frame-src 'none'"), "{policy}");
    assert!(!home.text().await?.contains("Premium"), "the home page mentions a plan");
    let hook = Client::anonymous(&web.url)?.post("/webhooks/stripe").send().await?;
    assert_eq!(hook.status(), StatusCode::NOT_FOUND);

    // The check of plans announces the change, which thaws results.
    let begun = Instant::now();
    let store = PostgresBilling::new(pool.clone());
    while !store.billing_of(ada).await?.context("no profile")?.announced {
        ensure!(begun.elapsed() < Duration::from_secs(20), "the change is not announced");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let entries = PostgresAuditLog::new(pool.clone()).entries_of(ada, None, 9).await?;
    let entries: Vec<_> = entries.iter().map(|(_, entry)| entry.action.as_str()).collect();
    assert_eq!(entries, ["plan_changed"]);

    // A service that sells Premium again takes it from those who have no subscription.
    assert_eq!(store.give_premium_to_everyone(None, Timestamp::now()).await?, 0);
    assert_eq!(store.end_premium_of_everyone(Timestamp::now()).await?, 1);
    assert_eq!(store.users_to_check(Timestamp::now(), None, 9).await?, [ada]);
    drop(web);
    database.drop().await
}

#[tokio::test]
async fn an_event_without_a_valid_signature_is_rejected_and_not_stored() -> Result<()> {
    let stack = stack();
    let stranger = Client::anonymous(&stack.web_url())?;
    let pool = stack.pool().await?;
    let secret = stack.stripe_webhook_secret();
    let now = Timestamp::now().as_second();
    let id = format!("evt_{}", Uuid::new_v4().simple());
    let body = json!({
        "id": id, "type": "invoice.paid", "livemode": false,
        "data": { "object": { "customer": "cus_nobody" } }
    });
    let body = body.to_string();
    let send = |signature: String, body: String| {
        stranger.post("/webhooks/stripe").header("stripe-signature", signature).body(body).send()
    };
    let sign = |secret: &str, at: i64| gas_local_stripe::sign(secret, at, &body);
    for bad in [
        String::new(),
        format!("t={now},v1={}", "0".repeat(64)),
        sign("whsec_other", now),
        sign(&secret, now - 301),
        sign(&secret, now + 301),
    ] {
        let rejected = send(bad.clone(), body.clone()).await?;
        assert_eq!(rejected.status(), StatusCode::BAD_REQUEST, "{bad}");
    }
    let changed = body.replace("nobody", "somebody");
    assert_eq!(send(sign(&secret, now), changed).await?.status(), StatusCode::BAD_REQUEST);
    let count = "select count(*) from stripe_events where id = $1";
    let rows = || sqlx::query_scalar::<_, i64>(count).bind(&id);
    assert_eq!(rows().fetch_one(&pool).await?, 0);

    let good = send(sign(&secret, now), body.clone()).await?;
    assert_eq!((good.status(), good.text().await?), (StatusCode::OK, "stored".to_owned()));
    // It is handled after the response.
    for _ in 0..100 {
        let again = send(sign(&secret, now), body.clone()).await?;
        if again.text().await? == "already done" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let again = send(sign(&secret, now), body.clone()).await?;
    assert_eq!(again.text().await?, "already done");
    assert_eq!(rows().fetch_one(&pool).await?, 1);
    let large = send(sign(&secret, now), " ".repeat(300_000)).await?;
    assert_eq!(large.status(), StatusCode::PAYLOAD_TOO_LARGE);
    Ok(())
}

/// Creates a new user.
async fn new_user(accounts: &PostgresAccounts) -> Result<UserId> {
    let id = UserId::new(Uuid::new_v4());
    let (name, email) = ("Ada".to_owned(), format!("{id}@example.org"));
    accounts.record_sign_in(&Identity { id, name, email, institution: String::new() }).await?;
    Ok(id)
}

fn premium(subscription: &Subscription) -> BillingUpdate<'_> {
    let check_at = Some(subscription.period_end);
    BillingUpdate { plan: Plan::Premium, subscription: Some(subscription), check_at }
}

#[tokio::test]
async fn postgresql_stores_the_plan_with_its_subscription() -> Result<()> {
    let pool = stack().pool().await?;
    let accounts = PostgresAccounts::new(pool.clone());
    let store = PostgresBilling::new(pool);
    let (user, other) = (new_user(&accounts).await?, new_user(&accounts).await?);
    let customer = format!("cus_{}", Uuid::new_v4().simple());
    assert_eq!(store.link_customer(user, &customer).await?.as_ref(), Some(&customer));
    let second = store.link_customer(user, "cus_second").await?;
    assert_eq!(second.as_ref(), Some(&customer), "the first one stays");
    assert!(store.link_customer(other, &customer).await.is_err(), "a customer belongs to one user");
    let gone = UserId::new(Uuid::new_v4());
    assert_eq!(store.link_customer(gone, "cus_third").await?, None, "the user does not exist");

    let status = gas_backend::ports::SubscriptionStatus::Active;
    // Long ago, so that checks of other tests do not include this user.
    let at = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24);
    let active = subscription("sub_1", status, at);
    let row = store.billing_of_customer(&customer).await?.context("no row")?;
    assert_eq!((row.account.plan, row.plan_since, row.announced), (Plan::Free, None, true));
    assert_eq!(store.write_billing(&row, &premium(&active), at).await?, WriteOutcome::Written);
    assert_eq!(store.write_billing(&row, &premium(&active), at).await?, WriteOutcome::Conflict);

    let row = store.billing_of(user).await?.context("no row")?;
    assert_eq!((row.account.plan, row.plan_since), (Plan::Premium, Some(at)));
    assert!(!row.announced);
    assert!(store.users_to_check(at, None, u16::MAX).await?.contains(&user));
    store.mark_plan_announced(user, row.plan_version).await?;
    assert!(!store.users_to_check(at, None, u16::MAX).await?.contains(&user));
    assert!(store.users_to_check(active.period_end, None, u16::MAX).await?.contains(&user));

    let later = at + SignedDuration::from_hours(1);
    assert_eq!(store.write_billing(&row, &premium(&active), later).await?, WriteOutcome::Written);
    let row = store.billing_of(user).await?.context("no row")?;
    assert_eq!((row.plan_since, row.announced), (Some(at), true), "the plan has not changed");
    let over = BillingUpdate { plan: Plan::Free, subscription: None, check_at: None };
    assert_eq!(store.write_billing(&row, &over, later).await?, WriteOutcome::Written);
    let row = store.billing_of(user).await?.context("no row")?;
    assert_eq!((row.account.plan, row.plan_since), (Plan::Free, Some(later)));
    store.mark_plan_announced(user, row.plan_version).await?;
    Ok(())
}

#[tokio::test]
async fn postgresql_fulfills_the_contract_of_the_inbox() -> Result<()> {
    // A table of its own, since the web server takes events that are due.
    let database = NewDatabase::migrated(&stack()).await?;
    let own = database.pool().await?;
    stripe_inbox_contract(&PostgresBilling::new(own)).await;
    database.drop().await
}
