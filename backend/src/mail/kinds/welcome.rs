//! The mail to a user who changed to Premium.

use crate::mail::context::{MailContext, Outdated};
use crate::mail::layout::Layout;
use crate::mail::template::MailTemplate;
use askama::Template;
use gas_shared::Plan;

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

#[derive(Template)]
#[template(path = "mail/welcome/body.html")]
struct Html<'a> {
    mail: &'a Welcome,
    layout: &'a Layout<'a>,
}

#[derive(Template)]
#[template(path = "mail/welcome/body.txt")]
struct Text<'a> {
    mail: &'a Welcome,
    layout: &'a Layout<'a>,
}

impl MailTemplate for Welcome {
    fn is_required(&self) -> bool {
        true
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

    fn html(&self, layout: &Layout<'_>) -> askama::Result<String> {
        Html { mail: self, layout }.render()
    }

    fn text(&self, layout: &Layout<'_>) -> askama::Result<String> {
        Text { mail: self, layout }.render()
    }
}
