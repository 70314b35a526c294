//! Stores a user's time zone, for the times in mails.

use crate::Gas;
use crate::ports::PortError;
use crate::time_zone::time_zone;
use gas_shared::UserId;

/// The reason why a time zone was not stored.
#[derive(Debug, thiserror::Error)]
pub enum TimeZoneError {
    /// The tz database has no zone of this name.
    #[error("unknown time zone; the previous one is kept")]
    Unknown,
    /// A service failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Stores a user's time zone by its name in the tz database.
///
/// # Errors
/// [`TimeZoneError`]; the previous one is kept then.
pub async fn set_time_zone(gas: &Gas, user: UserId, name: &str) -> Result<(), TimeZoneError> {
    let zone = time_zone(name);
    let name = zone.as_ref().and_then(|zone| zone.iana_name()).ok_or(TimeZoneError::Unknown)?;
    Ok(gas.accounts.set_time_zone(user, name).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Identity;
    use crate::testkit::TestGas;
    use gas_shared::Plan;

    #[tokio::test]
    async fn a_time_zone_is_stored_by_its_name_and_kept_over_sign_ins() {
        let test = TestGas::new();
        let (ada, eve) = (test.user("ada", Plan::Premium), test.user("eve", Plan::Free));
        set_time_zone(&test.gas, ada.id, "america/chicago").await.unwrap();
        let identity = Identity {
            id: ada.id,
            name: ada.name.clone(),
            email: ada.email.clone(),
            institution: String::new(),
        };
        let again = test.gas.accounts.record_sign_in(&identity).await.unwrap().unwrap();
        assert_eq!(again.account.time_zone.as_deref(), Some("America/Chicago"));
        assert_eq!((again.account.plan, again.first), (Plan::Premium, false));
        assert_eq!(test.accounts.get(eve.id).time_zone, None);
    }

    #[tokio::test]
    async fn an_unknown_time_zone_does_not_replace_the_previous_one() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        set_time_zone(&test.gas, ada.id, "Europe/Berlin").await.unwrap();
        for name in ["Mars/Olympus", "Etc/Unknown", ""] {
            let rejected = set_time_zone(&test.gas, ada.id, name).await;
            assert!(matches!(rejected, Err(TimeZoneError::Unknown)), "{name}");
        }
        assert_eq!(test.accounts.get(ada.id).time_zone.as_deref(), Some("Europe/Berlin"));
    }
}
