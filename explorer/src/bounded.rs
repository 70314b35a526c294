//! Decoding and shortening of data whose size a stranger chose.

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// Deserializes a list of at most `LIMIT` items. In memory an item may take many times its bytes in
/// the file.
pub(crate) fn list<'de, D, T, const LIMIT: usize>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_seq(ListVisitor::<T, LIMIT>(PhantomData))
}

struct ListVisitor<T, const LIMIT: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const LIMIT: usize> Visitor<'de> for ListVisitor<T, LIMIT> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {LIMIT} items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            if list.len() == LIMIT {
                return Err(A::Error::invalid_length(LIMIT + 1, &self));
            }
            list.push(item);
        }
        Ok(list)
    }
}

/// The start of a text with at most `limit` bytes, and whether it is shorter than the text. A
/// character is not cut.
pub(crate) fn start(text: &[u8], limit: usize) -> (&[u8], bool) {
    if text.len() <= limit {
        return (text, false);
    }
    let is_continuation = |byte: u8| byte & 0b1100_0000 == 0b1000_0000;
    let mut end = limit;
    while end > 0 && limit - end < 3 && is_continuation(text[end]) {
        end -= 1;
    }
    (&text[..end], true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_over_the_limit_is_rejected() {
        #[derive(Debug, serde::Deserialize)]
        struct AtMostThree(#[serde(deserialize_with = "list::<_, _, 3>")] Vec<u32>);
        let bytes = |n: u32| postcard::to_stdvec(&(0..n).collect::<Vec<_>>()).unwrap();
        assert_eq!(postcard::from_bytes::<AtMostThree>(&bytes(3)).unwrap().0, [0, 1, 2]);
        assert!(postcard::from_bytes::<AtMostThree>(&bytes(4)).is_err());
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        let text = "aé€".as_bytes();
        assert_eq!(start(text, 6), (text, false));
        assert_eq!(start(text, 5), ("aé".as_bytes(), true));
        assert_eq!(start(text, 2), ("a".as_bytes(), true));
    }
}
