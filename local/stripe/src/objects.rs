//! JSON objects of Stripe, as complete as its SDK for API version 2026-09-30.endive requires.

use crate::settings::Settings;
use crate::state::{Card, Customer, Invoice, Session, Subscription, UiMode};
use serde_json::{Value, json};

/// Creates objects.
pub(crate) struct Objects<'a> {
    /// The settings, with the price and the URLs of pages.
    pub settings: &'a Settings,
    /// The origin of this server.
    pub origin: &'a str,
    /// The current time, in Unix seconds.
    pub now: i64,
}

/// A page of a list.
pub(crate) fn list(url: &str, data: Vec<Value>, has_more: bool) -> Value {
    json!({ "object": "list", "url": url, "data": data, "has_more": has_more })
}

impl Objects<'_> {
    pub(crate) fn price(&self) -> Value {
        json!({
            "id": self.settings.price_id, "object": "price", "active": true,
            "billing_scheme": "per_unit", "created": 1_700_000_000, "currency": "usd",
            "livemode": false, "metadata": {}, "nickname": null, "product": "prod_gas_premium",
            "recurring": {
                "interval": "month", "interval_count": 1, "meter": null,
                "trial_period_days": null, "usage_type": "licensed"
            },
            "tax_behavior": "unspecified", "tiers_mode": null, "transform_quantity": null,
            "type": "recurring", "unit_amount": self.settings.price_cents,
            "unit_amount_decimal": self.settings.price_cents.to_string()
        })
    }

    /// The older form of a price, which subscription items still contain.
    fn plan(&self) -> Value {
        json!({
            "id": self.settings.price_id, "object": "plan", "active": true,
            "amount": self.settings.price_cents, "billing_scheme": "per_unit",
            "created": 1_700_000_000, "currency": "usd", "interval": "month",
            "interval_count": 1, "livemode": false, "metadata": {}, "nickname": null,
            "product": "prod_gas_premium", "usage_type": "licensed"
        })
    }

    pub(crate) fn customer(&self, one: &Customer) -> Value {
        json!({
            "id": one.id, "object": "customer", "address": null, "balance": 0,
            "created": one.created, "currency": "usd", "delinquent": false,
            "description": null, "email": one.email, "invoice_settings": {
                "custom_fields": null, "default_payment_method": null, "footer": null,
                "rendering_options": null
            },
            "livemode": false, "metadata": one.metadata, "name": one.name, "phone": null,
            "preferred_locales": [], "shipping": null, "tax_exempt": "none", "test_clock": null
        })
    }

    pub(crate) fn session(&self, one: &Session) -> Value {
        let embedded = one.ui_mode == UiMode::EmbeddedPage;
        let status = one.status(self.now);
        let open = status == "open";
        let url = (!embedded && open).then(|| format!("{}/c/pay/{}", self.origin, one.id));
        json!({
            "id": one.id, "object": "checkout.session", "amount_subtotal": self.settings.price_cents,
            "amount_total": self.settings.price_cents,
            "automatic_tax": { "enabled": false, "liability": null, "status": null },
            "cancel_url": one.cancel_url, "client_reference_id": one.client_reference_id,
            "client_secret": (embedded && open).then_some(&one.client_secret),
            "created": one.created, "currency": "usd", "custom_fields": [],
            "custom_text": {
                "after_submit": null, "shipping_address": null, "submit": null,
                "terms_of_service_acceptance": null
            },
            "customer": one.customer, "expires_at": one.expires_at,
            "livemode": false, "metadata": one.metadata, "mode": "subscription",
            "payment_method_types": ["card"],
            "payment_status": if one.subscription.is_some() { "paid" } else { "unpaid" },
            "return_url": embedded.then_some(&one.done_url), "shipping_options": [],
            "status": status, "subscription": one.subscription,
            "success_url": (!embedded).then_some(&one.done_url),
            "ui_mode": one.ui_mode, "url": url
        })
    }

    pub(crate) fn subscription(&self, one: &Subscription, with_card: bool) -> Value {
        let item = json!({
            "id": one.id.replacen("sub_", "si_", 1), "object": "subscription_item",
            "created": one.created, "current_period_start": one.period_start,
            "current_period_end": one.period_end, "discounts": [], "metadata": {},
            "plan": self.plan(), "price": self.price(), "quantity": 1,
            "subscription": one.id, "tax_rates": []
        });
        let card = if with_card { self.card(&one.card, one) } else { json!(one.card.id) };
        let ends = one.cancel_at_period_end.then_some(one.period_end);
        json!({
            "id": one.id, "object": "subscription",
            "automatic_tax": { "disabled_reason": null, "enabled": false, "liability": null },
            "billing_cycle_anchor": one.created, "billing_mode": { "type": "flexible" },
            "billing_schedules": [], "cancel_at": ends,
            "cancel_at_period_end": one.cancel_at_period_end, "canceled_at": one.canceled_at,
            "collection_method": "charge_automatically", "created": one.created,
            "currency": "usd", "customer": one.customer, "default_payment_method": card,
            "default_tax_rates": [], "description": null, "discounts": [],
            "ended_at": one.ended_at,
            "invoice_settings": { "account_tax_ids": null, "issuer": { "type": "self" } },
            "items": list(
                &format!("/v1/subscription_items?subscription={}", one.id), vec![item], false
            ),
            "livemode": false, "metadata": one.metadata, "start_date": one.created,
            "status": one.status, "test_clock": null, "trial_end": null, "trial_start": null
        })
    }

    fn card(&self, card: &Card, owner: &Subscription) -> Value {
        json!({
            "id": card.id, "object": "payment_method",
            "billing_details": { "address": null, "email": null, "name": null, "phone": null },
            "card": {
                "brand": card.brand, "country": "US", "display_brand": card.brand,
                "exp_month": card.exp_month, "exp_year": card.exp_year, "funding": "credit",
                "last4": card.last4
            },
            "created": owner.created, "customer": owner.customer, "livemode": false,
            "metadata": {}, "type": "card"
        })
    }

    pub(crate) fn invoice(&self, one: &Invoice) -> Value {
        let paid = if one.paid { one.amount } else { 0 };
        let (start, end) = one.period;
        let line = json!({
            "id": one.id.replacen("in_", "il_", 1), "object": "line_item", "amount": one.amount,
            "currency": "usd", "description": "1 × GAS Premium", "discountable": true,
            "discounts": [], "livemode": false, "metadata": {},
            "period": { "start": start, "end": end }, "quantity": 1, "subtotal": one.amount
        });
        json!({
            "id": one.id, "object": "invoice", "amount_due": one.amount, "amount_overpaid": 0,
            "amount_paid": paid, "amount_remaining": one.amount - paid, "amount_shipping": 0,
            "attempt_count": one.attempts, "attempted": true, "auto_advance": !one.paid,
            "automatic_tax": { "disabled_reason": null, "enabled": false, "liability": null },
            "billing_reason":
                if one.renewal { "subscription_cycle" } else { "subscription_create" },
            "collection_method": "charge_automatically", "created": one.created,
            "currency": "usd", "customer": one.customer, "default_tax_rates": [],
            "discounts": [], "hosted_invoice_url": format!("{}/i/{}", self.origin, one.id),
            "issuer": { "type": "self" },
            "lines": list(&format!("/v1/invoices/{}/lines", one.id), vec![line], false),
            "livemode": false, "metadata": {}, "number": one.number,
            "parent": {
                "type": "subscription_details", "quote_details": null,
                "subscription_details": { "metadata": {}, "subscription": one.subscription }
            },
            "payment_settings": { "default_mandate": null, "payment_method_types": null },
            "period_start": start, "period_end": end, "post_payment_credit_notes_amount": 0,
            "pre_payment_credit_notes_amount": 0, "starting_balance": 0, "ending_balance": 0,
            "status": if one.paid { "paid" } else { "open" },
            "status_transitions": {
                "finalized_at": one.created, "marked_uncollectible_at": null,
                "paid_at": one.paid.then_some(one.created), "voided_at": null
            },
            "subtotal": one.amount, "total": one.amount
        })
    }
}
