//! Buying Premium as a browser does.

use crate::stack::{Stack, stack};
use anyhow::{Context, Result, ensure};
use gas_shared::Plan;
use gas_shared::billing::{BillingOverview, Checkout};
use gas_tests::Client;
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::time::{Duration, Instant};

/// How long Stripe's event and the change of the plan may take.
const EVENT_TIMEOUT: Duration = Duration::from_secs(20);

/// Signs in a user and buys Premium.
pub(crate) async fn signed_in(user: &str) -> Result<Client> {
    let client = Client::signed_in(&stack().web_url(), user).await?;
    buy(&stack(), &client).await?;
    Ok(client)
}

/// The data of the billing page.
pub(crate) async fn overview(client: &Client) -> Result<BillingOverview> {
    Ok(client.get("/api/billing").send().await?.error_for_status()?.json().await?)
}

/// Starts a checkout. Returns the path of its page at Stripe and the session's id.
pub(crate) async fn begin(client: &Client) -> Result<(String, String)> {
    let form = Some(json!({ "form": "embedded" }));
    let begun = client.call(Method::POST, "/api/billing/checkout", form).await?;
    let begun: Checkout = begun.error_for_status()?.json().await?;
    let Checkout::Embedded { client_secret, publishable_key, .. } = begun else {
        anyhow::bail!("{begun:?} is not embedded");
    };
    let session = client_secret.split("_secret_").next().context("no session's id")?.to_owned();
    Ok((format!("/embed/{client_secret}?key={publishable_key}"), session))
}

/// Submits the card form of a page of the local Stripe.
pub(crate) async fn pay(stack: &Stack, page: &str, number: &str) -> Result<StatusCode> {
    let url = format!("{}{page}", stack.stripe_url());
    let form = [("action", "card"), ("number", number), ("expiry", "12/40"), ("cvc", "123")];
    Ok(reqwest::Client::new().post(url).form(&form).send().await?.status())
}

/// Waits until Stripe's event has changed the plan.
pub(crate) async fn wait_for_plan(client: &Client, plan: Plan) -> Result<BillingOverview> {
    let begun = Instant::now();
    loop {
        let now = overview(client).await?;
        if now.plan == plan {
            return Ok(now);
        }
        ensure!(begun.elapsed() < EVENT_TIMEOUT, "the plan stays {}", now.plan);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Buys Premium with a card.
pub(crate) async fn buy(stack: &Stack, client: &Client) -> Result<()> {
    let (page, _) = begin(client).await?;
    let paid = pay(stack, &page, "4242424242424242").await?;
    ensure!(paid.is_success(), "the card was declined: {paid}");
    wait_for_plan(client, Plan::Premium).await?;
    Ok(())
}
