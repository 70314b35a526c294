//! The dialog in which the owner of a result makes, copies and revokes share links.

use super::{CopyButton, ErrorNote, LocalTime, Modal, Skeleton, sentence};
use crate::account::use_account;
use crate::api::{self, use_api_action, use_api_resource};
use crate::format;
use dioxus::prelude::*;
use gas_shared::share_link::{CreatedShareLink, NewShareLink, ShareLink, ShareTerm};
use gas_shared::{JobId, Plan};
use jiff::Timestamp;

/// The dialog with the share links of a job.
#[component]
pub fn ShareLinks(
    id: JobId,
    /// Whether the dialog is open.
    open: Signal<bool>,
) -> Element {
    rsx! {
        Modal { id: "share", title: "Share this result", open, Links { id } }
    }
}

/// The content of the dialog. A separate component, so that closing the dialog forgets the address of a new link.
#[component]
fn Links(id: JobId) -> Element {
    let mut changes = use_signal(|| 0u32);
    let links = use_api_resource(move || {
        changes.read();
        api::share_links(id)
    });
    let is_free = use_account().is_some_and(|account| account.plan == Plan::Free);
    rsx! {
        p {
            "Anyone with a link can read the variants and charts of this result, without signing in. Your file, its log, your \
             other annotations and your name are never shown."
        }
        if is_free {
            p { class: "muted",
                "On the Free plan, variants can be read until the results are archived. The charts stay."
            }
        }
        NewLink { id, onmade: move |()| changes += 1 }
        h3 { class: "form-title", "Links" }
        match links.read() {
            None => rsx! { Skeleton {} },
            Some(Err(error)) => rsx! { ErrorNote { error } },
            Some(Ok(links)) if links.is_empty() => rsx! {
                p { class: "muted", "This result is not shared." }
            },
            Some(Ok(links)) => rsx! {
                ul { class: "plain share-links", "aria-label": "Share links of this result",
                    for link in links {
                        ListedLink { key: "{link.id}", link, onrevoked: move |()| changes += 1 }
                    }
                }
            },
        }
    }
}

/// The form that makes a link, and the address of the new one.
#[component]
fn NewLink(
    id: JobId,
    /// Called when a link was made.
    onmade: EventHandler<()>,
) -> Element {
    let mut new = use_signal(NewShareLink::default);
    let mut made = use_signal(|| None::<CreatedShareLink>);
    let make = use_api_action();
    let start = move || {
        make.start(async move {
            made.set(Some(api::create_share_link(id, new()).await?.read()?));
            onmade.call(());
            Ok(())
        });
    };
    let failed = make.error();
    rsx! {
        form {
            class: "token-form",
            onsubmit: move |event| {
                event.prevent_default();
                start();
            },
            div { class: "field",
                label { r#for: "share-days", "Expires after" }
                select {
                    id: "share-days",
                    onchange: move |event| {
                        let days = event.value().parse::<u16>().ok();
                        if let Some(term) = days.and_then(|days| ShareTerm::try_from(days).ok()) {
                            new.write().days = term;
                        }
                    },
                    for term in ShareTerm::ALL {
                        option { value: "{term.days()}", selected: term == ShareTerm::default(),
                            {format::counted(term.days().into(), "day")}
                        }
                    }
                }
            }
            label { class: "choice choice-alone",
                input {
                    r#type: "checkbox",
                    checked: new.read().allows_downloads,
                    onchange: move |event| new.write().allows_downloads = event.checked(),
                }
                span { "Allow downloads and the genome browser" }
            }
            button { class: "button button-main", r#type: "submit", disabled: make.is_busy(), "Create link" }
        }
        if let Some(error) = failed {
            p { class: "field-problem", role: "alert", {sentence(&error.message)} }
        }
        if let Some(CreatedShareLink { url, link }) = made() {
            div { class: "note note-active token-secret", role: "status",
                p {
                    "Copy the link now. It is shown only once and works until "
                    LocalTime { at: link.expires_at }
                    "."
                }
                div { class: "secret",
                    code { class: "share-url", "data-share-url": "true", "{url}" }
                    CopyButton { text: url.clone(), label: "the link" }
                }
            }
        }
    }
}

/// A link: until when it works, how often it was opened, and the button that revokes it.
#[component]
fn ListedLink(
    link: ShareLink,
    /// Called when it was revoked.
    onrevoked: EventHandler<()>,
) -> Element {
    let revoke = use_api_action();
    let ShareLink { id, job_id, .. } = link;
    let start = move |_| {
        revoke.start(async move {
            api::revoke_share_link(job_id, id).await?;
            onrevoked.call(());
            Ok(())
        });
    };
    let has_expired = link.expires_at <= Timestamp::now();
    rsx! {
        li { class: "share-link", "data-share-link": "{id}",
            div { class: "share-link-about",
                p {
                    if has_expired { "Expired " } else { "Works until " }
                    LocalTime { at: link.expires_at }
                    if !link.allows_downloads {
                        ", without downloads"
                    }
                }
                p { class: "muted",
                    match link.last_opened_at {
                        None => rsx! { "Never opened" },
                        Some(at) => rsx! {
                            {opened(link.opened)}
                            ", last "
                            LocalTime { at }
                        },
                    }
                    ". Created "
                    LocalTime { at: link.created_at }
                    "."
                }
            }
            button {
                class: "button button-danger",
                r#type: "button",
                disabled: revoke.is_busy(),
                onclick: start,
                if has_expired { "Remove" } else { "Revoke" }
            }
            if let Some(error) = revoke.error() {
                ErrorNote { error }
            }
        }
    }
}

/// How often a link was opened, in words.
fn opened(times: u64) -> String {
    match times {
        1 => "Opened once".to_owned(),
        more => format!("Opened {} times", format::count(more)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openings_are_counted_in_words() {
        assert_eq!(opened(1), "Opened once");
        assert_eq!(opened(1_200), "Opened 1,200 times");
    }
}
