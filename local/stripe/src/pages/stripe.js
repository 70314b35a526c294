// A replacement of Stripe.js that implements the functions that GAS calls
// (https://docs.stripe.com/js/embedded_checkout).
(() => {
  const origin = new URL(document.currentScript.src).origin;

  class EmbeddedCheckout {
    #frame = null;
    #source;
    #onComplete;

    constructor(source, onComplete) {
      this.#source = source;
      this.#onComplete = onComplete;
    }

    mount(target) {
      const element = typeof target === "string" ? document.querySelector(target) : target;
      if (!element) throw new Error(`IntegrationError: there is no element ${target}`);
      if (this.#frame) throw new Error("IntegrationError: this checkout is mounted already");
      const frame = document.createElement("iframe");
      frame.src = this.#source;
      frame.title = "Secure payment input frame";
      frame.name = "embedded-checkout";
      frame.style.cssText = "border: 0; width: 100%; height: 38rem";
      this.#frame = frame;
      addEventListener("message", this.#hear);
      element.append(frame);
    }

    unmount() {
      removeEventListener("message", this.#hear);
      this.#frame?.remove();
      this.#frame = null;
    }

    destroy() {
      this.unmount();
      open = null;
    }

    #hear = (event) => {
      if (event.origin !== origin || event.source !== this.#frame?.contentWindow) return;
      // With redirect_on_completion: if_required, cards do not need a redirect.
      if (event.data?.kind === "complete") this.#onComplete?.();
    };
  }

  // As with Stripe, only one checkout can exist at a time.
  let open = null;

  window.Stripe = (key) => {
    if (!key) throw new Error("IntegrationError: Missing value for Stripe(): apiKey should be a string.");
    return {
      async createEmbeddedCheckoutPage({ clientSecret, fetchClientSecret, onComplete }) {
        if (open) {
          throw new Error("IntegrationError: You cannot have multiple Embedded Checkout objects.");
        }
        const secret = clientSecret ?? (await fetchClientSecret());
        const source = `${origin}/embed/${encodeURIComponent(secret)}?key=${encodeURIComponent(key)}`;
        open = new EmbeddedCheckout(source, onComplete);
        return open;
      },
      initEmbeddedCheckout() {
        throw new Error(
          "IntegrationError: stripe.initEmbeddedCheckout() has been removed. " +
            "Please use stripe.createEmbeddedCheckoutPage() instead.",
        );
      },
    };
  };
  window.Stripe.version = "dahlia";
})();
