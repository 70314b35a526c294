//! Tests of list queries: URL form, filters and sort orders.

use super::*;
use crate::JobId;
use crate::job::ResultLocation;
use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

fn job(n: u128, name: &str, size: Option<u64>) -> JobListEntry {
    JobListEntry {
        id: JobId::new(Uuid::from_u128(n)),
        version: 1,
        name: name.into(),
        title: None,
        labels: Labels::default(),
        project: None,
        submitted_at: Timestamp::from_second(n as i64).unwrap(),
        status: JobStatus::Completed,
        size,
        is_input_deleted: false,
        seconds: None,
        completed_at: None,
        location: None,
        result_size: 0,
    }
}

fn ordered(sort: ListSort, jobs: &[JobListEntry]) -> Vec<u128> {
    let mut jobs: Vec<_> = jobs.iter().collect();
    jobs.sort_by(|a, b| sort.compare(a, b));
    jobs.iter().map(|job| job.id.as_uuid().as_u128()).collect()
}

#[test]
fn default_values_are_omitted_from_the_url() {
    assert_eq!(ListQuery::default().to_string(), "");
    assert_eq!(ListQuery::from(""), ListQuery::default());
    let query = ListQuery {
        statuses: vec![JobStatus::Running, JobStatus::Failed],
        archived: true,
        labels: Labels::parse(["exome", "R&D = 50%"]).unwrap(),
        project: Some(ProjectName::parse("search=a, ~26 & b").unwrap()),
        search: "exome & co".to_owned(),
        sort: ListSort { key: SortKey::Size, descending: false },
        size: 50,
        page: 3,
    };
    let text = "status=RUNNING,FAILED&archived=yes&labels=R~26D ~3d 50~25,exome\
        &project=search~3da, ~7e26 ~26 b&sort=size&size=50&page=3&search=exome & co";
    assert_eq!(query.to_string(), text);
    assert_eq!(ListQuery::from(text), query);
}

#[test]
fn values_that_cannot_be_parsed_become_the_default() {
    for text in ["status=GONE&size=7&page=0&sort=colour", "page=x&size=", "&&=&search=", "hello"] {
        assert_eq!(ListQuery::from(text), ListQuery::default(), "{text}");
    }
}

proptest! {
    #[test]
    fn any_search_text_survives_the_url(search in "\\PC{0,40}") {
        let query = ListQuery { search: search.trim().to_owned(), ..ListQuery::default() };
        prop_assert_eq!(ListQuery::from(query.to_string().as_str()), query);
    }
}

proptest! {
    #[test]
    fn any_labels_and_project_survive_the_url(
        labels in proptest::collection::vec("\\PC{1,9}", 0..4), project in "\\PC{0,20}", search in "[a-z&=]{0,9}",
    ) {
        let labels = Labels::parse(labels.iter().map(|label| label.replace(',', ";"))).unwrap();
        let project = ProjectName::parse(&project).ok();
        let query = ListQuery { labels, project, search, ..ListQuery::default() };
        prop_assert_eq!(ListQuery::from(query.to_string().as_str()), query);
    }
}

#[test]
fn a_job_matches_if_it_has_all_labels_and_the_project() {
    let labels = |raw: &[&str]| Labels::parse(raw).unwrap();
    let project = |raw: &str| Some(ProjectName::parse(raw).unwrap());
    let job = JobListEntry {
        labels: labels(&["exome", "urgent"]),
        project: project("Hearts"),
        title: Some("patient 7".into()),
        ..job(1, "a.vcf", None)
    };
    let query = ListQuery::default().toggle_label(&Label::parse("exome").unwrap());
    assert!(query.is_filtered() && query.finds(&job));
    assert!(
        !query.toggle_label(&Label::parse("Urgent").unwrap()).finds(&job),
        "labels have a case"
    );
    let hearts = query.of_project(project("Hearts"));
    assert!(hearts.finds(&job) && hearts.is_filtered());
    let lungs = hearts.of_project(project("Lungs"));
    assert!(!lungs.finds(&job) && lungs.finds_in_any_project(&job));
    let of_title = ListQuery { search: "Patient".to_owned(), ..ListQuery::default() };
    let of_file = ListQuery { search: "A.vcf".to_owned(), ..ListQuery::default() };
    assert!(of_title.finds(&job) && of_file.finds(&job), "a renamed job is found by both names");
}

#[test]
fn archived_results_include_those_that_are_being_restored() {
    let at = |location| JobListEntry { location, ..job(1, "a", None) };
    let archived = ListQuery { archived: true, ..ListQuery::default() };
    assert!(archived.is_filtered());
    assert!(archived.admits(&at(Some(ResultLocation::Archived))));
    assert!(archived.admits(&at(Some(ResultLocation::Restoring))));
    assert!(!archived.admits(&at(Some(ResultLocation::Stored))) && !archived.admits(&at(None)));
    let failed = ListQuery { statuses: vec![JobStatus::Failed], ..archived };
    assert!(!failed.admits(&at(Some(ResultLocation::Archived))));
    assert!(ListQuery::default().admits(&at(None)));
}

#[test]
fn a_search_matches_names_and_ids_ignoring_case() {
    let job = job(0xabcd, "exome.vcf", None);
    let finds =
        |search: &str| ListQuery { search: search.to_owned(), ..ListQuery::default() }.finds(&job);
    assert!(finds("") && finds("XOME") && finds("ABCD"));
    assert!(!finds("genome"));
}

#[test]
fn unknown_values_come_last_in_both_directions_and_equal_ones_newest_first() {
    let jobs =
        [job(1, "b", None), job(2, "a", Some(5)), job(3, "a", Some(9)), job(4, "c", Some(5))];
    let by = |key, descending| ordered(ListSort { key, descending }, &jobs);
    assert_eq!(by(SortKey::Size, true), [3, 4, 2, 1]);
    assert_eq!(by(SortKey::Size, false), [4, 2, 3, 1]);
    assert_eq!(by(SortKey::Name, false), [3, 2, 1, 4]);
    assert_eq!(by(SortKey::Submitted, true), [4, 3, 2, 1]);
    let mut renamed = jobs;
    renamed[3].title = Some("a a".into());
    let by_name = ListSort { key: SortKey::Name, descending: false };
    assert_eq!(ordered(by_name, &renamed), [3, 2, 4, 1], "by the name that is shown");
}

#[test]
fn sorting_by_the_same_key_again_reverses_the_order() {
    let newest = ListSort::default();
    assert_eq!(newest.by(SortKey::Submitted), ListSort { descending: false, ..newest });
    let names = newest.by(SortKey::Name);
    assert_eq!(names, ListSort { key: SortKey::Name, descending: false });
    assert!(names.by(SortKey::Name).descending);
    assert!(names.by(SortKey::Size).descending);
}

#[test]
fn toggling_a_status_adds_or_removes_it_and_returns_to_the_first_page() {
    let query = ListQuery { page: 4, ..ListQuery::default() };
    let failed = query.toggle(JobStatus::Failed);
    assert_eq!((failed.statuses.as_slice(), failed.page), ([JobStatus::Failed].as_slice(), 1));
    let both = failed.toggle(JobStatus::Running);
    assert_eq!(both.statuses, [JobStatus::Running, JobStatus::Failed], "in life-cycle order");
    assert_eq!(both.toggle(JobStatus::Running), failed);
    let with = |status| JobListEntry { status, ..job(1, "a", None) };
    assert!(failed.admits(&with(JobStatus::Failed)) && !failed.admits(&with(JobStatus::Running)));
    assert!(query.admits(&with(JobStatus::Running)));
}
