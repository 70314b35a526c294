//! Parameters of API calls: form fields with brackets (<https://docs.stripe.com/api>).

use super::error::ApiError;
use std::collections::BTreeMap;

/// The parameters of a call. Each is removed when it is read, so that unknown parameters remain.
#[derive(Debug)]
pub(crate) struct Params(BTreeMap<String, String>);

impl Params {
    /// Parses a form body or a query.
    pub(crate) fn new(pairs: Vec<(String, String)>) -> Self {
        Self(pairs.into_iter().collect())
    }

    /// Returns an optional parameter.
    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    /// Returns a required parameter.
    pub(crate) fn need(&mut self, name: &str) -> Result<String, ApiError> {
        self.take(name)
            .ok_or_else(|| ApiError::invalid(name, format!("Missing required param: {name}.")))
    }

    /// Returns a required parameter with one of these values.
    pub(crate) fn one_of(&mut self, name: &str, allowed: &[&str]) -> Result<String, ApiError> {
        let value = self.need(name)?;
        if allowed.contains(&value.as_str()) {
            return Ok(value);
        }
        let list = allowed.join(" or ");
        Err(ApiError::invalid(name, format!("Invalid {name}: must be {list}")))
    }

    /// Returns all parameters `name[key]`.
    pub(crate) fn take_map(&mut self, name: &str) -> BTreeMap<String, String> {
        let key = |full: &str| -> Option<String> {
            Some(full.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']')?.to_owned())
        };
        let keys: Vec<_> =
            self.0.keys().filter_map(|full| Some((full.clone(), key(full)?))).collect();
        keys.into_iter().filter_map(|(full, key)| Some((key, self.0.remove(&full)?))).collect()
    }

    /// Returns the objects to expand: `expand[]` or `expand[0]`.
    pub(crate) fn take_expand(&mut self) -> Vec<String> {
        self.take_map("expand").into_values().collect()
    }

    /// Rejects unknown parameters, as Stripe does.
    pub(crate) fn finish(self) -> Result<(), ApiError> {
        match self.0.into_keys().next() {
            None => Ok(()),
            Some(name) => {
                let text = format!("Received unknown parameter: {name}");
                Err(ApiError::invalid(&name, text))
            }
        }
    }
}
