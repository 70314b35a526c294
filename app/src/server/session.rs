//! Server-side sessions, stored in PostgreSQL. The browser holds only a random id in a cookie.

use async_trait::async_trait;
use gas_backend::ports::PortError;
use gas_backend::postgres::{SessionRow, SessionStore as Rows};
use gas_backend::{PublicUrl, chain};
use gas_shared::UserId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use tokio_util::sync::CancellationToken;
use tower_sessions::cookie::SameSite;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};
use tower_sessions::{Expiry, Session, SessionManagerLayer, SessionStore};

/// A session ends after this long without a request (OWASP ASVS 5, V7).
const IDLE_TIMEOUT: Duration = Duration::minutes(30);

/// A sign-in ends after this long, even if the session is used.
const MAX_SIGN_IN_AGE: SignedDuration = SignedDuration::from_hours(12);

const SWEEP_EVERY: std::time::Duration = std::time::Duration::from_secs(600);

/// The signed-in user of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    /// The user.
    pub user: UserId,
    /// When they signed in.
    pub since: Timestamp,
}

impl SignedIn {
    const KEY: &str = "signed_in";

    /// Returns the user of a session, or `None` if the sign-in is missing or has expired.
    ///
    /// # Errors
    /// If the session cannot be read.
    pub async fn of(
        session: &Session,
        now: Timestamp,
    ) -> std::result::Result<Option<Self>, tower_sessions::session::Error> {
        let stored: Option<Self> = session.get(Self::KEY).await?;
        Ok(stored.filter(|signed_in| signed_in.is_valid(now)))
    }

    /// Stores the sign-in in the session. The session gets a new id, so that an id known before the
    /// sign-in cannot be used after it (session fixation).
    ///
    /// # Errors
    /// If the session cannot be written.
    pub async fn start(
        self,
        session: &Session,
    ) -> std::result::Result<(), tower_sessions::session::Error> {
        session.cycle_id().await?;
        session.insert(Self::KEY, self).await
    }

    fn is_valid(&self, now: Timestamp) -> bool {
        now.duration_since(self.since) < MAX_SIGN_IN_AGE
    }
}

/// The middleware that loads the session of each request. The cookie gets the `__Host-` prefix,
/// which pins it to this host and to TLS, only if the service uses TLS.
pub fn layer(
    sessions: PostgresSessions,
    public_url: &PublicUrl,
) -> SessionManagerLayer<PostgresSessions> {
    let secure = public_url.is_https();
    SessionManagerLayer::new(sessions)
        .with_name(if secure { "__Host-gas" } else { "gas" })
        .with_secure(secure)
        .with_http_only(true)
        // Lax, not Strict: the provider's redirect back is a cross-site navigation.
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(IDLE_TIMEOUT))
}

/// Stores sessions in PostgreSQL.
#[derive(Clone, Debug)]
pub struct PostgresSessions(Rows);

impl PostgresSessions {
    /// Creates a store that uses this database.
    pub fn new(pool: &sqlx::PgPool) -> Self {
        Self(Rows::new(pool.clone()))
    }
}

#[async_trait]
impl SessionStore for PostgresSessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        while !self.0.create(&record.id.to_string(), &to_row(record)?).await.map_err(backend)? {
            record.id = Id::default();
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.0.save(&record.id.to_string(), &to_row(record)?).await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let row = self.0.load(&id.to_string(), Timestamp::now()).await.map_err(backend)?;
        row.map(|row| from_row(*id, row)).transpose()
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.0.delete(&id.to_string()).await.map_err(backend)
    }
}

/// Deletes expired sessions every ten minutes until shutdown.
pub async fn sweep(sessions: PostgresSessions, shutdown: CancellationToken) {
    let mut every = tokio::time::interval(SWEEP_EVERY);
    while shutdown.run_until_cancelled(every.tick()).await.is_some() {
        match sessions.0.delete_expired(Timestamp::now()).await {
            Ok(0) => {}
            Ok(count) => tracing::debug!(count, "deleted expired sessions"),
            Err(error) => {
                tracing::warn!(error = %chain(&error), "failed to delete expired sessions");
            }
        }
    }
}

fn to_row(record: &Record) -> Result<SessionRow> {
    let expires = Timestamp::from_second(record.expiry_date.unix_timestamp());
    Ok(SessionRow {
        data: serde_json::to_value(&record.data).map_err(|e| Error::Encode(e.to_string()))?,
        expires: expires.map_err(|e| Error::Encode(e.to_string()))?,
    })
}

fn from_row(id: Id, row: SessionRow) -> Result<Record> {
    let expiry = OffsetDateTime::from_unix_timestamp(row.expires.as_second());
    Ok(Record {
        id,
        data: serde_json::from_value(row.data).map_err(|e| Error::Decode(e.to_string()))?,
        expiry_date: expiry.map_err(|e| Error::Decode(e.to_string()))?,
    })
}

fn backend(error: PortError) -> Error {
    Error::Backend(chain(&error).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_sign_in_ends_after_twelve_hours() {
        let since = Timestamp::from_second(1_790_000_000).unwrap();
        let signed_in = SignedIn { user: UserId::new(Uuid::nil()), since };
        assert!(signed_in.is_valid(since + SignedDuration::from_secs(12 * 3600 - 1)));
        assert!(!signed_in.is_valid(since + SignedDuration::from_secs(12 * 3600)));
    }

    #[test]
    fn a_session_record_survives_the_round_trip_through_a_row() {
        let record = Record {
            id: Id(7),
            data: [("user".to_owned(), serde_json::json!("ada"))].into(),
            expiry_date: OffsetDateTime::from_unix_timestamp(1_790_000_000).unwrap(),
        };
        assert_eq!(from_row(record.id, to_row(&record).unwrap()).unwrap(), record);
    }
}
