//! The billing portal and the invoice page.

use super::html::{FOOTER, Frame, card_form, escape, page, problem};
use crate::Server;
use crate::card::CardForm;
use crate::state::{Portal, Status, Subscription};
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::{Timestamp, tz::TimeZone};
use serde::Deserialize;
use std::sync::Arc;

/// The action of a button in the portal.
#[derive(Deserialize)]
pub(super) struct Act {
    action: String,
    #[serde(default)]
    number: String,
    #[serde(default)]
    expiry: String,
    #[serde(default)]
    cvc: String,
}

pub(super) async fn show(
    State(server): State<Arc<Server>>,
    Path(secret): Path<String>,
) -> Response {
    match find(&server, &secret) {
        Some((portal, subscription)) => render(&secret, &portal, subscription.as_ref(), None),
        None => unknown(),
    }
}

pub(super) async fn act(
    State(server): State<Arc<Server>>,
    Path(secret): Path<String>,
    Form(act): Form<Act>,
) -> Response {
    let Some((portal, subscription)) = find(&server, &secret) else { return unknown() };
    let Some(one) = subscription else {
        return render(&secret, &portal, None, Some("There is no subscription to change."));
    };
    match act.action.as_str() {
        "cancel" => server.change(|change| change.set_cancel_at_period_end(&one.id, true)),
        "resume" => server.change(|change| change.set_cancel_at_period_end(&one.id, false)),
        "card" => {
            let form = CardForm { number: act.number, expiry: act.expiry, cvc: act.cvc };
            let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
            match form.charge(today) {
                Ok(card) => server.change(|change| change.change_card(&one.id, card)),
                Err(text) => return render(&secret, &portal, Some(&one), Some(text)),
            }
        }
        _ => return problem(StatusCode::BAD_REQUEST, &Frame::Nobody, "There is no such action."),
    }
    Redirect::to(&format!("/p/session/{secret}")).into_response()
}

pub(super) async fn invoice(State(server): State<Arc<Server>>, Path(id): Path<String>) -> Response {
    let invoice = server.read(|state, _| state.invoices.iter().find(|one| one.id == id).cloned());
    let Some(invoice) = invoice else {
        return problem(StatusCode::NOT_FOUND, &Frame::Nobody, "There is no such invoice.");
    };
    let (dollars, cents) = (invoice.amount / 100, invoice.amount % 100);
    let body = format!(
        "<main><h1>Invoice {}</h1><dl><dt>Date</dt><dd>{}</dd><dt>GAS Premium</dt>\
         <dd>${dollars}.{cents:02}</dd><dt>Status</dt><dd>{}</dd></dl></main>{FOOTER}",
        escape(&invoice.number),
        day(invoice.created),
        if invoice.paid { "Paid" } else { "Open" }
    );
    page(StatusCode::OK, &Frame::Nobody, "Invoice", &body)
}

fn unknown() -> Response {
    problem(StatusCode::NOT_FOUND, &Frame::Nobody, "This link is not valid any more.")
}

/// Returns the portal of a secret and the subscription that its customer can change.
fn find(server: &Server, secret: &str) -> Option<(Portal, Option<Subscription>)> {
    server.read(|state, _| {
        let portal = state.portals.get(secret)?.clone();
        let open = state
            .subscriptions
            .values()
            .filter(|one| one.customer == portal.customer && one.status != Status::Canceled);
        let newest = open.max_by_key(|one| one.created).cloned();
        Some((portal, newest))
    })
}

fn render(
    secret: &str,
    portal: &Portal,
    subscription: Option<&Subscription>,
    error: Option<&str>,
) -> Response {
    let path = format!("/p/session/{secret}");
    let plan = match subscription {
        None => "<p>You have no subscription.</p>".to_owned(),
        Some(one) => {
            let (text, action, button) = if one.cancel_at_period_end {
                ("Ends on", "resume", "Don't cancel subscription")
            } else {
                ("Renews on", "cancel", "Cancel subscription")
            };
            format!(
                "<dl><dt>Plan</dt><dd>GAS Premium</dd><dt>{text}</dt><dd>{}</dd>\
                 <dt>Card</dt><dd>{} •••• {}</dd></dl>\
                 <form method=\"post\" action=\"{path}\">\
                 <button name=\"action\" value=\"{action}\">{button}</button></form>\
                 <h2>Change the card</h2>{}",
                day(one.period_end),
                escape(&one.card.brand),
                escape(&one.card.last4),
                card_form(&path, "Save card", error)
            )
        }
    };
    let body = format!(
        "<main><p><a href=\"{}\">Return to GAS</a></p><h1>Billing</h1>{plan}</main>{FOOTER}",
        escape(&portal.return_url)
    );
    let status = if error.is_some() { StatusCode::PAYMENT_REQUIRED } else { StatusCode::OK };
    page(status, &Frame::Nobody, "Billing", &body)
}

/// Formats the day of a time, such as 2026-11-24.
fn day(seconds: i64) -> String {
    let moment = Timestamp::from_second(seconds).unwrap_or_default();
    moment.to_zoned(TimeZone::UTC).date().to_string()
}
