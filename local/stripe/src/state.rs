//! What the server remembers, in memory and in one file.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{fs, io};

/// The shortest and the longest that a checkout can be paid, in seconds. The longest is the default.
pub const CHECKOUT_SECS: RangeInclusive<i64> = 30 * 60..=24 * 3600;

/// Everything there is.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    /// By id.
    pub customers: BTreeMap<String, Customer>,
    /// By id.
    pub sessions: BTreeMap<String, Session>,
    /// By id.
    pub subscriptions: BTreeMap<String, Subscription>,
    /// In the order of their making.
    pub invoices: Vec<Invoice>,
    /// Portal sessions: the secret in the link, and the customer.
    pub portals: BTreeMap<String, Portal>,
    /// In the order of their making.
    pub events: Vec<Event>,
    /// Answers of creations, by idempotency key.
    pub answers: BTreeMap<String, Answer>,
}

/// A customer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Customer {
    /// The id.
    pub id: String,
    /// When it was made, in Unix seconds; so are all times here.
    pub created: i64,
    /// The e-mail address.
    pub email: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// What the caller noted.
    pub metadata: BTreeMap<String, String>,
}

/// Where a checkout is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UiMode {
    /// In a page of the caller's.
    EmbeddedPage,
    /// On a page of this server.
    HostedPage,
}

/// A Checkout Session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Session {
    /// The id.
    pub id: String,
    /// When it was made.
    pub created: i64,
    /// Until when it can be paid.
    pub expires_at: i64,
    /// Whose.
    pub customer: String,
    /// Where it is shown.
    pub ui_mode: UiMode,
    /// Opens the embedded page.
    pub client_secret: String,
    /// Where the browser goes after the payment.
    pub done_url: String,
    /// Where it goes when the user turns back.
    pub cancel_url: Option<String>,
    /// What the caller noted.
    pub client_reference_id: Option<String>,
    /// What the caller noted.
    pub metadata: BTreeMap<String, String>,
    /// What goes into the subscription.
    pub subscription_metadata: BTreeMap<String, String>,
    /// What was bought; `None` until it is paid.
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

    /// Where the browser goes after the payment, with the id filled in.
    pub fn done_url(&self) -> String {
        self.done_url.replace("{CHECKOUT_SESSION_ID}", &self.id)
    }
}

/// A card, without its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// The payment method's id.
    pub id: String,
    /// `visa` or `mastercard`.
    pub brand: String,
    /// The last four digits.
    pub last4: String,
    /// The month it expires in.
    pub exp_month: i8,
    /// The year it expires in.
    pub exp_year: i16,
}

/// The state of a subscription, as far as this server knows states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Paid.
    Active,
    /// The last renewal was declined.
    PastDue,
    /// Over.
    Canceled,
}

/// A subscription of the one price.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Subscription {
    /// The id.
    pub id: String,
    /// When it was made.
    pub created: i64,
    /// Whose.
    pub customer: String,
    /// Its state.
    pub status: Status,
    /// When the present period began.
    pub period_start: i64,
    /// When it ends.
    pub period_end: i64,
    /// Whether it ends then for good.
    pub cancel_at_period_end: bool,
    /// When that was asked for.
    pub canceled_at: Option<i64>,
    /// When it ended.
    pub ended_at: Option<i64>,
    /// What is charged.
    pub card: Card,
    /// Whether the next renewal is declined.
    pub fail_next_renewal: bool,
    /// What the caller noted.
    pub metadata: BTreeMap<String, String>,
}

/// An invoice of a subscription.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Invoice {
    /// The id.
    pub id: String,
    /// The number on it.
    pub number: String,
    /// When it was made.
    pub created: i64,
    /// Whose.
    pub customer: String,
    /// For what.
    pub subscription: String,
    /// The period that is paid.
    pub period: (i64, i64),
    /// In US cents.
    pub amount: i64,
    /// Whether it is paid.
    pub paid: bool,
    /// Whether it is a renewal's.
    pub renewal: bool,
    /// How often the card was tried.
    pub attempts: u64,
}

/// A session of the billing portal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Portal {
    /// Whose.
    pub customer: String,
    /// Where the browser goes back to.
    pub return_url: String,
}

/// An event and its deliveries.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Event {
    /// The body, byte for byte the same in every delivery.
    pub body: String,
    /// The id.
    pub id: String,
    /// What happened.
    pub kind: String,
    /// Every answer of the endpoint's: an HTTP status, or 0 where there was none.
    pub answers: Vec<u16>,
    /// When to deliver it next, in Unix milliseconds; `None` once it was taken.
    pub due: Option<i64>,
}

/// A stored answer of a creation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// What was asked.
    pub request: String,
    /// What was answered.
    pub body: serde_json::Value,
    /// When.
    pub at: i64,
}

/// The state and its file.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    state: Mutex<State>,
}

impl Store {
    /// Reads the state of a folder, or begins a new one.
    ///
    /// # Errors
    /// Where the folder cannot be made or the file is not readable.
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

    /// Looks.
    pub fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes, and stores the change before anybody hears of it. A file that cannot be written is
    /// logged: the state in memory is the one that counts until the end.
    pub fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = change(&mut state);
        if let Err(error) = self.save(&state) {
            tracing::error!(%error, path = %self.path.display(), "the state was not stored");
        }
        outcome
    }

    /// A rename replaces the file at once: whoever dies here leaves the old one whole.
    fn save(&self, state: &State) -> io::Result<()> {
        let next = self.path.with_extension("next");
        fs::write(&next, serde_json::to_vec(state)?)?;
        fs::rename(next, &self.path)
    }
}
