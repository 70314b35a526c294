//! The ports of the payment provider and of stored billing data.

use super::{PortResult, WriteOutcome};
use async_trait::async_trait;
use gas_shared::billing::{Card, CheckoutForm, CheckoutStatus, InvoiceView, Price};
use gas_shared::{Account, Plan, UserId};
use jiff::Timestamp;

/// The payment provider, Stripe.
#[async_trait]
pub trait Payments: Send + Sync {
    /// Creates a customer for a user and returns its ID. Calls with the same `attempt` create one
    /// customer.
    async fn create_customer(&self, user: &Account, attempt: &str) -> PortResult<String>;

    /// Begins a checkout of the Premium price. Calls with the same [`CheckoutRequest::attempt`]
    /// return the same checkout.
    async fn start_checkout(&self, request: &CheckoutRequest<'_>) -> PortResult<OpenCheckout>;

    /// A customer's latest checkouts with any status, newest first.
    async fn checkouts(&self, customer: &str) -> PortResult<Vec<Checkout>>;

    /// Expires a checkout, so that it can no longer be paid. A checkout that is not open stays as it
    /// is.
    async fn expire_checkout(&self, id: &str) -> PortResult<()>;

    /// The customer and the status of a checkout, or `None` if it does not exist.
    async fn checkout(&self, id: &str) -> PortResult<Option<(String, CheckoutStatus)>>;

    /// The current state of all of a customer's subscriptions, including ended ones.
    async fn subscriptions(&self, customer: &str) -> PortResult<Vec<Subscription>>;

    /// Cancels a subscription at the end of the paid period, or with `false` undoes that.
    async fn set_cancel_at_period_end(&self, subscription: &str, cancel: bool) -> PortResult<()>;

    /// Ends a subscription immediately. Ending one that has ended succeeds.
    async fn end_subscription(&self, subscription: &str) -> PortResult<()>;

    /// The URL of Stripe's page on which a customer manages cards and the subscription.
    async fn open_portal(&self, customer: &str) -> PortResult<String>;

    /// A customer's latest invoices, newest first.
    async fn invoices(&self, customer: &str) -> PortResult<Vec<InvoiceView>>;

    /// Deletes a customer: their subscriptions end immediately, open checkouts can no longer be
    /// paid, and invoices remain. Deleting an absent customer succeeds.
    async fn delete_customer(&self, customer: &str) -> PortResult<()>;

    /// The price of Premium.
    async fn price(&self) -> PortResult<Price>;
}

/// A checkout to begin.
#[derive(Clone, Copy, Debug)]
pub struct CheckoutRequest<'a> {
    /// The user who pays. Written to Stripe's metadata for operators; GAS itself relies on
    /// `customer`.
    pub user: UserId,
    /// The user's customer ID at Stripe.
    pub customer: &'a str,
    /// Where the checkout is shown.
    pub form: CheckoutForm,
    /// Identifies repeated requests of one attempt.
    pub attempt: &'a str,
    /// The end of the checkout, between 30 minutes and 24 hours from now.
    pub expires_at: Timestamp,
}

/// A checkout of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    /// Its ID.
    pub id: String,
    /// Its status; `None` if this version does not know it.
    pub status: Option<CheckoutStatus>,
    /// The ID of the price, as recorded when GAS created the checkout.
    pub price_id: Option<String>,
    /// How the browser opens it; `None` if it is not open.
    pub opener: Option<OpenCheckout>,
    /// When it can no longer be paid.
    pub expires_at: Timestamp,
}

/// How the browser opens a checkout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenCheckout {
    /// Within a page of GAS.
    Embedded {
        /// The secret for Stripe.js.
        client_secret: String,
    },
    /// On a page of Stripe.
    Hosted {
        /// The URL of the page.
        url: String,
    },
}

/// A subscription at Stripe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The subscription ID.
    pub id: String,
    /// The status.
    pub status: SubscriptionStatus,
    /// The ID of the price.
    pub price_id: String,
    /// The price.
    pub price: Price,
    /// Whether it is a subscription of live mode, that is, real money is charged.
    pub livemode: bool,
    /// When it was created.
    pub created: Timestamp,
    /// The start of the current period, when the latest charge was due.
    pub period_start: Timestamp,
    /// The end of the current period.
    pub period_end: Timestamp,
    /// When it ends, if it was cancelled.
    pub ends_at: Option<Timestamp>,
    /// The card that is charged.
    pub card: Option<Card>,
}

/// The status of a subscription
/// (<https://docs.stripe.com/api/subscriptions/object#subscription_object-status>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionStatus {
    /// Paid.
    Active,
    /// In a free trial.
    Trialing,
    /// The latest charge failed and is retried.
    PastDue,
    /// The latest charge failed and is no longer retried.
    Unpaid,
    /// Ended.
    Canceled,
    /// The first charge is pending.
    Incomplete,
    /// The first charge was not paid in time.
    IncompleteExpired,
    /// The trial ended without a payment method.
    Paused,
    /// A status that this version does not know.
    Unknown,
}

impl SubscriptionStatus {
    /// Stripe's spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Trialing => "trialing",
            Self::PastDue => "past_due",
            Self::Unpaid => "unpaid",
            Self::Canceled => "canceled",
            Self::Incomplete => "incomplete",
            Self::IncompleteExpired => "incomplete_expired",
            Self::Paused => "paused",
            Self::Unknown => "unknown",
        }
    }
}

