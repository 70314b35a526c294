//! The state of the server, in memory and in a file.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{fs, io};

/// The shortest and the longest time in which a checkout can be paid, in seconds. The longest is
/// the default.
pub const CHECKOUT_SECS: RangeInclusive<i64> = 30 * 60..=24 * 3600;

/// The complete state.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    /// Customers by id.
    pub customers: BTreeMap<String, Customer>,
    /// Checkout sessions by id.
    pub sessions: BTreeMap<String, Session>,
    /// Subscriptions by id.
    pub subscriptions: BTreeMap<String, Subscription>,
    /// Invoices, oldest first.
    pub invoices: Vec<Invoice>,
    /// Portal sessions by the secret in their link.
    pub portals: BTreeMap<String, Portal>,
    /// Events, oldest first.
    pub events: Vec<Event>,
    /// Responses to creations by idempotency key.
    pub answers: BTreeMap<String, Answer>,
}

/// A customer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Customer {
    /// The id.
    pub id: String,
    /// When the customer was created, in Unix seconds, as all times in this file.
    pub created: i64,
    /// The email address.
    pub email: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// The caller's metadata.
    pub metadata: BTreeMap<String, String>,
}

/// How a checkout is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UiMode {
    /// Embedded in a page of the caller.
    EmbeddedPage,
    /// On a page of this server.
    HostedPage,
}

/// A Checkout Session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Session {
    /// The id.
    pub id: String,
    /// When the session was created.
    pub created: i64,
    /// The number of older sessions, which orders those of one second.
    #[serde(default)]
    pub sequence: usize,
    /// When the session expires.
    pub expires_at: i64,
    /// The customer's id.
    pub customer: String,
    /// How the checkout is shown.
    pub ui_mode: UiMode,
    /// The secret that opens the embedded page.
    pub client_secret: String,
    /// The URL to which the browser returns after the payment.
    pub done_url: String,
    /// The URL to which the browser returns if the user cancels.
    pub cancel_url: Option<String>,
    /// The caller's reference.
    pub client_reference_id: Option<String>,
    /// The caller's metadata.
    pub metadata: BTreeMap<String, String>,
    /// The metadata of the subscription.
    pub subscription_metadata: BTreeMap<String, String>,
    /// The resulting subscription; `None` until the session is paid.
    pub subscription: Option<String>,
}

impl Session {
    /// `open`, `complete` or `expired`.
    pub fn status(&self, now: i64) -> &'static str {
        match self.subscription {
            Some(_) => "complete",
            None if now >= self.expires_at => "expired",
            None => "open",
        }
    }

    /// The URL to which the browser returns after the payment, with the session id inserted.
    pub fn done_url(&self) -> String {
        self.done_url.replace("{CHECKOUT_SESSION_ID}", &self.id)
    }
}

/// A card without its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// The payment method's id.
    pub id: String,
    /// `visa` or `mastercard`.
    pub brand: String,
    /// The last four digits.
    pub last4: String,
    /// The expiry month.
    pub exp_month: i8,
    /// The expiry year.
    pub exp_year: i16,
}

/// The status of a subscription, as far as this server implements them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The current period is paid.
    Active,
    /// The last renewal failed.
    PastDue,
    /// The subscription has ended.
    Canceled,
}

/// A subscription of the one price.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Subscription {
    /// The id.
    pub id: String,
    /// When the subscription was created.
    pub created: i64,
    /// The customer's id.
    pub customer: String,
    /// The status.
    pub status: Status,
    /// When the current period started.
    pub period_start: i64,
    /// When the current period ends.
    pub period_end: i64,
    /// Whether the subscription ends with the current period.
    pub cancel_at_period_end: bool,
    /// When the cancellation was requested.
    pub canceled_at: Option<i64>,
    /// When the subscription ended.
    pub ended_at: Option<i64>,
    /// The card to charge.
    pub card: Card,
    /// Whether the next renewal fails.
    pub fail_next_renewal: bool,
    /// The caller's metadata.
    pub metadata: BTreeMap<String, String>,
}

/// An invoice of a subscription.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Invoice {
    /// The id.
    pub id: String,
    /// The invoice number.
    pub number: String,
    /// When the invoice was created.
    pub created: i64,
    /// The customer's id.
    pub customer: String,
    /// The subscription's id.
    pub subscription: String,
    /// The billed period.
    pub period: (i64, i64),
    /// The amount in US cents.
    pub amount: i64,
    /// Whether the invoice is paid.
    pub paid: bool,
    /// Whether the invoice is for a renewal.
    pub renewal: bool,
    /// The number of attempts to charge the card.
    pub attempts: u64,
}

/// A session of the billing portal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Portal {
    /// The customer's id.
    pub customer: String,
    /// The URL of the link back to the caller.
    pub return_url: String,
}

/// An event and its deliveries.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Event {
    /// The body, which is identical in every delivery.
    pub body: String,
    /// The id.
    pub id: String,
    /// The event's type.
    pub kind: String,
    /// The responses of the endpoint: HTTP statuses, or 0 without a response.
    pub answers: Vec<u16>,
    /// When the event is delivered next, in Unix milliseconds; `None` after it was accepted.
    pub due: Option<i64>,
}

/// A stored response to a creation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// The request.
    pub request: String,
    /// The response.
    pub body: serde_json::Value,
    /// When the response was stored.
    pub at: i64,
}

/// The state and its file.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    state: Mutex<State>,
}

impl Store {
    /// Reads the state from a folder, or creates an empty one.
    ///
    /// # Errors
    /// If the folder cannot be created or the file cannot be read.
    pub fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let path = folder.join("stripe.json");
        let state = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => State::default(),
            Err(error) => return Err(error),
        };
        Ok(Self { path, state: Mutex::new(state) })
    }

    /// Reads the state.
    pub fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the state and writes it before the response. If the file cannot be written, the
    /// error is logged and the state in memory remains valid.
    pub fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = change(&mut state);
        if let Err(error) = self.save(&state) {
            tracing::error!(%error, path = %self.path.display(), "the state was not stored");
        }
        outcome
    }

    /// The rename is atomic, so a crash leaves the old file intact.
    fn save(&self, state: &State) -> io::Result<()> {
        let next = self.path.with_extension("next");
        fs::write(&next, serde_json::to_vec(state)?)?;
        fs::rename(next, &self.path)
    }
}
