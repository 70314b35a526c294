//! The query of a list of jobs, with its form in the page's URL.

use super::super::JobStatus;
use super::super::organization::{Label, Labels, ProjectName};
use super::JobListEntry;
use std::cmp::{Ordering, Reverse};
use std::fmt;

/// The page sizes that users can choose.
pub const PAGE_SIZES: [u16; 3] = [25, 50, 100];

/// The maximum length of a search text, in characters.
const MAX_SEARCH: usize = 128;

/// The filter, the sort order and the page of a list of jobs.
///
/// Its text form is the query of the page's URL, such as
/// `status=RUNNING,FAILED&labels=urgent&sort=-size&search=exome`. Default values are omitted, and values that cannot
/// be parsed are replaced by the default, so that an old link still shows a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListQuery {
    /// Only jobs with one of these statuses, in life-cycle order; empty for all jobs.
    pub statuses: Vec<JobStatus>,
    /// Only jobs whose result is archived or being restored.
    pub archived: bool,
    /// Only jobs with all of these labels.
    pub labels: Labels,
    /// Only jobs of this project.
    pub project: Option<ProjectName>,
    /// Only jobs whose title, file name or id contains this text, ignoring case.
    pub search: String,
    /// The sort order.
    pub sort: ListSort,
    /// The number of jobs on a page, one of [`PAGE_SIZES`].
    pub size: u16,
    /// The page number, from 1.
    pub page: u32,
}

/// The sort order of a list of jobs. Unknown values come last in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListSort {
    /// The sort key.
    pub key: SortKey,
    /// Whether the greatest or latest value is first.
    pub descending: bool,
}

/// The key that jobs are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// The time of submission.
    Submitted,
    /// The title, or the file name of jobs without a title.
    Name,
    /// The status, in life-cycle order.
    Status,
    /// The size of the input file.
    Size,
    /// The duration of the run.
    Duration,
}

const KEYS: [(SortKey, &str); 5] = [
    (SortKey::Submitted, "submitted"),
    (SortKey::Name, "name"),
    (SortKey::Status, "status"),
    (SortKey::Size, "size"),
    (SortKey::Duration, "duration"),
];

impl Default for ListSort {
    fn default() -> Self {
        Self { key: SortKey::Submitted, descending: true }
    }
}

impl ListSort {
    /// The order after a click on a column header: the default direction of the key, or the opposite
    /// direction if the list is already sorted by it. Names and statuses start in ascending order, times
    /// and amounts in descending order.
    pub fn by(self, key: SortKey) -> Self {
        let descending = !matches!(key, SortKey::Name | SortKey::Status);
        Self { key, descending: if self.key == key { !self.descending } else { descending } }
    }

    /// Compares two jobs. Equal ones are sorted by submission, newest first.
    pub fn compare(self, a: &JobListEntry, b: &JobListEntry) -> Ordering {
        let order = match self.key {
            SortKey::Submitted => self.directed(a.submitted_at.cmp(&b.submitted_at)),
            SortKey::Name => self.directed(a.shown_name().cmp(b.shown_name())),
            SortKey::Status => self.directed(a.status.cmp(&b.status)),
            SortKey::Size => self.known(a.size, b.size),
            SortKey::Duration => self.known(a.seconds, b.seconds),
        };
        let newest = |job: &JobListEntry| (Reverse(job.submitted_at), job.id);
        order.then_with(|| newest(a).cmp(&newest(b)))
    }

    fn directed(self, order: Ordering) -> Ordering {
        if self.descending { order.reverse() } else { order }
    }

    fn known(self, a: Option<u64>, b: Option<u64>) -> Ordering {
        match (a, b) {
            (Some(a), Some(b)) => self.directed(a.cmp(&b)),
            (a, b) => b.is_some().cmp(&a.is_some()),
        }
    }
}

impl Default for ListQuery {
    fn default() -> Self {
        Self {
            statuses: Vec::new(),
            archived: false,
            labels: Labels::default(),
            project: None,
            search: String::new(),
            sort: ListSort::default(),
            size: PAGE_SIZES[0],
            page: 1,
        }
    }
}

impl ListQuery {
    /// Whether the query excludes jobs.
    pub fn is_filtered(&self) -> bool {
        let Self { statuses, archived, labels, project, search, .. } = self;
        !statuses.is_empty()
            || *archived
            || !labels.is_empty()
            || project.is_some()
            || !search.is_empty()
    }

    /// Whether a job matches the search text, the labels and the project, regardless of its status and its result.
    pub fn finds(&self, job: &JobListEntry) -> bool {
        self.finds_in_any_project(job) && self.is_of_project(job)
    }

    /// Whether a job matches the search text and has the labels.
    pub fn finds_in_any_project(&self, job: &JobListEntry) -> bool {
        if !self.labels.iter().all(|label| job.labels.contains(label)) {
            return false;
        }
        // Names are in lower case already.
        let search = self.search.to_lowercase();
        search.is_empty()
            || job.name.contains(&search)
            || job.title.as_ref().is_some_and(|title| title.contains(&search))
            || job.id.to_string().contains(&search)
    }

