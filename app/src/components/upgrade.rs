//! The dialog for upgrading to Premium, and the buttons that open it.

use super::{ErrorNote, Modal};
use crate::account::{use_account, use_sells_premium};
use crate::api::{self, use_api_action, use_api_resource};
use crate::app::Route;
use crate::browser::{self, MountedCheckout};
use crate::error::{ApiError, ErrorCode};
use crate::live::{use_live, wait_for_premium};
use crate::toasts::use_toasts;
use dioxus::prelude::*;
use gas_shared::Plan;
use gas_shared::billing::{Checkout, CheckoutForm};

/// The id of the element in which Stripe shows its form.
const CHECKOUT_ID: &str = "checkout";

/// The state of the upgrade dialog.
#[derive(Clone, Copy, PartialEq)]
pub struct Upgrade {
    open: Signal<bool>,
}

/// Provides the dialog's state to the pages.
pub fn use_upgrade_provider() {
    let open = use_signal(|| false);
    use_context_provider(|| Upgrade { open });
}

impl Upgrade {
    /// Opens the dialog.
    pub fn open(mut self) {
        self.open.set(true);
    }
}

/// The dialog's state.
pub fn use_upgrade() -> Upgrade {
    use_context::<Upgrade>()
}

/// A button that opens the upgrade dialog. Nothing if Premium is not sold.
#[component]
pub fn UpgradeButton(
    /// Whether it is the main action of its panel.
    #[props(default)]
    main: bool,
    #[props(default = "Upgrade to Premium")] label: &'static str,
) -> Element {
    let upgrade = use_upgrade();
    if !use_sells_premium() {
        return rsx! {};
    }
    rsx! {
        button {
            class: if main { "button button-main" } else { "button" },
            r#type: "button",
            "data-upgrade": "",
            onclick: move |_| upgrade.open(),
            "{label}"
        }
    }
}

/// The upgrade dialog. It closes on any page once the plan is Premium.
#[component]
pub fn UpgradeDialog() -> Element {
    let mut open = use_context::<Upgrade>().open;
    let toasts = use_toasts();
    let is_premium = use_account().is_some_and(|account| account.plan == Plan::Premium);
    use_effect(use_reactive!(|is_premium| {
        if is_premium && *open.peek() {
            open.set(false);
            toasts.success("You are now on Premium".to_owned());
        }
    }));
    rsx! {
        Modal { id: "upgrade", title: "Upgrade to Premium", open,
            Offer {}
        }
    }
}

/// The current step of the checkout.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    /// The offer is shown.
    Offer,
    /// Stripe's form is loading.
    Loading,
    /// Stripe's form is shown.
    Form,
    /// Stripe's form cannot be shown on this page.
    Blocked,
    /// The browser is opening Stripe's page.
    Leaving,
    /// The user has paid, and the server has not confirmed the payment yet.
    Paid,
    /// The user has paid, and the server has not confirmed the payment in time.
    Late,
    /// The checkout could not be started.
    Failed(ApiError),
}

#[component]
fn Offer() -> Element {
    let step = use_signal(|| Step::Offer);
    let billing = use_api_resource(api::billing_overview).read();
    let price = billing.and_then(Result::ok).map(|billing| billing.price.to_string());
    let pay = use_checkout(step);
    let hosted = move |_| pay.call(CheckoutForm::Hosted);
    let shown = step.read().clone();
    rsx! {
        if matches!(shown, Step::Offer | Step::Failed(_)) {
            ul {
                li { "Files up to {crate::format::limit(Plan::Premium.max_upload_bytes())}" }
                li { "Results you can download at any time" }
                li { "All your archived results restored" }
            }
            p {
                strong { class: "price", {price.unwrap_or_else(|| "The price is shown before you pay".to_owned())} }
                span { class: "muted",
                    " Tax, if any, is shown before you pay. Cancel at any time; Premium lasts until the \
                     end of the paid period."
                }
            }
            button {
                class: "button button-main",
                r#type: "button",
                onclick: move |_| pay.call(CheckoutForm::Embedded),
                "Continue to payment"
            }
        }
        div { role: "status",
            match &shown {
                Step::Loading => rsx! { p { "Loading the payment form …" } },
                Step::Leaving => rsx! { p { "Opening Stripe's page …" } },
                Step::Paid => rsx! { p { "Thank you. Confirming your payment …" } },
                Step::Late => rsx! { p { {PAYMENT_DELAYED} } },
                Step::Blocked => rsx! {
                    p { "The payment form could not be loaded; a browser extension may block it. Pay on Stripe's page instead." }
                },
                _ => rsx! {},
            }
        }
        // Stripe.js renders its form here.
        div { id: CHECKOUT_ID, class: "checkout", hidden: !matches!(shown, Step::Loading | Step::Form) }
        match &shown {
            Step::Blocked => rsx! {
                button { class: "button button-main", r#type: "button", onclick: hosted, "Pay on Stripe's page" }
            },
            Step::Loading | Step::Form => rsx! {
                button { class: "button button-quiet", r#type: "button", onclick: hosted, "Pay on Stripe's page instead" }
            },
            Step::Failed(error) => rsx! { CheckoutError { error: error.clone() } },
            _ => rsx! {},
        }
    }
}

/// Shown if a payment is not confirmed within half a minute.
pub const PAYMENT_DELAYED: &str = "Your payment is not confirmed yet. This can take a few minutes. \
     This page updates automatically; you don't need to pay again.";

#[component]
fn CheckoutError(error: ApiError) -> Element {
    rsx! {
        ErrorNote { error: error.clone() }
        if error.code == ErrorCode::Conflict {
            Link { class: "button", to: Route::Billing {}, "Go to billing" }
        }
    }
}

/// Returns a callback that starts a checkout, shows it, and waits for the payment.
fn use_checkout(mut step: Signal<Step>) -> Callback<CheckoutForm> {
    let live = use_live();
    // Dropping it removes Stripe's form.
    let mut checkout = use_signal(|| None);
    let paying = use_api_action();
    use_effect(move || {
        if *step.read() != Step::Paid {
            return;
        }
        spawn(async move {
            checkout.set(None);
            // The dialog closes once the plan is Premium.
            if !wait_for_premium(live).await {
                step.set(Step::Late);
            }
        });
    });
    use_callback(move |form| {
        paying.start(async move {
            checkout.set(None);
            let (next, mounted) = start_checkout(form, step).await;
            checkout.set(mounted);
            step.set(next);
            Ok(())
        });
    })
}

/// Starts a checkout. Returns the next step and, if it is embedded, Stripe's form.
async fn start_checkout(
    form: CheckoutForm,
    mut step: Signal<Step>,
) -> (Step, Option<MountedCheckout>) {
    step.set(if form == CheckoutForm::Embedded { Step::Loading } else { Step::Leaving });
    match api::start_checkout(form).await.and_then(|begun| begun.read()) {
        Err(error) => (Step::Failed(error), None),
        Ok(Checkout::Hosted { url }) => {
            browser::go_to(&url);
            (Step::Leaving, None)
        }
        Ok(Checkout::Embedded { script_url, publishable_key, client_secret }) => {
            let paid = move || step.set(Step::Paid);
            let mounted = browser::mount_checkout(
                &script_url,
                &publishable_key,
                &client_secret,
                CHECKOUT_ID,
                paid,
            );
            match mounted.await {
                Ok(checkout) => (Step::Form, Some(checkout)),
                Err(_) => (Step::Blocked, None),
            }
        }
    }
}
