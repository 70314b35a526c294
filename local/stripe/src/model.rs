//! Changes of subscriptions and the resulting events.

use crate::objects::Objects;
use crate::settings::Settings;
use crate::state::{Card, Event, Invoice, State, Status, Subscription};
use serde_json::{Value, json};

/// The API version of the objects, which is that of the SDK that GAS uses.
pub(crate) const API_VERSION: &str = "2026-09-30.endive";

/// A month, in seconds.
pub(crate) const MONTH_SECS: i64 = 30 * 24 * 3600;

/// A change of the state at a point in time.
pub(crate) struct Change<'a> {
    /// The state.
    pub state: &'a mut State,
    /// The price.
    pub settings: &'a Settings,
    /// The origin of this server.
    pub origin: &'a str,
    /// The current time, in Unix milliseconds.
    pub now_millis: i64,
}

/// Generates an id in the format of Stripe.
pub(crate) fn new_id(prefix: &str) -> String {
    format!("{prefix}_{}", uuid::Uuid::new_v4().simple())
}

impl Change<'_> {
    /// The current time, in Unix seconds.
    pub(crate) fn now(&self) -> i64 {
        self.now_millis / 1000
    }

    pub(crate) fn objects(&self) -> Objects<'_> {
        Objects { settings: self.settings, origin: self.origin, now: self.now() }
    }

    /// Adds an event, which is due immediately.
    pub(crate) fn emit(&mut self, kind: &str, object: Value) {
        let id = new_id("evt");
        let body = json!({
            "id": id, "object": "event", "api_version": API_VERSION, "created": self.now(),
            "data": { "object": object }, "livemode": false, "pending_webhooks": 1,
            "request": { "id": null, "idempotency_key": null }, "type": kind
        });
        let event = Event {
            body: body.to_string(),
            id,
            kind: kind.to_owned(),
            answers: Vec::new(),
            due: Some(self.now_millis),
        };
        self.state.events.push(event);
    }

    fn emit_subscription(&mut self, kind: &str, id: &str) {
        if let Some(one) = self.state.subscriptions.get(id) {
            let object = self.objects().subscription(one, false);
            self.emit(kind, object);
        }
    }

    /// Completes a checkout and starts the subscription.
    pub(crate) fn pay(&mut self, session: &str, card: Card) {
        let now = self.now();
        let Some(session) = self.state.sessions.get_mut(session) else { return };
        let subscription = Subscription {
            id: new_id("sub"),
            created: now,
            customer: session.customer.clone(),
            status: Status::Active,
            period_start: now,
            period_end: now + MONTH_SECS,
            cancel_at_period_end: false,
            canceled_at: None,
            ended_at: None,
            card,
            fail_next_renewal: false,
            metadata: session.subscription_metadata.clone(),
        };
        session.subscription = Some(subscription.id.clone());
        let session = session.clone();
        let id = subscription.id.clone();
        self.state.subscriptions.insert(id.clone(), subscription);
        self.invoice(&id, true, false);
        self.emit_subscription("customer.subscription.created", &id);
        let object = self.objects().session(&session);
        self.emit("checkout.session.completed", object);
    }

    /// Ends the current period of a subscription at `end`, and renews or ends the subscription.
    pub(crate) fn end_period(&mut self, id: &str, end: i64) {
        let Some(one) = self.state.subscriptions.get_mut(id) else { return };
        if one.status == Status::Canceled {
            return;
        }
        if one.cancel_at_period_end {
            return self.cancel(id, end);
        }
        one.period_start = end;
        one.period_end = end + MONTH_SECS;
        let paid = !std::mem::take(&mut one.fail_next_renewal);
        one.status = if paid { Status::Active } else { Status::PastDue };
        self.invoice(id, paid, true);
        self.emit_subscription("customer.subscription.updated", id);
    }

    /// Ends a subscription.
    pub(crate) fn cancel(&mut self, id: &str, at: i64) {
        if let Some(one) = self.state.subscriptions.get_mut(id) {
            one.status = Status::Canceled;
            one.canceled_at.get_or_insert(at);
            one.ended_at = Some(at);
            self.emit_subscription("customer.subscription.deleted", id);
        }
    }

    /// Sets whether the subscription ends with its period.
    pub(crate) fn set_cancel_at_period_end(&mut self, id: &str, cancel: bool) {
        let now = self.now();
        if let Some(one) = self.state.subscriptions.get_mut(id) {
            one.cancel_at_period_end = cancel;
            one.canceled_at = cancel.then_some(now);
            self.emit_subscription("customer.subscription.updated", id);
        }
    }

    /// Changes the card. An open invoice is paid with the new card.
    pub(crate) fn change_card(&mut self, id: &str, card: Card) {
        let Some(one) = self.state.subscriptions.get_mut(id) else { return };
        one.card = card;
        let overdue = one.status == Status::PastDue;
        if overdue {
            one.status = Status::Active;
            let open = self.state.invoices.iter_mut().filter(|invoice| invoice.subscription == id);
            let mut paid = Vec::new();
            for invoice in open.filter(|invoice| !invoice.paid) {
                invoice.paid = true;
                invoice.attempts += 1;
                paid.push(invoice.clone());
            }
            for invoice in paid {
                let object = self.objects().invoice(&invoice);
                self.emit("invoice.paid", object);
            }
        }
        self.emit_subscription("customer.subscription.updated", id);
    }

    /// Charges the current period.
    fn invoice(&mut self, id: &str, paid: bool, renewal: bool) {
        let Some(one) = self.state.subscriptions.get(id) else { return };
        let invoice = Invoice {
            id: new_id("in"),
            number: format!("GAS-{:04}", self.state.invoices.len() + 1),
            created: self.now(),
            customer: one.customer.clone(),
            subscription: one.id.clone(),
            period: (one.period_start, one.period_end),
            amount: self.settings.price_cents,
            paid,
            renewal,
            attempts: 1,
        };
        let object = self.objects().invoice(&invoice);
        self.state.invoices.push(invoice);
        self.emit(if paid { "invoice.paid" } else { "invoice.payment_failed" }, object);
    }

    /// Ends all periods that are due.
    pub(crate) fn end_due_periods(&mut self) {
        let now = self.now();
        let due = |one: &&Subscription| one.status != Status::Canceled && one.period_end <= now;
        let due = self.state.subscriptions.values().filter(due);
        let due: Vec<_> = due.map(|one| (one.id.clone(), one.period_end)).collect();
        for (id, end) in due {
            self.end_period(&id, end);
        }
    }
}
