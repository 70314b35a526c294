use crate::api::{self, use_extra};
use crate::browser;
use crate::format;
use crate::live::use_live;
use dioxus::prelude::*;
use gas_shared::JobId;
use gas_shared::job::QueuePosition;
use std::time::Duration;

/// Where a job is in the queue, and about how long until its turn: "3rd in line, about 2 min".
#[component]
pub fn QueueNote(
    /// Its place, where that is known.
    place: Option<QueuePosition>,
) -> Element {
    rsx! {
        span { class: "queue-note muted", "data-queue": "",
            match place {
                Some(place) => words(place),
                None => "Place in line: –".to_owned(),
            }
        }
    }
}

/// The [`QueueNote`] of one job that waits, asked for again now and then.
#[component]
pub fn JobQueueNote(id: JobId) -> Element {
    let live = use_live();
    let tick = use_refresh_tick();
    let place = use_extra(move || {
        live.follow_changes();
        tick.read();
        api::queue_place(id)
    });
    rsx! {
        QueueNote { place: place.read().and_then(Result::ok).flatten() }
    }
}

/// The interval of [`use_refresh_tick`].
const TICK: Duration = Duration::from_secs(15);

/// Grows every quarter of a minute: what nobody tells a browser is asked for again then, such as
/// how the jobs of others get on. Stands still on the server.
pub fn use_refresh_tick() -> Signal<u32> {
    let mut tick = use_signal(|| 0_u32);
    use_effect(move || {
        spawn(async move {
            loop {
                browser::sleep(TICK).await;
                tick += 1;
            }
        });
    });
    tick
}

fn words(place: QueuePosition) -> String {
    let position = match place.position {
        1 => "Next in line".to_owned(),
        position => format!("{} in line", format::ordinal(position)),
    };
    match place.wait_secs {
        Some(seconds) => format!("{position}, {}", format::about(seconds)),
        None => position,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_is_told_only_where_there_is_one() {
        let place = |position, wait_secs| words(QueuePosition { position, wait_secs });
        assert_eq!(place(3, Some(115)), "3rd in line, about 2 min");
        assert_eq!(place(1, Some(4)), "Next in line, under a minute");
        assert_eq!(place(12, None), "12th in line");
    }
}
