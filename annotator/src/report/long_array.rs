//! Counts in arrays of more than 32 numbers, for which serde has no implementation.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(super) fn serialize<S: Serializer, const N: usize>(
    counts: &[u64; N],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    counts[..].serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
    deserializer: D,
) -> Result<[u64; N], D::Error> {
    let counts = Vec::<u64>::deserialize(deserializer)?;
    counts.try_into().map_err(|_| D::Error::custom("another number of counts"))
}
