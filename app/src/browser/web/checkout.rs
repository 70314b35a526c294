//! Stripe's embedded checkout. Stripe.js is loaded only when the user pays.

use super::ScriptError;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, JsValue, wasm_bindgen};

mod stripe_js {
    use super::*;

    #[wasm_bindgen]
    extern "C" {
        /// <https://docs.stripe.com/js/initializing>
        pub type Stripe;

        #[wasm_bindgen(js_name = Stripe, catch)]
        pub fn stripe(publishable_key: &str) -> Result<Stripe, JsValue>;

        /// <https://docs.stripe.com/js/embedded_checkout/create>
        #[wasm_bindgen(method, catch, js_name = createEmbeddedCheckoutPage)]
        pub async fn create_embedded_checkout_page(
            this: &Stripe,
            options: &js_sys::Object,
        ) -> Result<JsValue, JsValue>;

        pub type EmbeddedCheckout;

        #[wasm_bindgen(method, catch)]
        pub fn mount(this: &EmbeddedCheckout, selector: &str) -> Result<(), JsValue>;

        #[wasm_bindgen(method, catch)]
        pub fn destroy(this: &EmbeddedCheckout) -> Result<(), JsValue>;
    }
}

/// A checkout on the page. Dropping it removes the checkout.
pub struct MountedCheckout {
    checkout: stripe_js::EmbeddedCheckout,
    _on_complete: Closure<dyn FnMut()>,
}

impl Drop for MountedCheckout {
    fn drop(&mut self) {
        // Fails if Stripe.js has removed it already.
        _ = self.checkout.destroy();
    }
}

/// Shows a checkout in the element with an id.
///
/// # Errors
///
/// If Stripe.js cannot be loaded, for example because of a content blocker, or rejects the checkout.
pub async fn mount_checkout(
    script_url: &str,
    publishable_key: &str,
    client_secret: &str,
    element_id: &str,
    on_complete: impl FnMut() + 'static,
) -> Result<MountedCheckout, ScriptError> {
    super::script::load(script_url, "Stripe").await?;
    let stripe = stripe_js::stripe(publishable_key)?;
    let on_complete = Closure::new(on_complete);
    let options = js_sys::Object::new();
    js_sys::Reflect::set(&options, &"clientSecret".into(), &client_secret.into())?;
    js_sys::Reflect::set(&options, &"onComplete".into(), on_complete.as_ref())?;
    let checkout = stripe.create_embedded_checkout_page(&options).await?;
    let checkout: stripe_js::EmbeddedCheckout = checkout.unchecked_into();
    // Stripe.js allows one checkout at a time, so one that cannot be mounted is dropped as well.
    let mounted = MountedCheckout { checkout, _on_complete: on_complete };
    mounted.checkout.mount(&format!("#{element_id}"))?;
    Ok(mounted)
}
