//! Cookies of this service: HttpOnly, SameSite=Lax and, if the service uses TLS, Secure with the
//! prefix `__Host-`, which pins them to this host and to TLS. (Browsers reject that prefix over plain
//! HTTP, which only the local stack uses.)

use axum::http::{HeaderMap, HeaderValue, header};
use gas_backend::PublicUrl;

/// A cookie by its name without a prefix.
#[derive(Clone, Copy, Debug)]
pub struct Cookie(pub &'static str);

impl Cookie {
    fn name(self, url: &PublicUrl) -> String {
        format!("{}{}", if url.is_https() { "__Host-" } else { "" }, self.0)
    }

    /// The value that the browser sent.
    pub fn read<'a>(self, headers: &'a HeaderMap, url: &PublicUrl) -> Option<&'a str> {
        let name = self.name(url);
        // HTTP/2 splits the header.
        let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = values.flat_map(|value| value.split(';')).filter_map(|one| one.split_once('='));
        pairs.into_iter().find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim())
    }

    /// Makes the browser store a value for a number of seconds; 0 removes the cookie. The value must
    /// consist of letters, digits, `-`, `_` and `.`.
    pub fn write(self, headers: &mut HeaderMap, url: &PublicUrl, value: &str, seconds: i64) {
        // Lax, not Strict: the identity provider's redirect back is a cross-site navigation.
        let mut cookie = format!(
            "{}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax",
            self.name(url)
        );
        if url.is_https() {
            cookie.push_str("; Secure");
        }
        // Such values are valid header text.
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            headers.append(header::SET_COOKIE, cookie);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COOKIE: Cookie = Cookie("gas-x");

    fn written(url: &str) -> String {
        let mut headers = HeaderMap::new();
        COOKIE.write(&mut headers, &url.parse().unwrap(), "v1", 60);
        headers[header::SET_COOKIE].to_str().unwrap().to_owned()
    }

    #[test]
    fn a_cookie_is_bound_to_the_host_and_hidden_from_scripts_and_other_sites() {
        assert_eq!(
            written("https://gas.example.org"),
            "__Host-gas-x=v1; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(
            written("http://127.0.0.1:8080"),
            "gas-x=v1; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"
        );
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let url = "https://gas.example.org".parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, "gas-x=forged; a=b".parse().unwrap());
        assert_eq!(COOKIE.read(&headers, &url), None, "another host could have set it");
        headers.append(header::COOKIE, "__Host-gas-x2=c; __Host-gas-x=v1".parse().unwrap());
        assert_eq!(COOKIE.read(&headers, &url), Some("v1"));
    }
}
