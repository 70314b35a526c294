//! Billing as the browser sees it.

use crate::Plan;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How many days Premium holds after a renewal's payment failed, from the day it was due. Stripe
/// tries the card again meanwhile; then the plan is Free until a payment succeeds.
pub const PAST_DUE_GRACE_DAYS: i64 = 7;

/// Everything the billing page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillingOverview {
    /// The plan as it is now, read afresh.
    pub plan: Plan,
    /// When the plan became what it is; `None` where it never changed.
    pub plan_since: Option<Timestamp>,
    /// What Premium costs: of the user's own subscription, or else of a new one.
    pub price: Price,
    /// How long a user who leaves Premium keeps the results that are stored then, in seconds;
    /// afterwards they are archived.
    pub downgrade_notice_secs: u32,
    /// The user's subscription, as long as it can still be charged or used.
    pub subscription: Option<SubscriptionView>,
    /// The latest invoices, newest first.
    pub invoices: Vec<InvoiceView>,
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionView {
    /// What happens next.
    pub renewal_status: RenewalStatus,
    /// The card that is charged; `None` for other ways to pay.
    pub card: Option<Card>,
}

/// What happens next with a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RenewalStatus {
    /// It renews itself; it can be cancelled.
    Renews {
        /// The next charge.
        at: Timestamp,
    },
    /// It was cancelled and is paid until its end; it can be resumed.
    Ends {
        /// From then on the plan is Free.
        at: Timestamp,
    },
    /// The last charge failed and is tried again: the card must be changed (billing portal).
    PastDue {
        /// Premium holds until then ([`PAST_DUE_GRACE_DAYS`]).
        premium_until: Timestamp,
    },
    /// The last charge failed too long ago, so the plan is Free; it is Premium again once the
    /// invoice is paid (billing portal).
    Unpaid,
}

/// A payment card, as little of it as is needed to recognise it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// The brand in Stripe's spelling, such as `visa`.
    pub brand: String,
    /// The last four digits.
    pub last4: String,
}

/// An invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceView {
    /// The number on it; `None` on a draft.
    pub number: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// Its total.
    pub total: Money,
    /// Whether it is paid.
    pub status: InvoiceStatus,
    /// Stripe's page with the invoice and its PDF; `None` on a draft.
    pub url: Option<String>,
}

/// Whether an invoice is paid (<https://docs.stripe.com/invoicing/overview#invoice-statuses>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceStatus {
    /// Not final yet.
    Draft,
    /// To be paid.
    Open,
    /// Paid.
    Paid,
    /// Withdrawn, or given up as never to be paid.
    Closed,
}

/// What is paid how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// What is paid each time.
    pub amount: Money,
    /// The unit of the time between two charges.
    pub every: Interval,
    /// How many of that unit.
    pub count: u32,
}

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// A day.
    Day,
    /// A week.
    Week,
    /// A month.
    Month,
    /// A year.
    Year,
}

/// An amount of money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// In the currency's smallest unit, such as cents.
    pub minor: i64,
    /// The ISO 4217 code in lower case, as Stripe writes it.
    pub currency: String,
}

/// How the user wants to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckoutForm {
    /// Within a page of ours, by Stripe.js.
    Embedded,
    /// On a page of Stripe's, for browsers that block Stripe.js.
    Hosted,
}

/// A checkout that was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Checkout {
    /// Load `script_url`, then call
    /// `Stripe(publishable_key).createEmbeddedCheckoutPage({ clientSecret })`: a promise of what
    /// is to be mounted (`mount(element)`), and to be destroyed (`destroy()`) when the dialog
    /// closes. After the payment Stripe.js calls the option `onComplete`; ways to pay that lead
    /// elsewhere come back to `/billing/return?session_id=…`.
    Embedded {
        /// Where Stripe.js is.
        script_url: String,
        /// GAS's public name at Stripe.
        publishable_key: String,
        /// What opens this one checkout.
        client_secret: String,
    },
    /// Send the browser there; it comes back to `/billing/return?session_id=…`, or to `/billing`
    /// when the user turns back.
    Hosted {
        /// Stripe's page.
        url: String,
    },
}

/// How far a checkout is. The plan changes by Stripe's webhook only, so it may still be Free for a
/// moment after [`CheckoutStatus::Complete`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckoutStatus {
    /// Nothing was paid yet.
    Open,
    /// It was paid, or the payment is on its way.
    Complete,
    /// It can no longer be paid; begin another.
    Expired,
}

/// Currencies without a smaller unit
/// (<https://docs.stripe.com/currencies#zero-decimal>).
const ZERO_DECIMAL: [&str; 15] = [
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf",
    "xof", "xpf",
];

/// Currencies with thousandths (<https://docs.stripe.com/currencies#three-decimal>).
const THREE_DECIMAL: [&str; 5] = ["bhd", "jod", "kwd", "omr", "tnd"];

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.currency.as_str();
        let digits = match code {
            _ if ZERO_DECIMAL.contains(&code) => 0,
            _ if THREE_DECIMAL.contains(&code) => 3,
            _ => 2,
        };
        let unit = 10_u64.pow(digits);
        let (sign, minor) = (if self.minor < 0 { "-" } else { "" }, self.minor.unsigned_abs());
        write!(f, "{sign}{}", minor / unit)?;
        if digits > 0 {
            write!(f, ".{:0width$}", minor % unit, width = digits as usize)?;
        }
        write!(f, " {}", code.to_uppercase())
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let every = match self.every {
            Interval::Day => "day",
            Interval::Week => "week",
            Interval::Month => "month",
            Interval::Year => "year",
        };
        match self.count {
            1 => write!(f, "{} a {every}", self.amount),
            count => write!(f, "{} every {count} {every}s", self.amount),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_reads_as_its_currency_is_written() {
        let text = |minor, code: &str| Money { minor, currency: code.to_owned() }.to_string();
        assert_eq!(text(999, "usd"), "9.99 USD");
        assert_eq!(text(-5, "eur"), "-0.05 EUR");
        assert_eq!(text(1500, "jpy"), "1500 JPY");
        assert_eq!(text(1500, "kwd"), "1.500 KWD");
        let amount = Money { minor: 900, currency: "usd".into() };
        let price = Price { amount, every: Interval::Month, count: 1 };
        assert_eq!(price.to_string(), "9.00 USD a month");
        assert_eq!(Price { count: 3, ..price }.to_string(), "9.00 USD every 3 months");
    }
}
