//! The values that `templates/mail/layout.html` and `layout.txt` and all mails share.

use super::text::one_line;
use crate::PublicUrl;
use gas_shared::billing::PAST_DUE_GRACE_DAYS;
use gas_shared::byte_size::format_limit;
use gas_shared::plan::EXPEDITED_A_DAY;
use gas_shared::{Account, Plan};

/// How a user without a name is greeted.
const NO_NAME: &str = "there";

/// What every mail to a user contains, and the links that several mails use.
pub(super) struct Layout<'a> {
    pub(super) site: &'a PublicUrl,
    /// The name in the greeting.
    pub(super) name: String,
    /// The unsubscribe link; `None` for mails that a user cannot turn off.
    pub(super) unsubscribe: Option<String>,
}

impl<'a> Layout<'a> {
    pub(super) fn new(site: &'a PublicUrl, account: &Account, unsubscribe: Option<String>) -> Self {
        let name = one_line(&account.name);
        let name = if name.is_empty() { NO_NAME.to_owned() } else { name };
        Self { site, name, unsubscribe }
    }

    pub(super) fn billing(&self) -> String {
        self.site.join("/billing")
    }

    pub(super) fn annotate(&self) -> String {
        self.site.join("/annotate")
    }

    pub(super) fn jobs(&self) -> String {
        self.site.join("/annotations")
    }

    pub(super) fn grace_days(&self) -> i64 {
        PAST_DUE_GRACE_DAYS
    }

    pub(super) fn expedited(&self) -> u32 {
        EXPEDITED_A_DAY
    }

    pub(super) fn max_upload(&self) -> String {
        format_limit(Plan::Premium.max_upload_bytes())
    }
}
