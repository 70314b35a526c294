//! Billing data for the billing page.

use crate::Plan;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The grace period after a failed renewal, in days from the due date. Premium continues while Stripe
/// retries the card; afterwards the plan is Free until a payment succeeds.
pub const PAST_DUE_GRACE_DAYS: i64 = 7;

/// The data of the billing page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillingOverview {
    /// The current plan, as read from PostgreSQL.
    pub plan: Plan,
    /// When the plan last changed; `None` if it never did.
    pub plan_since: Option<Timestamp>,
    /// The price of the user's subscription, or else of a new one.
    pub price: Price,
    /// The notice period: how long the stored results stay available after a downgrade, in seconds.
    /// Afterwards they are archived.
    pub downgrade_notice_secs: u32,
    /// The download window: how long results of the Free plan can be downloaded, in seconds.
    pub free_window_secs: u32,
    /// A text for users that says which data is deleted after how many days.
    #[serde(default)]
    pub retention: String,
    /// The user's subscription, while it can still be charged or used.
    pub subscription: Option<SubscriptionView>,
    /// The latest invoices, newest first.
    pub invoices: Vec<InvoiceView>,
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionView {
    /// What happens at the end of the current period.
    pub renewal_status: RenewalStatus,
    /// The card that is charged; `None` for other payment methods.
    pub card: Option<Card>,
}

/// What happens to a subscription at the end of the current period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RenewalStatus {
    /// It renews automatically and can be cancelled.
    Renews {
        /// The next charge.
        at: Timestamp,
    },
    /// It is cancelled, paid until the end of the period, and can be resumed.
    Ends {
        /// When the plan becomes Free.
        at: Timestamp,
    },
    /// The last charge failed and will be retried: the user should update the card (billing portal).
    PastDue {
        /// The end of the grace period ([`PAST_DUE_GRACE_DAYS`]).
        premium_until: Timestamp,
    },
    /// The grace period has ended, so the plan is Free until the invoice is paid (billing portal).
    Unpaid,
}

/// The part of a payment card's data that lets its owner recognize it.
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
    /// The invoice number; `None` for a draft.
    pub number: Option<String>,
    /// When it was created.
    pub created: Timestamp,
    /// Its total.
    pub total: Money,
    /// Whether it is paid.
    pub status: InvoiceStatus,
    /// Stripe's page with the invoice and its PDF; `None` for a draft.
    pub url: Option<String>,
}

/// Whether an invoice is paid (<https://docs.stripe.com/invoicing/overview#invoice-statuses>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceStatus {
    /// Not final yet.
    Draft,
    /// Awaiting payment.
    Open,
    /// Paid.
    Paid,
    /// Void or uncollectible.
    Closed,
}

/// A recurring price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// The amount of each charge.
    pub amount: Money,
    /// The unit of the billing interval.
    pub every: Interval,
    /// The number of units in the billing interval.
    pub count: u32,
}

/// The unit of a billing interval.
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
    /// The amount in the currency's smallest unit, such as cents.
    pub minor: i64,
    /// The ISO 4217 code in lower case, as in Stripe's API.
    pub currency: String,
}

/// Where the payment form is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckoutForm {
    /// In a dialog of GAS, by Stripe.js.
    Embedded,
    /// On Stripe's page, for browsers that block Stripe.js.
    Hosted,
}

/// A checkout that was started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Checkout {
    /// Load `script_url`, then call
    /// `Stripe(publishable_key).createEmbeddedCheckoutPage({ clientSecret })`. The promise resolves to
    /// an object to mount (`mount(element)`) and to destroy (`destroy()`) when the dialog closes. After
    /// the payment Stripe.js calls the option `onComplete`; payment methods that redirect return to
    /// `/billing/return?session_id=…`.
    Embedded {
        /// The URL of Stripe.js.
        script_url: String,
        /// GAS's publishable API key at Stripe.
        publishable_key: String,
        /// The client secret of this checkout.
        client_secret: String,
    },
    /// Redirect the browser to `url`. It returns to `/billing/return?session_id=…`, or to `/billing` if
    /// the user cancels.
    Hosted {
        /// The URL of Stripe's payment page.
        url: String,
    },
}

/// The status of a checkout. Only Stripe's webhook changes the plan, so the plan may still be Free
/// shortly after [`CheckoutStatus::Complete`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckoutStatus {
    /// Not paid yet.
    Open,
    /// Paid, or the payment is being processed.
    Complete,
    /// No longer payable: start another.
    Expired,
}

/// Currencies without a minor unit
/// (<https://docs.stripe.com/currencies#zero-decimal>).
const ZERO_DECIMAL: [&str; 15] = [
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf",
    "xof", "xpf",
];

/// Currencies whose minor unit is a thousandth (<https://docs.stripe.com/currencies#three-decimal>).
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
    fn money_is_formatted_with_the_decimals_of_its_currency() {
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