/// Users' billing data, and the Stripe events that were received.
#[async_trait]
pub trait BillingStore: Send + Sync {
    /// A user's billing, or `None` if there is no such user.
    async fn billing_of(&self, user: UserId) -> PortResult<Option<BillingRow>>;

    /// The billing of the user with a customer ID.
    async fn billing_of_customer(&self, customer: &str) -> PortResult<Option<BillingRow>>;

    /// Stores a user's customer ID unless they have one, and returns the ID they have now. `None`,
    /// and nothing is stored, if the account is closed.
    async fn link_customer(&self, user: UserId, customer: &str) -> PortResult<Option<String>>;

    /// Stores the billing as read from Stripe at `at`, including the plan;
    /// [`WriteOutcome::Conflict`] if the row is no longer at the version of `row`.
    async fn write_billing(
        &self,
        row: &BillingRow,
        update: &BillingUpdate<'_>,
        at: Timestamp,
    ) -> PortResult<WriteOutcome>;

    /// Records that an operator grants Premium to a user, or takes it back, and that the plan is due for a check at
    /// `at`. `false`, and nothing is stored, if there is no such user.
    async fn set_grant(&self, user: UserId, granted: bool, at: Timestamp) -> PortResult<bool>;

    /// Gives Premium to a user, or to all, because the deployment sells it to nobody. Users who have it for that
    /// reason or were granted it, and closed accounts, stay as they are. Returns the number of the others. Changed
    /// plans are not announced yet, and are in the audit log.
    async fn give_premium_to_everyone(
        &self,
        only: Option<UserId>,
        at: Timestamp,
    ) -> PortResult<u64>;

    /// Ends the effect of [`BillingStore::give_premium_to_everyone`]: the plans of those users are due for a check
    /// at `at`. Returns their number.
    async fn end_premium_of_everyone(&self, at: Timestamp) -> PortResult<u64>;

    /// Records that the plan with this [`BillingRow::plan_version`] is the latest one announced to
    /// the rest of GAS, even if it has changed since.
    async fn mark_plan_announced(&self, user: UserId, plan_version: i64) -> PortResult<()>;

    /// Removes the customer ID of a user whose account is being closed: Stripe can no longer charge
    /// them.
    async fn close_billing(&self, user: UserId) -> PortResult<()>;

    /// A page of the users whose [`BillingUpdate::check_at`] has passed or whose plan was not
    /// announced, in the order of their IDs, after the ID `after`.
    async fn users_to_check(
        &self,
        now: Timestamp,
        after: Option<UserId>,
        limit: u16,
    ) -> PortResult<Vec<UserId>>;

    /// Stores an event, to be handled from `at` on, unless it is stored already. Returns whether it
    /// was processed before.
    async fn record_event(&self, event: &StoredEvent, at: Timestamp) -> PortResult<EventState>;

    /// Takes up to `limit` unprocessed events that are due, longest due first. They are due again at
    /// `until`, so that another process takes them if this one dies. Of concurrent calls, only one
    /// gets an event.
    async fn claim_events(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u16,
    ) -> PortResult<Vec<ClaimedEvent>>;

    /// Records that an event was processed.
    async fn mark_event_processed(&self, id: &str, at: Timestamp) -> PortResult<()>;

    /// Records why an event could not be handled, and when it is due again.
    async fn postpone_event(&self, id: &str, until: Timestamp, error: &str) -> PortResult<()>;

    /// Deletes the events that were received before a time, and returns how many of them were not
    /// processed.
    async fn delete_events(&self, received_before: Timestamp) -> PortResult<u64>;
}

/// An event of Stripe, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// The ID, which is the same in every delivery.
    pub id: String,
    /// The type, such as `invoice.paid`.
    pub kind: String,
    /// The fields that GAS uses, in the form of Stripe.
    pub body: serde_json::Value,
}

/// An event that this process handles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedEvent {
    /// The event.
    pub event: StoredEvent,
    /// How often its handling was started, this time included.
    pub attempt: u32,
}

/// A user's stored billing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillingRow {
    /// The user.
    pub account: Account,
    /// When the profile was created. A user who closed their account and returned has a new
    /// profile.
    pub created: Timestamp,
    /// The customer ID at Stripe.
    pub customer: Option<String>,
    /// When the plan last changed.
    pub plan_since: Option<Timestamp>,
    /// The version that last changed the plan, or 0.
    pub plan_version: i64,
    /// Whether that change was announced to the rest of GAS.
    pub announced: bool,
    /// Whether an operator has granted Premium.
    pub granted: bool,
    /// The number of writes to this row.
    pub version: i64,
}

/// The billing as derived from the state at Stripe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BillingUpdate<'a> {
    /// The resulting plan.
    pub plan: Plan,
    /// The subscription that determines the plan.
    pub subscription: Option<&'a Subscription>,
    /// When to check again even if Stripe sends no event.
    pub check_at: Option<Timestamp>,
}

/// Whether an event was processed before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventState {
    /// It was not.
    Pending,
    /// It was.
    Processed,
}
