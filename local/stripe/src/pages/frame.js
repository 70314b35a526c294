// In the embedded checkout after the payment: tells the page around it.
parent.postMessage({ kind: "complete" }, document.body.dataset.app);
