//! The functions of [`browser`](super) on the server, which renders pages and never runs them. They are
//! documented in `web`.
//!
//! Futures that wait for something never complete, so that no loop around them can spin.

use super::data::{Decompressed, GenomeError, UploadResponse};
use dioxus::prelude::*;
use futures::channel::mpsc::UnboundedReceiver;
use gas_shared::upload::UploadTicket;
use jiff::Timestamp;
use std::future::{Pending, Ready, pending, ready};
use std::time::Duration;

/// The content of a file, which only a browser has.
#[derive(Clone, Debug, PartialEq)]
pub struct Blob;

impl Blob {
    pub fn size(&self) -> u64 {
        0
    }

    pub fn last_modified(&self) -> Option<f64> {
        None
    }

    pub fn slice(&self, _start: u64, _end: u64) -> Option<Self> {
        None
    }

    pub async fn read(&self, _start: u64, _end: u64) -> Option<Vec<u8>> {
        None
    }

    pub async fn gunzip(&self, _limit: usize) -> Decompressed {
        Decompressed::default()
    }
}

/// A file that the user wants to upload.
#[derive(Clone, Debug, PartialEq)]
pub struct ChosenFile {
    pub name: String,
    pub content: Blob,
}

pub fn text_file(name: &str, _text: &str) -> Option<ChosenFile> {
    Some(ChosenFile { name: name.to_owned(), content: Blob })
}

pub async fn fetch_file(_url: &str, _name: &str) -> Option<ChosenFile> {
    None
}

pub fn take_chosen(_input_id: &str) -> Vec<ChosenFile> {
    Vec::new()
}

pub fn use_drop_target(_over: Signal<bool>, _onfiles: EventHandler<Vec<ChosenFile>>) {}

/// Renders the title into the page.
pub fn use_window_title(title: String) -> Element {
    rsx! {
        document::Title { "{title}" }
    }
}

pub fn reload_if_outdated() {}

/// Only a build with neither feature calls this.
#[cfg(not(feature = "server"))]
pub fn start<F, E>(_load_page_at: impl FnOnce(String) -> F, launch: fn())
where
    F: Future<Output = Result<(), E>>,
{
    launch();
}

pub fn page_title() -> String {
    String::new()
}

pub async fn focus_new_page(_before: &str) {}

pub fn origin() -> Option<String> {
    None
}

pub fn go_to(_url: &str) {}

pub fn is_offline() -> bool {
    false
}

pub async fn copy_text(_text: &str) -> bool {
    false
}

pub fn focus_element(_id: &str) {}

pub fn is_unfolded(_id: &str) -> bool {
    false
}

pub fn focus_search() -> bool {
    false
}

pub fn step_row(_forward: bool) -> bool {
    false
}

pub fn on_key(_handle: impl FnMut(&str) -> bool + 'static) {}

pub fn hide_popover(_id: &str) {}

pub fn show_modal(_id: &str, _is_open: bool, _open: Signal<bool>) {}

pub async fn focus_content_if_lost() {}

pub fn is_in_background() -> bool {
    false
}

pub fn may_notify() -> bool {
    false
}

pub async fn allow_notifications(_wanted: bool) -> bool {
    false
}

pub fn notify(_text: &str, _tag: &str) -> Ready<bool> {
    ready(false)
}

pub fn on_page_hide(_handle: impl Fn() + 'static) {}

pub fn send_last_request(_path: &str) {}

pub fn scroll_to(_id: &str, _pixels: f64) {}

pub fn focus_row(_scroll_id: &'static str, _row_id: &str, _pixels: f64) {}

pub fn scroll_into_view(_id: &str) {}

pub async fn save_png(_svg_url: &str, _file_name: &str) {}

pub fn time_zone() -> Option<String> {
    None
}

/// A time in UTC.
pub fn local_time(at: Timestamp) -> String {
    crate::format::utc(at)
}

pub fn sleep(_duration: Duration) -> Pending<()> {
    pending()
}

pub fn random() -> f64 {
    0.0
}

pub fn read_preference(_name: &str) -> Option<String> {
    None
}

pub fn write_preference(_name: &str, _value: Option<&str>) {}

pub fn set_theme(_theme: Option<&str>) {}

pub fn warn_before_unload(_on: bool) {}

/// No request runs on the server.
pub enum UploadRequest {}

impl UploadRequest {
    pub fn post(
        _ticket: &UploadTicket,
        _file: &Blob,
        _on_progress: impl FnMut(u64) + 'static,
    ) -> Option<Self> {
        None
    }

    pub fn put(_url: &str, _part: &Blob, _on_progress: impl FnMut(u64) + 'static) -> Option<Self> {
        None
    }

    pub async fn finish(self) -> UploadResponse {
        UploadResponse { status: 0, body: String::new() }
    }
}

/// The error of a script that could not be loaded or that failed.
pub struct ScriptError;

/// No checkout exists on the server.
pub enum MountedCheckout {}

pub async fn mount_checkout(
    _script_url: &str,
    _publishable_key: &str,
    _client_secret: &str,
    _element_id: &str,
    _on_complete: impl FnMut() + 'static,
) -> Result<MountedCheckout, ScriptError> {
    Err(ScriptError)
}

/// No genome browser exists on the server.
pub enum MountedGenome {}

pub async fn mount_genome(
    _id: &str,
    _base: &str,
    _settings: &str,
    _locus: &str,
    _onclick: impl FnMut(String) + 'static,
) -> Result<MountedGenome, GenomeError> {
    Err(GenomeError::NotLoaded)
}

/// This tab as a member of a group of tabs.
#[derive(Clone)]
pub struct Tabs;

impl Tabs {
    pub fn open(_name: &str) -> Option<(Self, UnboundedReceiver<String>)> {
        None
    }

    pub fn send(&self, _text: &str) {}

    pub fn is_leader(&self) -> bool {
        false
    }

    pub async fn lead(&self) -> Leadership {
        pending().await
    }
}

/// Held while this tab leads.
pub struct Leadership;
