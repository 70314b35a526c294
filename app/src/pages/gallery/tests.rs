//! Tests of the gallery's completeness.

use crate::app::{App, Route};
use crate::components::{Icon, IconName, StatusBadge};
use dioxus::history::{History, MemoryHistory};
use dioxus::prelude::*;
use gas_shared::JobStatus;
use std::rc::Rc;

/// The page as rendered by the server.
fn page() -> String {
    let mut dom = VirtualDom::new(App);
    let here: Rc<dyn History> = Rc::new(MemoryHistory::with_initial_path(Route::Gallery {}));
    dom.provide_root_context(here);
    dom.rebuild_in_place();
    dioxus::ssr::render(&dom)
}

/// The part of the page with a group, or an empty text if there is none.
fn group<'a>(page: &'a str, id: &str) -> &'a str {
    let group = page.split(&format!("<section id=\"{id}\"")).nth(1);
    // Panels are sections too, so a group ends where the next one starts.
    let group = group.and_then(|rest| rest.split("class=\"gallery-group\"").nth(1));
    group.unwrap_or_default()
}

#[test]
fn every_icon_is_shown() {
    let page = page();
    for icon in IconName::ALL.iter().copied() {
        let svg = dioxus::ssr::render_element(rsx! {
            Icon { name: icon }
        });
        assert!(page.contains(&format!("<li>{svg}<span>{icon:?}</span>")), "{icon:?}: {svg}");
    }
}

#[test]
fn every_status_is_shown() {
    let page = page();
    let badges = group(&page, "badges");
    for status in JobStatus::ALL {
        let badge = dioxus::ssr::render_element(rsx! {
            StatusBadge { status }
        });
        assert!(badges.contains(&badge), "{status}: {badge}");
    }
}

#[test]
fn every_linked_group_exists_and_has_content() {
    let page = page();
    for (id, name) in super::GROUPS {
        assert!(page.contains(&format!("href=\"#{id}\"")), "{name}");
        let group = group(&page, id);
        assert!(group.contains(name) && group.len() > 500, "{name}: {group}");
    }
}

#[test]
fn every_id_is_unique() {
    let page = page();
    let mut ids: Vec<_> =
        page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let all = ids.len();
    assert!(all > 20, "{all} ids");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "{ids:?}");
}
