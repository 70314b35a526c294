//! A job's position in the queue.

use crate::api::{self, use_api_resource};
use crate::browser;
use crate::format;
use crate::live::use_live;
use dioxus::prelude::*;
use gas_shared::JobId;
use gas_shared::job::QueuePosition;
use std::time::Duration;

/// A job's position in the queue and the estimated wait: "3rd in line, about 2 min".
#[component]
pub fn QueueNote(
    /// The position, if known.
    position: Option<QueuePosition>,
) -> Element {
    rsx! {
        span { class: "queue-note muted", "data-queue": "",
            match position {
                Some(position) => position_text(position),
                None => "Waiting for a worker".to_owned(),
            }
        }
    }
}

/// The [`QueueNote`] of one pending job, which refreshes itself.
#[component]
pub fn JobQueueNote(id: JobId) -> Element {
    let live = use_live();
    let tick = use_refresh_tick();
    let position = use_api_resource(move || {
        live.refetch_on_changes();
        tick.read();
        api::queue_position(id)
    });
    rsx! {
        QueueNote { position: position.read().and_then(Result::ok).flatten() }
    }
}

/// The interval of [`use_refresh_tick`].
const REFRESH_INTERVAL: Duration = Duration::from_secs(15);

/// A counter that grows every 15 seconds in the browser. Read it to refresh data without live
/// events, such as the queue, which depends on the jobs of other users.
pub fn use_refresh_tick() -> Signal<u32> {
    let mut tick = use_signal(|| 0_u32);
    use_effect(move || {
        spawn(async move {
            loop {
                browser::sleep(REFRESH_INTERVAL).await;
                tick += 1;
            }
        });
    });
    tick
}

fn position_text(position: QueuePosition) -> String {
    let in_line = match position.position {
        1 => "Next in line".to_owned(),
        number => format!("{} in line", format::ordinal(number)),
    };
    match position.wait_secs {
        Some(seconds) => format!("{in_line}, {}", format::about(seconds)),
        None => in_line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimated_wait_is_shown_if_known() {
        let text = |position, wait_secs| position_text(QueuePosition { position, wait_secs });
        assert_eq!(text(3, Some(115)), "3rd in line, about 2 min");
        assert_eq!(text(1, Some(4)), "Next in line, under a minute");
        assert_eq!(text(12, None), "12th in line");
    }
}
