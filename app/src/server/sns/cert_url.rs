//! The URLs from which signing certificates may be fetched.

/// A URL from which signing certificates may be fetched: `https://sns.REGION.amazonaws.com` (or
/// `.amazonaws.com.cn`) with the path `/SimpleNotificationService-HEX.pem`. User info, port, query
/// and fragment are not allowed, so that no URL parser can see a different host in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SigningCertUrl {
    url: String,
    region: String,
}

impl SigningCertUrl {
    /// Parses a URL. Returns `None` if it does not have this form.
    pub fn parse(url: &str) -> Option<Self> {
        let (host, file) = url.strip_prefix("https://")?.split_once('/')?;
        let domain = host.strip_suffix(".cn").unwrap_or(host);
        let region = domain.strip_prefix("sns.")?.strip_suffix(".amazonaws.com")?;
        let serial = file.strip_prefix("SimpleNotificationService-")?.strip_suffix(".pem")?;
        let region_ok = region.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        let serial_ok = serial.bytes().all(|byte| matches!(byte, b'a'..=b'f' | b'0'..=b'9'));
        let filled = !region.is_empty() && !serial.is_empty();
        let parsed = Self { url: url.to_owned(), region: region.to_owned() };
        (filled && region_ok && serial_ok).then_some(parsed)
    }

    /// The URL as text.
    pub fn as_str(&self) -> &str {
        &self.url
    }

    /// The AWS region of the host.
    pub fn region(&self) -> &str {
        &self.region
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_sns_are_accepted() {
        for (host, region) in [
            ("sns.us-east-1.amazonaws.com", "us-east-1"),
            ("sns.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
            ("sns.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ] {
            let url = format!("https://{host}/SimpleNotificationService-7506a1e3.pem");
            let parsed = SigningCertUrl::parse(&url).unwrap();
            assert_eq!((parsed.as_str(), parsed.region()), (url.as_str(), region));
        }
    }

    #[test]
    fn all_other_urls_are_rejected() {
        let file = "SimpleNotificationService-7506a1e3.pem";
        let host = "sns.us-east-1.amazonaws.com";
        let bad = [
            format!("http://{host}/{file}"),
            format!("HTTPS://{host}/{file}"),
            format!("https://{host}.evil.tld/{file}"),
            format!("https://{host}@evil.tld/{file}"),
            format!("https://evil.tld@{host}/{file}"),
            format!("https://{host}:8443/{file}"),
            format!("https://{host}./{file}"),
            format!("https://{host}\\.evil.tld/{file}"),
            format!("https://evil.tld/{host}/{file}"),
            format!("https://evil.tld#{host}/{file}"),
            format!("https://10.0.0.1/{file}"),
            format!("https://169.254.169.254/{file}"),
            format!("https://[::1]/{file}"),
            format!("https://sns.amazonaws.com/{file}"),
            format!("https://sns..amazonaws.com/{file}"),
            format!("https://sns.evil.us-east-1.amazonaws.com/{file}"),
            format!("https://s3.us-east-1.amazonaws.com/{file}"),
            format!("https://sns.us-east-1.amazonaws.com.cn.cn/{file}"),
            format!("https://{host}/bucket/{file}"),
            format!("https://{host}/../{file}"),
            format!("https://{host}/{file}?a=b"),
            format!("https://{host}/{file}#a"),
            format!("https://{host}/SimpleNotificationService-.pem"),
            format!("https://{host}/SimpleNotificationService-xyz.pem"),
            format!("https://{host}/SimpleNotificationService-7506a1e3"),
            format!(" https://{host}/{file}"),
            format!("https://{host}/{file}\n"),
            String::new(),
        ];
        for url in bad {
            assert_eq!(SigningCertUrl::parse(&url), None, "{url:?}");
        }
    }
}
