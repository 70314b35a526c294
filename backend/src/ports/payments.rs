//! The payment provider, and what is kept of it.

use super::{PortResult, WriteOutcome};
use async_trait::async_trait;
use gas_shared::billing::{Card, CheckoutForm, CheckoutStatus, InvoiceView, Price};
use gas_shared::{Account, Plan, UserId};
use jiff::Timestamp;

/// What GAS asks of Stripe.
#[async_trait]
pub trait Payments: Send + Sync {
    /// Makes a customer of a user and returns its id. `attempt` makes repeats of one call make one
    /// customer.
    async fn create_customer(&self, user: &Account, attempt: &str) -> PortResult<String>;

    /// Begins a checkout of the Premium price. Repeats with the same
    /// [`CheckoutRequest::attempt`] give the same checkout.
    async fn start_checkout(&self, request: &CheckoutRequest<'_>) -> PortResult<OpenCheckout>;

    /// A checkout's customer and how far it is, or `None` where there is none of that id.
    async fn checkout(&self, id: &str) -> PortResult<Option<(String, CheckoutStatus)>>;

    /// All of a customer's subscriptions, ended ones too, as they are now.
    async fn subscriptions(&self, customer: &str) -> PortResult<Vec<Subscription>>;

    /// Ends a subscription with its paid period, or (`false`) takes that back.
    async fn set_cancel_at_period_end(&self, subscription: &str, cancel: bool) -> PortResult<()>;

    /// A link to Stripe's page where a customer manages cards and the subscription.
    async fn open_portal(&self, customer: &str) -> PortResult<String>;

    /// A customer's latest invoices, newest first.
    async fn invoices(&self, customer: &str) -> PortResult<Vec<InvoiceView>>;

    /// Deletes a customer: all their subscriptions end at once, no checkout of theirs can be paid any
    /// more, and the invoices stay. One that is not there counts as deleted.
    async fn delete_customer(&self, customer: &str) -> PortResult<()>;

    /// What Premium costs.
    async fn price(&self) -> PortResult<Price>;
}

/// A checkout to begin.
#[derive(Clone, Copy, Debug)]
pub struct CheckoutRequest<'a> {
    /// Who pays; written into the session and the subscription for people who look there. GAS
    /// itself goes by `customer`.
    pub user: UserId,
    /// Their customer at Stripe.
    pub customer: &'a str,
    /// Where it is shown.
    pub form: CheckoutForm,
    /// What makes repeats of one attempt the same.
    pub attempt: &'a str,
    /// Until when it can be paid: between 30 minutes and 24 hours from now.
    pub expires_at: Timestamp,
}

/// What opens a checkout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenCheckout {
    /// Within our page.
    Embedded {
        /// For Stripe.js.
        client_secret: String,
    },
    /// On Stripe's page.
    Hosted {
        /// The page.
        url: String,
    },
}

/// A subscription as Stripe has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Its id.
    pub id: String,
    /// Its state.
    pub status: SubscriptionStatus,
    /// The id of what is bought.
    pub price_id: String,
    /// What is paid.
    pub price: Price,
    /// Whether real money is paid.
    pub livemode: bool,
    /// When it was made.
    pub created: Timestamp,
    /// When the present period began: what was due then is what was last charged.
    pub period_start: Timestamp,
    /// When the present period ends.
    pub period_end: Timestamp,
    /// When it ends for good, where it was cancelled.
    pub ends_at: Option<Timestamp>,
    /// The card that is charged.
    pub card: Option<Card>,
}

/// The state of a subscription
/// (<https://docs.stripe.com/api/subscriptions/object#subscription_object-status>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionStatus {
    /// Paid.
    Active,
    /// Not to be paid yet.
    Trialing,
    /// The last charge failed and is tried again.
    PastDue,
    /// The last charge failed for good.
    Unpaid,
    /// Over.
    Canceled,
    /// The first charge is not through.
    Incomplete,
    /// The first charge never came.
    IncompleteExpired,
    /// A trial that ended without a way to pay.
    Paused,
    /// One that this build does not know.
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

/// What is kept of users' billing, and which events of Stripe were seen.
#[async_trait]
pub trait BillingStore: Send + Sync {
    /// A user's billing, or `None` where there is no such user.
    async fn billing_of(&self, user: UserId) -> PortResult<Option<BillingRow>>;

    /// The billing of the user whose customer that is.
    async fn billing_of_customer(&self, customer: &str) -> PortResult<Option<BillingRow>>;

    /// Notes a user's customer unless they have one, and returns the one that they have now. `None`
    /// where the account is being deleted or gone: nothing is noted then.
    async fn link_customer(&self, user: UserId, customer: &str) -> PortResult<Option<String>>;

    /// Writes what was found out at `at`, plan and all. [`WriteOutcome::Conflict`] if the row does
    /// not have that version any more.
    async fn write_billing(
        &self,
        row: &BillingRow,
        update: &BillingUpdate<'_>,
        at: Timestamp,
    ) -> PortResult<WriteOutcome>;

    /// Notes that the plan with that [`BillingRow::plan_version`] is what the rest of GAS was told
    /// last, even if the plan is another by now.
    async fn mark_plan_announced(&self, user: UserId, plan_version: i64) -> PortResult<()>;

    /// Forgets the customer of a user whose account is being deleted: nothing can be charged any more.
    async fn close_billing(&self, user: UserId) -> PortResult<()>;

    /// Users whose [`BillingUpdate::check_at`] has come or whose plan was not announced, by their ids, and of
    /// them those after an id.
    async fn users_to_check(
        &self,
        now: Timestamp,
        after: Option<UserId>,
        limit: u16,
    ) -> PortResult<Vec<UserId>>;

    /// Notes an event, and says whether its work was done before.
    async fn record_event(&self, id: &str, kind: &str, at: Timestamp) -> PortResult<EventState>;

    /// Notes that an event's work is done.
    async fn mark_event_processed(&self, id: &str, at: Timestamp) -> PortResult<()>;
}

/// A user's billing as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillingRow {
    /// The user.
    pub account: Account,
    /// When the profile was made: who left and came back has a later one.
    pub created: Timestamp,
    /// Their customer at Stripe.
    pub customer: Option<String>,
    /// When the plan last changed.
    pub plan_since: Option<Timestamp>,
    /// The version that last changed the plan; 0 where none did.
    pub plan_version: i64,
    /// Whether the rest of GAS knows of that change.
    pub announced: bool,
    /// Counts the writes of this row.
    pub version: i64,
}

/// What was found out at Stripe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BillingUpdate<'a> {
    /// The plan that follows.
    pub plan: Plan,
    /// The subscription that decided it.
    pub subscription: Option<&'a Subscription>,
    /// When to look again even if Stripe sends no event.
    pub check_at: Option<Timestamp>,
}

/// Whether an event's work was done before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventState {
    /// No: do it.
    Pending,
    /// Yes.
    Processed,
}
