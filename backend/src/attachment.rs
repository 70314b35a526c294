//! The `Content-Disposition` header of downloads.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The characters that the extended parameter encodes. RFC 8187 allows a few more unencoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'_').remove(b'-');

/// The header value for saving a response under `name`: RFC 6266, with the name as UTF-8 (RFC 8187)
/// and an ASCII fallback.
pub fn attachment(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._- ".contains(c);
    let ascii: String = name.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    let encoded = utf8_percent_encode(name, ENCODED);
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_keeps_its_name_and_cannot_break_out_of_the_header() {
        assert_eq!(
            attachment("été 1.vcf"),
            "attachment; filename=\"_t_ 1.vcf\"; filename*=UTF-8''%C3%A9t%C3%A9%201.vcf"
        );
        assert_eq!(
            attachment("a\"; x=\r\n"),
            "attachment; filename=\"a__ x___\"; filename*=UTF-8''a%22%3B%20x%3D%0D%0A"
        );
    }
}
