//! Communication between the browser tabs that show GAS, and the election of their leader.
//!
//! The leader holds a lock of the Web Locks API: when its tab is closed, for whatever reason, the
//! next tab in line gets the lock. Tabs exchange messages over a `BroadcastChannel`.

use futures::channel::{mpsc, oneshot};
use futures::future::{Either, select};
use js_sys::{Function, Promise, Reflect};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{BroadcastChannel, MessageEvent};

/// This tab as a member of the group of tabs with the same name.
#[derive(Clone)]
pub struct Tabs(Rc<Tab>);

struct Tab {
    name: String,
    channel: BroadcastChannel,
    is_leader: Cell<bool>,
    _listener: Closure<dyn FnMut(MessageEvent)>,
}

/// Held while this tab leads. Dropping it lets the next tab lead.
pub struct Leadership {
    tab: Rc<Tab>,
    release: Function,
}

impl Drop for Leadership {
    fn drop(&mut self) {
        self.tab.is_leader.set(false);
        // Resolving a promise cannot fail.
        _ = self.release.call0(&JsValue::UNDEFINED);
    }
}

impl Tabs {
    /// Joins the group with a name. The receiver yields the messages of the other tabs. Returns `None`
    /// if the browser lacks the interfaces.
    pub fn open(name: &str) -> Option<(Self, mpsc::UnboundedReceiver<String>)> {
        locks()?;
        let channel = BroadcastChannel::new(name).ok()?;
        let (sender, messages) = mpsc::unbounded();
        let listener = Closure::new(move |event: MessageEvent| {
            if let Some(text) = event.data().as_string() {
                // Fails only if the receiver is dropped because the page is unloaded.
                _ = sender.unbounded_send(text);
            }
        });
        channel.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        let is_leader = Cell::new(false);
        let tab = Tab { name: name.to_owned(), channel, is_leader, _listener: listener };
        Some((Self(Rc::new(tab)), messages))
    }

    /// Sends a message to the other tabs.
    pub fn send(&self, text: &str) {
        // Fails only for a closed channel.
        _ = self.0.channel.post_message(&JsValue::from_str(text));
    }

    /// Whether this tab leads.
    pub fn is_leader(&self) -> bool {
        self.0.is_leader.get()
    }

    /// Waits until this tab leads. If the browser rejects the lock, the tab leads without it, so that
    /// it is live in any case.
    pub async fn lead(&self) -> Leadership {
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
            // The request ended before the lock was granted: it was rejected.
            drop(waiting);
        }
        self.0.is_leader.set(true);
        Leadership { tab: self.0.clone(), release: release.unwrap_or_default() }
    }
}

/// `navigator.locks` and its method `request`, which web-sys does not offer as a stable interface.
fn locks() -> Option<(JsValue, Function)> {
    let navigator = super::window()?.navigator();
    let locks = Reflect::get(&navigator, &"locks".into()).ok().filter(JsValue::is_object)?;
    let request = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
    Some((locks, request))
}
