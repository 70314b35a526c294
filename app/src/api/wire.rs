//! Values that are decoded by the page that shows them, and by nothing on the way there.

use super::ApiResult;
use crate::error::{ApiError, ErrorCode};
use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::value::RawValue;
use std::marker::PhantomData;

/// A value on its way from the server to a page: its JSON, whatever carries that.
///
/// Values come to a page in three ways: in the answer of a server function, in an event, and within
/// the rendered page, where Dioxus writes CBOR. Serde makes a decoder of a type for each of these
/// formats anew, and Dioxus a copy of its hooks for each type, which together were a fifth of the
/// module. So carriers and hooks ([`use_answer`](super::use_answer)) have text, of whatever type,
/// and one function decodes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Wire<T> {
    json: Box<str>,
    of: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Wire<T> {
    /// The value.
    ///
    /// # Errors
    ///
    /// When it is none of this type: the server is of another version than the page.
    pub fn read(&self) -> ApiResult<T> {
        read(&self.json)
    }
}

impl<T> Wire<T> {
    /// The JSON itself.
    pub fn into_json(self) -> Box<str> {
        self.json
    }
}

/// The value that a JSON text is.
///
/// # Errors
///
/// As [`Wire::read`].
pub fn read<T: DeserializeOwned>(json: &str) -> ApiResult<T> {
    // From bytes, as Dioxus decodes what has no wrapper: the same function for both.
    serde_json::from_slice(json.as_bytes()).map_err(|_| {
        let message = "GAS was renewed since this page was loaded; load it again";
        ApiError::new(ErrorCode::Unavailable, message)
    })
}

#[cfg(feature = "server")]
impl<T: Serialize> Wire<T> {
    /// Packs a value.
    ///
    /// # Panics
    ///
    /// Where a type writes what JSON has no place for, which none of ours does.
    pub fn of(value: &T) -> Self {
        let json = serde_json::to_string(value).expect("our types are JSON");
        Self { json: json.into(), of: PhantomData }
    }
}

impl<T> Serialize for Wire<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if !to.is_human_readable() {
            return to.serialize_str(&self.json);
        }
        serde_json::from_str::<&RawValue>(&self.json).map_err(S::Error::custom)?.serialize(to)
    }
}

impl<'de, T> Deserialize<'de> for Wire<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let json = if from.is_human_readable() {
            Box::<RawValue>::deserialize(from)?.into()
        } else {
            Box::<str>::deserialize(from)?
        };
        Ok(Self { json, of: PhantomData })
    }
}

#[cfg(all(test, feature = "server"))]
mod tests {
    use super::*;
    use gas_shared::{LiveEvent, Plan};

    #[test]
    fn json_carries_it_as_if_it_were_not_there() {
        let event = LiveEvent::Plan(Plan::Premium);
        let plain = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::to_string(&Wire::of(&event)).unwrap(), plain);
        let carried: Wire<LiveEvent> = serde_json::from_str(&plain).unwrap();
        assert_eq!(carried.read(), Ok(event));
    }

    #[test]
    fn what_is_no_such_value_is_refused() {
        let carried: Wire<Plan> = serde_json::from_str("\"gold\"").unwrap();
        assert_eq!(carried.read().unwrap_err().code, ErrorCode::Unavailable);
    }
}
