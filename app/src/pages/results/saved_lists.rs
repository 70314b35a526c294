//! What the user has saved on the server, shared by the menus of saved filters and gene panels.

use crate::api::{self, ApiAction, ApiResult, RawJson, use_api_action};
use crate::browser;
use crate::error::ApiError;
use dioxus::prelude::*;
use gas_shared::explorer::Sort;
use gas_shared::explorer::url::read_filter;
use gas_shared::saved::{NewSavedFilter, Saved};
use serde::Deserialize;

/// Where earlier versions had the saved filters in the browser's storage.
const PREFERENCE: &str = "saved-filters";

/// What the user has saved, and the changes of it.
#[derive(Clone, Copy, PartialEq)]
pub struct SavedLists {
    lists: Signal<Option<Saved>>,
    change: ApiAction,
}

/// Loads what the user has saved. `None` unless it is wanted: whoever reads a result through a share link has nothing of
/// their own there.
pub fn use_saved(wanted: bool) -> Option<SavedLists> {
    let mut lists = use_signal(|| None::<Saved>);
    let change = use_api_action();
    // In the browser only: the page is rendered without it.
    use_effect(move || {
        if !wanted {
            return;
        }
        change.start(async move {
            lists.set(Some(load().await?));
            Ok(())
        });
    });
    wanted.then_some(SavedLists { lists, change })
}

impl SavedLists {
    /// Everything, once it is loaded.
    pub fn read(self) -> Option<Saved> {
        self.lists.read().clone()
    }

    /// Changes something by a call that returns everything, and runs `done` if it succeeds.
    pub fn change(
        self,
        call: impl Future<Output = ApiResult<RawJson<Saved>>> + 'static,
        done: impl FnOnce() + 'static,
    ) {
        let mut lists = self.lists;
        self.change.start(async move {
            let newer = call.await?.read()?;
            lists.set(Some(newer));
            done();
            Ok(())
        });
    }

    /// Whether a change is being made.
    pub fn is_busy(self) -> bool {
        self.change.is_busy()
    }

    /// Why the last change failed.
    pub fn error(self) -> Option<ApiError> {
        self.change.error()
    }
}

/// A filter that an earlier version stored in the browser.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct StoredFilter {
    name: String,
    /// The filter as in the address.
    filter: String,
}

/// Loads everything. Filters that an earlier version stored in the browser are saved first, unless there is one of their
/// name.
async fn load() -> ApiResult<Saved> {
    let mut saved = api::saved().await?.read()?;
    let Some(stored) = browser::read_preference(PREFERENCE) else { return Ok(saved) };
    for new in stored_filters(&stored, &saved) {
        saved = api::save_filter(new).await?.read()?;
    }
    browser::write_preference(PREFERENCE, None);
    Ok(saved)
}

/// The filters of a browser's storage that are not saved.
fn stored_filters(stored: &str, saved: &Saved) -> Vec<NewSavedFilter> {
    let stored: Vec<StoredFilter> = serde_json::from_str(stored).unwrap_or_default();
    let is_new = |one: &StoredFilter| saved.filters.iter().all(|known| known.name != one.name);
    let filter = |one: StoredFilter| {
        let filter = read_filter(&one.filter).ok()?;
        Some(NewSavedFilter { name: one.name, filter, sort: Sort::default(), columns: None })
    };
    stored.into_iter().filter(is_new).filter_map(filter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_of_the_browser_are_saved_unless_their_name_is_taken() {
        let stored =
            r#"[{"name":"a","filter":"{\"genes\":[\"X\"]}"},{"name":"b","filter":"no filter"}]"#;
        let new = stored_filters(stored, &Saved::default());
        assert_eq!(new.len(), 1);
        assert_eq!((new[0].name.as_str(), new[0].filter.genes[0].as_str()), ("a", "X"));
        let NewSavedFilter { name, filter, sort, columns } = new[0].clone();
        let known = gas_shared::saved::SavedFilter {
            id: "00000000-0000-4000-8000-000000000000".parse().unwrap(),
            name,
            filter,
            sort,
            columns,
            updated_at: jiff::Timestamp::UNIX_EPOCH,
        };
        let saved = Saved { filters: vec![known], panels: Vec::new() };
        assert_eq!(stored_filters(stored, &saved), []);
        assert_eq!(stored_filters("nonsense", &saved), []);
    }
}
