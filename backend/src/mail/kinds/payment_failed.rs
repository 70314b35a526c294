//! The mail about a failed payment.

use crate::mail::context::MailContext;
use crate::mail::template::{MailTemplate, mail_bodies};
use crate::mail::text::one_line;
use gas_shared::{JobMailKind, Plan};

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

mail_bodies!(PaymentFailed, "mail/payment_failed/body.html", "mail/payment_failed/body.txt");

impl MailTemplate for PaymentFailed {
    fn kind(&self) -> Option<JobMailKind> {
        None
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
}
