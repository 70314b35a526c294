//! The checkout page.

use super::html::{FOOTER, Frame, card_form, escape, page, problem};
use crate::card::CardForm;
use crate::state::{Session, UiMode};
use crate::{Server, now_millis};
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::{Timestamp, tz::TimeZone};
use serde::Deserialize;
use std::sync::Arc;

/// The key with which Stripe.js was initialized.
#[derive(Deserialize)]
pub(super) struct Key {
    #[serde(default)]
    key: String,
}

pub(super) async fn hosted(State(server): State<Arc<Server>>, Path(id): Path<String>) -> Response {
    let session = server.read(|state, _| state.sessions.get(&id).cloned());
    match session.filter(|session| session.ui_mode == UiMode::HostedPage) {
        Some(session) => show(&server, &session, &format!("/c/pay/{id}"), None),
        None => problem(StatusCode::NOT_FOUND, &Frame::Nobody, "There is no such checkout."),
    }
}

pub(super) async fn pay_hosted(
    State(server): State<Arc<Server>>,
    Path(id): Path<String>,
    Form(card): Form<CardForm>,
) -> Response {
    let session = server.read(|state, _| state.sessions.get(&id).cloned());
    match session.filter(|session| session.ui_mode == UiMode::HostedPage) {
        Some(session) => pay(&server, &session, &format!("/c/pay/{id}"), &card),
        None => problem(StatusCode::NOT_FOUND, &Frame::Nobody, "There is no such checkout."),
    }
}

pub(super) async fn embedded(
    State(server): State<Arc<Server>>,
    Path(secret): Path<String>,
    Query(key): Query<Key>,
) -> Response {
    match find_embedded(&server, &secret, &key) {
        Ok(session) => show(&server, &session, &embedded_path(&secret, &key), None),
        Err(rejected) => *rejected,
    }
}

pub(super) async fn pay_embedded(
    State(server): State<Arc<Server>>,
    Path(secret): Path<String>,
    Query(key): Query<Key>,
    Form(card): Form<CardForm>,
) -> Response {
    match find_embedded(&server, &secret, &key) {
        Ok(session) => pay(&server, &session, &embedded_path(&secret, &key), &card),
        Err(rejected) => *rejected,
    }
}

fn embedded_path(secret: &str, key: &Key) -> String {
    // Both contain only letters, digits and underscores if they exist.
    format!("/embed/{secret}?key={}", key.key)
}

fn find_embedded(server: &Server, secret: &str, key: &Key) -> Result<Session, Box<Response>> {
    let frame = Frame::Of(&server.settings.app_origin);
    if key.key != server.settings.publishable_key {
        let text = "Invalid API Key provided.";
        return Err(Box::new(problem(StatusCode::UNAUTHORIZED, &frame, text)));
    }
    let found = server.read(|state, _| {
        let mut sessions = state.sessions.values();
        sessions.find(|session| session.client_secret == secret).cloned()
    });
    found.filter(|session| session.ui_mode == UiMode::EmbeddedPage).ok_or_else(|| {
        Box::new(problem(StatusCode::NOT_FOUND, &frame, "There is no such checkout."))
    })
}

fn frame_of<'a>(server: &'a Server, session: &Session) -> Frame<'a> {
    match session.ui_mode {
        UiMode::EmbeddedPage => Frame::Of(&server.settings.app_origin),
        UiMode::HostedPage => Frame::Nobody,
    }
}

fn show(server: &Server, session: &Session, path: &str, error: Option<&str>) -> Response {
    let frame = frame_of(server, session);
    match session.status(now_millis() / 1000) {
        "complete" => return done(server, session),
        "expired" => {
            return problem(
                StatusCode::GONE,
                &frame,
                "This checkout has expired. Go back and begin another.",
            );
        }
        _ => {}
    }
    let (dollars, cents) = (server.settings.price_cents / 100, server.settings.price_cents % 100);
    let email = server.read(|state, _| state.customers.get(&session.customer)?.email.clone());
    let email = escape(&email.unwrap_or_default());
    let back = session
        .cancel_url
        .as_deref()
        .map_or_else(String::new, |url| format!("<p><a href=\"{}\">Back</a></p>", escape(url)));
    let form = card_form(path, "Subscribe", error);
    let body = format!(
        "<main>{back}<h1>Subscribe to GAS Premium</h1><p>${dollars}.{cents:02} per month</p>\
         <p>Email: {email}</p>{form}</main>{FOOTER}"
    );
    // Stripe.js shows an error in its frame, and so does this form.
    let status = if error.is_some() { StatusCode::PAYMENT_REQUIRED } else { StatusCode::OK };
    page(status, &frame, "Checkout", &body)
}

fn pay(server: &Server, session: &Session, path: &str, card: &CardForm) -> Response {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let card = match card.charge(today) {
        Ok(card) => card,
        Err(text) => return show(server, session, path, Some(text)),
    };
    let paid = server.change(|change| {
        // If two forms are sent at the same time, only one pays.
        let now = change.now();
        if change.state.sessions.get(&session.id)?.status(now) == "open" {
            change.pay(&session.id, card);
        }
        change.state.sessions.get(&session.id).cloned()
    });
    match paid {
        Some(session) => show_after(server, &session, path),
        None => problem(StatusCode::NOT_FOUND, &Frame::Nobody, "There is no such checkout."),
    }
}

fn show_after(server: &Server, session: &Session, path: &str) -> Response {
    match session.subscription {
        Some(_) => done(server, session),
        None => show(server, session, path, None),
    }
}

/// Navigates to the next page. An embedded checkout stays and notifies the page that contains it,
/// as `redirect_on_completion=if_required` requires for cards.
fn done(server: &Server, session: &Session) -> Response {
    if session.ui_mode == UiMode::HostedPage {
        return Redirect::to(&session.done_url()).into_response();
    }
    let app = &server.settings.app_origin;
    let body = format!(
        "<body data-app=\"{}\"><p role=\"status\">Payment successful</p>\
         <script src=\"/frame.js\"></script>",
        escape(app)
    );
    page(StatusCode::OK, &Frame::Of(app), "Checkout", &body)
}
