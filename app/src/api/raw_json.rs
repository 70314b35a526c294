//! Values that stay JSON text until a page decodes them.

use super::ApiResult;
use crate::error::{ApiError, ErrorCode};
use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::value::RawValue;
use std::marker::PhantomData;

/// A value as JSON text, for the transport from the server to a page.
///
/// Values reach a page in three ways: in the response of a server function, in an event, and within
/// the rendered page, where Dioxus writes CBOR. Serde generates a decoder per type and format, and
/// Dioxus a copy of its hooks per type; together they were a fifth of the WASM module. Transports and
/// hooks ([`use_api_loader`](super::use_api_loader)) therefore handle text, and one function decodes
/// it.
#[derive(Clone, Debug, PartialEq)]
pub struct RawJson<T> {
    json: Box<str>,
    of: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> RawJson<T> {
    /// Decodes the value.
    ///
    /// # Errors
    ///
    /// If the text is not of this type, because the server has another version than the page.
    pub fn read(&self) -> ApiResult<T> {
        read(&self.json)
    }
}

impl<T> RawJson<T> {
    /// The JSON text.
    pub fn into_json(self) -> Box<str> {
        self.json
    }
}

/// Decodes a value from JSON text.
///
/// # Errors
///
/// As [`RawJson::read`].
pub fn read<T: DeserializeOwned>(json: &str) -> ApiResult<T> {
    // From bytes, as Dioxus decodes other values, so that both use the same function.
    serde_json::from_slice(json.as_bytes()).map_err(|_| {
        let message = "GAS was updated since this page was loaded; reload the page";
        ApiError::new(ErrorCode::Unavailable, message)
    })
}

#[cfg(feature = "server")]
impl<T: Serialize> RawJson<T> {
    /// Encodes a value.
    ///
    /// # Panics
    ///
    /// If the type cannot be represented in JSON. All of our types can.
    pub fn of(value: &T) -> Self {
        let json = serde_json::to_string(value).expect("our types can be represented in JSON");
        Self { json: json.into(), of: PhantomData }
    }
}

impl<T> Serialize for RawJson<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if !to.is_human_readable() {
            return to.serialize_str(&self.json);
        }
        serde_json::from_str::<&RawValue>(&self.json).map_err(S::Error::custom)?.serialize(to)
    }
}

impl<'de, T> Deserialize<'de> for RawJson<T> {
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
    fn json_contains_the_value_without_a_wrapper() {
        let event = LiveEvent::Plan(Plan::Premium);
        let plain = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::to_string(&RawJson::of(&event)).unwrap(), plain);
        let received: RawJson<LiveEvent> = serde_json::from_str(&plain).unwrap();
        assert_eq!(received.read(), Ok(event));
    }

    #[test]
    fn a_value_of_another_type_is_rejected() {
        let received: RawJson<Plan> = serde_json::from_str("\"gold\"").unwrap();
        assert_eq!(received.read().unwrap_err().code, ErrorCode::Unavailable);
    }
}
