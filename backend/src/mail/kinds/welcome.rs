//! The mail to a user who changed to Premium.

use crate::mail::context::{MailContext, Outdated};
use crate::mail::template::{MailTemplate, mail_bodies};
use gas_shared::{JobMailKind, Plan};

/// "Welcome to GAS Premium".
pub(super) struct Welcome;

impl Welcome {
    pub(super) fn new(context: &MailContext<'_>) -> Result<Self, Outdated> {
        match context.account.plan {
            Plan::Premium => Ok(Self),
            Plan::Free => Err(Outdated("the user is on Free again")),
        }
    }
}

mail_bodies!(Welcome, "mail/welcome/body.html", "mail/welcome/body.txt");

impl MailTemplate for Welcome {
    fn kind(&self) -> Option<JobMailKind> {
        None
    }

    fn subject(&self) -> String {
        "Welcome to GAS Premium".to_owned()
    }

    fn title(&self) -> &'static str {
        "Welcome to GAS Premium"
    }

    fn preheader(&self) -> String {
        "Larger files, and results that stay available.".to_owned()
    }
}
