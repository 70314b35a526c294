//! The tabs of a browser that show GAS: what one says to the others, and which of them leads.
//!
//! A lock of the Web Locks API says who leads: the next tab in line gets it as soon as the one
//! before it is closed, however that ends. Tabs speak by a `BroadcastChannel`.

use futures::channel::{mpsc, oneshot};
use futures::future::{Either, select};
use js_sys::{Function, Promise, Reflect};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{BroadcastChannel, MessageEvent};

/// This tab among the others of its name.
#[derive(Clone)]
pub struct Tabs(Rc<Tab>);

struct Tab {
    name: String,
    channel: BroadcastChannel,
    leads: Cell<bool>,
    _listener: Closure<dyn FnMut(MessageEvent)>,
}

/// Held while this tab leads; the next one does when it is dropped.
pub struct Leading {
    tab: Rc<Tab>,
    release: Function,
}

impl Drop for Leading {
    fn drop(&mut self) {
        self.tab.leads.set(false);
        // Resolving a promise cannot fail.
        _ = self.release.call0(&JsValue::UNDEFINED);
    }
}

impl Tabs {
    /// Joins the tabs of a name. `None` where the browser has not what it takes; else what the
    /// others say comes out of the receiver.
    pub fn open(name: &str) -> Option<(Self, mpsc::UnboundedReceiver<String>)> {
        locks()?;
        let channel = BroadcastChannel::new(name).ok()?;
        let (sender, heard) = mpsc::unbounded();
        let listener = Closure::new(move |event: MessageEvent| {
            if let Some(text) = event.data().as_string() {
                // Nobody listens any more only where the page goes.
                _ = sender.unbounded_send(text);
            }
        });
        channel.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        let leads = Cell::new(false);
        let tab = Tab { name: name.to_owned(), channel, leads, _listener: listener };
        Some((Self(Rc::new(tab)), heard))
    }

    /// Says something to the other tabs.
    pub fn say(&self, text: &str) {
        // Fails for a closed channel only.
        _ = self.0.channel.post_message(&JsValue::from_str(text));
    }

    /// Whether this tab leads.
    pub fn leads(&self) -> bool {
        self.0.leads.get()
    }

    /// Waits until this tab leads. Where the lock is refused it leads without, so that a tab that
    /// nobody tells anything is live all the same.
    pub async fn lead(&self) -> Leading {
        let (granted, is_granted) = oneshot::channel();
        let mut release = None;
        let held = Promise::new(&mut |resolve, _| release = Some(resolve));
        let callback = Closure::once_into_js(move |_lock: JsValue| {
            _ = granted.send(());
            held
        });
        let request = locks().and_then(|(locks, request)| {
            request.call2(&locks, &JsValue::from_str(&self.0.name), &callback).ok()
        });
        if let Some(Ok(request)) = request.map(JsCast::dyn_into::<Promise>)
            && let Either::Right((_, waiting)) = select(is_granted, JsFuture::from(request)).await
        {
            // Over before it was granted: refused.
            drop(waiting);
        }
        self.0.leads.set(true);
        Leading { tab: self.0.clone(), release: release.unwrap_or_default() }
    }
}

/// `navigator.locks` and its method `request`, which web-sys has not as stable.
fn locks() -> Option<(JsValue, Function)> {
    let navigator = super::window()?.navigator();
    let locks = Reflect::get(&navigator, &"locks".into()).ok().filter(JsValue::is_object)?;
    let request = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
    Some((locks, request))
}
