//! Stripe's embedded checkout. Its code is loaded from Stripe when somebody pays, and only then.

use futures::channel::oneshot;
use futures::future::{self, Either};
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen::prelude::{Closure, JsValue, wasm_bindgen};
use wasm_bindgen::{JsCast, JsError};
use web_sys::HtmlScriptElement;

/// How long Stripe.js may take to load, in milliseconds. Some blockers leave a request hanging.
const SCRIPT_MILLIS: u32 = 10_000;

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

/// A checkout on the page. Dropping it takes it away.
pub struct MountedCheckout {
    checkout: stripe_js::EmbeddedCheckout,
    _on_complete: Closure<dyn FnMut()>,
}

impl Drop for MountedCheckout {
    fn drop(&mut self) {
        // Fails where Stripe.js took it away itself.
        _ = self.checkout.destroy();
    }
}

/// Shows a checkout, named by GAS's publishable key and its own client secret, in the element with
/// an id.
///
/// # Errors
/// Where Stripe.js cannot be loaded, as behind some blockers, or refuses the checkout.
pub async fn mount_checkout(
    script_url: &str,
    (publishable_key, client_secret): (&str, &str),
    element_id: &str,
    on_complete: impl FnMut() + 'static,
) -> Result<MountedCheckout, JsValue> {
    load(script_url).await?;
    let stripe = stripe_js::stripe(publishable_key)?;
    let on_complete = Closure::new(on_complete);
    let options = js_sys::Object::new();
    js_sys::Reflect::set(&options, &"clientSecret".into(), &client_secret.into())?;
    js_sys::Reflect::set(&options, &"onComplete".into(), on_complete.as_ref())?;
    let checkout = stripe.create_embedded_checkout_page(&options).await?;
    let checkout: stripe_js::EmbeddedCheckout = checkout.unchecked_into();
    checkout.mount(&format!("#{element_id}"))?;
    Ok(MountedCheckout { checkout, _on_complete: on_complete })
}

/// Loads Stripe.js once.
async fn load(url: &str) -> Result<(), JsValue> {
    let window = super::window().ok_or_else(|| failure("there is no window"))?;
    if js_sys::Reflect::has(&window, &"Stripe".into())? {
        return Ok(());
    }
    let document = window.document().ok_or_else(|| failure("there is no document"))?;
    let script: HtmlScriptElement = document.create_element("script")?.unchecked_into();
    script.set_src(url);
    let (sender, loaded) = oneshot::channel();
    let sender = std::rc::Rc::new(std::cell::Cell::new(Some(sender)));
    let end_with = |is_loaded: bool| {
        let sender = sender.clone();
        Closure::<dyn FnMut()>::new(move || {
            if let Some(sender) = sender.take() {
                // Nobody waits any more if it took too long.
                _ = sender.send(is_loaded);
            }
        })
    };
    let (load, error) = (end_with(true), end_with(false));
    script.set_onload(Some(load.as_ref().unchecked_ref()));
    script.set_onerror(Some(error.as_ref().unchecked_ref()));
    let head = document.head().ok_or_else(|| failure("the document has no head"))?;
    head.append_child(&script)?;
    let ended = future::select(loaded, TimeoutFuture::new(SCRIPT_MILLIS)).await;
    if let Either::Left((Ok(true), _)) = ended {
        return Ok(());
    }
    // Listeners end with this function, and the next try begins anew.
    script.set_onload(None);
    script.set_onerror(None);
    script.remove();
    Err(failure("Stripe.js could not be loaded"))
}

fn failure(text: &str) -> JsValue {
    JsError::new(text).into()
}
