// Runs in the embedded checkout after the payment and notifies the page that contains it.
parent.postMessage({ kind: "complete" }, document.body.dataset.app);
