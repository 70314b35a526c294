//! What screen readers announce while the focus stays where it is.
//!
//! The texts appear in one live region of the shell, which is on the page from the start: a region that is
//! added together with its text is not announced by every screen reader. A new page is not announced here, since its
//! heading gets the focus.

use crate::browser;
use dioxus::prelude::*;
use std::time::Duration;

/// The time before a text appears. A new page moves the focus meanwhile, which would interrupt the announcement.
const DELAY: Duration = Duration::from_millis(500);

/// How long a text stays on the page. Screen readers that are busy announce it later; after that it would only be
/// found by users who read to the end of the page.
const KEPT: Duration = Duration::from_secs(8);

/// A text to announce.
#[derive(Clone, Debug, PartialEq)]
pub struct Announcement {
    /// Identifies it, so that the same text is announced again.
    pub id: u64,
    /// The text.
    pub text: String,
}

/// Announces texts to screen readers.
#[derive(Clone, Copy, PartialEq)]
pub struct Announcer {
    current: Signal<Vec<Announcement>>,
    next_id: Signal<u64>,
}

impl Announcer {
    /// Announces a text after those that are being announced. Only call this in the browser.
    pub fn say(self, text: String) {
        self.say_if(text, || true);
    }

    /// The same for news that may be old when the text is to appear: it does not if `is_true` says so.
    pub fn say_if(mut self, text: String, is_true: impl Fn() -> bool + 'static) {
        let id = *self.next_id.peek();
        self.next_id.set(id + 1);
        // The task does not belong to the component that announces, which may be removed before.
        dioxus::core::spawn_forever(async move {
            browser::sleep(DELAY).await;
            if !is_true() {
                return;
            }
            self.current.write().push(Announcement { id, text });
            browser::sleep(KEPT).await;
            self.current.write().retain(|announcement| announcement.id != id);
        });
    }

    /// The texts on the page, oldest first.
    pub fn current(self) -> Vec<Announcement> {
        self.current.read().clone()
    }
}

/// Provides [`Announcer`] to the components below.
pub fn use_announcer_provider() -> Announcer {
    let announcer = Announcer { current: use_signal(Vec::new), next_id: use_signal(|| 0) };
    use_context_provider(|| announcer)
}

/// The announcer provided by [`use_announcer_provider`].
pub fn use_announcer() -> Announcer {
    use_context::<Announcer>()
}
