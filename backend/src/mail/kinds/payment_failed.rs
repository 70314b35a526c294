//! The mail about a failed payment.

use crate::mail::context::MailContext;
use crate::mail::layout::Layout;
use crate::mail::template::MailTemplate;
use crate::mail::text::one_line;
use askama::Template;
use gas_shared::Plan;

/// "Your payment failed".
pub(super) struct PaymentFailed {
    /// Stripe's id of the invoice.
    invoice: String,
    /// The user's plan at the time of sending.
    plan: Plan,
}

impl PaymentFailed {
    pub(super) fn new(context: &MailContext<'_>, invoice: &str) -> Self {
        Self { invoice: one_line(invoice), plan: context.account.plan }
    }
}

#[derive(Template)]
#[template(path = "mail/payment_failed/body.html")]
struct Html<'a> {
    mail: &'a PaymentFailed,
    layout: &'a Layout<'a>,
}

#[derive(Template)]
#[template(path = "mail/payment_failed/body.txt")]
struct Text<'a> {
    mail: &'a PaymentFailed,
    layout: &'a Layout<'a>,
}

impl MailTemplate for PaymentFailed {
    fn is_required(&self) -> bool {
        true
    }

    fn subject(&self) -> String {
        "Your payment for GAS Premium failed".to_owned()
    }

    fn title(&self) -> &'static str {
        "Your payment failed"
    }

    fn preheader(&self) -> String {
        "Update your card to keep Premium.".to_owned()
    }

    fn html(&self, layout: &Layout<'_>) -> askama::Result<String> {
        Html { mail: self, layout }.render()
    }

    fn text(&self, layout: &Layout<'_>) -> askama::Result<String> {
        Text { mail: self, layout }.render()
    }
}