    /// Whether a job belongs to the project of the query, if it has one.
    pub fn is_of_project(&self, job: &JobListEntry) -> bool {
        self.project.is_none() || self.project == job.project
    }

    /// Whether the status and the result of a job are among those of the query, regardless of the rest.
    pub fn admits(&self, job: &JobListEntry) -> bool {
        let has_status = self.statuses.is_empty() || self.statuses.contains(&job.status);
        has_status && (!self.archived || job.is_archived())
    }

    /// The query with a status added or removed, on the first page.
    pub fn toggle(&self, status: JobStatus) -> Self {
        let mut statuses = self.statuses.clone();
        match statuses.iter().position(|known| *known == status) {
            Some(place) => _ = statuses.remove(place),
            None => statuses.push(status),
        }
        statuses.sort_unstable();
        Self { statuses, page: 1, ..self.clone() }
    }
}

impl ListQuery {
    /// The query with a label added or removed, on the first page.
    pub fn toggle_label(&self, label: &Label) -> Self {
        Self { labels: self.labels.toggle(label), page: 1, ..self.clone() }
    }

    /// The query for the jobs of a project, or of all of them, on the first page.
    pub fn of_project(&self, project: Option<ProjectName>) -> Self {
        Self { project, page: 1, ..self.clone() }
    }
}

impl fmt::Display for ListQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let usual = Self::default();
        let mut parts = Vec::new();
        if !self.statuses.is_empty() {
            let names: Vec<_> = self.statuses.iter().map(|status| status.as_str()).collect();
            parts.push(format!("status={}", names.join(",")));
        }
        if self.archived {
            parts.push("archived=yes".to_owned());
        }
        if !self.labels.is_empty() {
            let labels: Vec<_> =
                self.labels.iter().map(|label| escape_value(label.as_str())).collect();
            parts.push(format!("labels={}", labels.join(",")));
        }
        if let Some(project) = &self.project {
            parts.push(format!("project={}", escape_value(project.as_str())));
        }
        if self.sort != usual.sort {
            let name = KEYS.iter().find(|(key, _)| *key == self.sort.key).map_or("", |(_, n)| *n);
            parts.push(format!("sort={}{name}", if self.sort.descending { "-" } else { "" }));
        }
        if self.size != usual.size {
            parts.push(format!("size={}", self.size));
        }
        if self.page != usual.page {
            parts.push(format!("page={}", self.page));
        }
        if !self.search.is_empty() {
            parts.push(format!("search={}", escape(&self.search)));
        }
        f.write_str(&parts.join("&"))
    }
}

impl From<&str> for ListQuery {
    fn from(text: &str) -> Self {
        let mut query = Self::default();
        let (rest, search) = match text.split_once("search=") {
            // The search is the last parameter, so it may contain any character.
            Some((rest, search)) => (rest, unescape(search)),
            None => (text, String::new()),
        };
        query.search = search.trim().chars().take(MAX_SEARCH).collect();
        for (name, value) in rest.split('&').filter_map(|part| part.split_once('=')) {
            match name {
                "status" => {
                    query.statuses =
                        value.split(',').filter_map(|name| name.parse().ok()).collect();
                    query.statuses.sort_unstable();
                    query.statuses.dedup();
                }
                "archived" => query.archived = value == "yes",
                "labels" => {
                    query.labels =
                        Labels::parse(value.split(',').map(unescape)).unwrap_or_default();
                }
                "project" => query.project = ProjectName::parse(&unescape(value)).ok(),
                "sort" => query.sort = read_sort(value).unwrap_or_default(),
                "size" => {
                    let size = value.parse().ok().filter(|size| PAGE_SIZES.contains(size));
                    query.size = size.unwrap_or(PAGE_SIZES[0]);
                }
                "page" => query.page = value.parse().unwrap_or(1).max(1),
                _ => {}
            }
        }
        query
    }
}

fn read_sort(text: &str) -> Option<ListSort> {
    let (name, descending) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
    let (key, _) = KEYS.iter().find(|(_, known)| *known == name)?;
    Some(ListSort { key: *key, descending })
}

/// Escapes the characters that the router would change: it decodes the whole query before it is
/// parsed, and does not encode all characters when it writes it.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '%' | '#' | '+' | '~' => escaped.push_str(&format!("~{:02x}", u32::from(c))),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Escapes a value that other values follow.
fn escape_value(text: &str) -> String {
    escape(text).replace('&', "~26").replace('=', "~3d")
}

fn unescape(text: &str) -> String {
    // `~` is last, since it begins the others.
    [("~25", "%"), ("~23", "#"), ("~2b", "+"), ("~26", "&"), ("~3d", "="), ("~7e", "~")]
        .into_iter()
        .fold(text.to_owned(), |text, (escaped, character)| text.replace(escaped, character))
}

#[cfg(test)]
#[path = "query_tests.rs"]
mod tests;
