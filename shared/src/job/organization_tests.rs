//! Tests of titles, labels, projects and notes: cleaning, limits and changes.

use super::*;
use proptest::prelude::*;

fn labels(raw: &[&str]) -> Labels {
    Labels::parse(raw).unwrap()
}

fn request(json: &str) -> OrganizationRequest {
    serde_json::from_str(json).unwrap()
}

#[test]
fn lines_are_cleaned_and_normalized() {
    assert_eq!(Title::parse("  Patient\t7 \r\n exome ").unwrap().as_str(), "Patient 7 exome");
    assert_eq!(Title::parse("a\u{202e}b\u{0}c").unwrap().as_str(), "abc");
    assert_eq!(Title::parse("a \u{200b} b").unwrap().as_str(), "a b");
    assert_eq!(ProjectName::parse("Cafe\u{301}").unwrap().as_str(), "Caf\u{e9}");
    for raw in ["", " \n\t ", "\u{200b}\u{feff}"] {
        assert_eq!(Title::parse(raw), Err(OrganizationError::Empty("title")), "{raw:?}");
    }
}

#[test]
fn a_note_keeps_its_lines_and_tabs() {
    let note = Note::parse("\r\n first\r\n\tsecond\rthird\u{7}\u{202e} \n").unwrap();
    assert_eq!(note.as_str(), "first\n\tsecond\nthird");
}

#[test]
fn each_text_has_its_limit_in_characters() {
    let of = |chars: usize| "é".repeat(chars);
    assert!(Title::parse(&of(MAX_TITLE_CHARS)).is_ok());
    assert!(Label::parse(&of(MAX_LABEL_CHARS)).is_ok());
    assert!(ProjectName::parse(&of(MAX_PROJECT_CHARS)).is_ok());
    assert!(Note::parse(&of(MAX_NOTE_CHARS)).is_ok());
    assert!(Title::parse(&of(MAX_TITLE_CHARS + 1)).is_err());
    assert!(ProjectName::parse(&of(MAX_PROJECT_CHARS + 1)).is_err());
    assert!(Note::parse(&of(MAX_NOTE_CHARS + 1)).is_err());
    let error = Label::parse(&of(33)).unwrap_err();
    assert_eq!(error.to_string(), "the label has 33 characters; at most 32 are allowed");
}

#[test]
fn labels_are_sorted_unique_and_few() {
    let all = labels(&["urgent", " exome ", "", "urgent", "Exome"]);
    let texts: Vec<_> = all.iter().map(Label::as_str).collect();
    assert_eq!(texts, ["Exome", "exome", "urgent"]);
    assert_eq!(all.to_string(), "Exome, exome, urgent");
    assert_eq!(Labels::parse(["a,b"]), Err(OrganizationError::Comma("a,b".to_owned())));
    let many: Vec<String> = (0..=MAX_LABELS).map(|number| number.to_string()).collect();
    assert_eq!(Labels::parse(&many), Err(OrganizationError::TooManyLabels(11)));
    assert!(Labels::parse(&many[1..]).is_ok());
    assert!(serde_json::from_str::<Labels>(r#"["b","a","b"]"#).unwrap() == labels(&["a", "b"]));
    assert!(serde_json::from_str::<Labels>(&serde_json::to_string(&many).unwrap()).is_err());
}

#[test]
fn toggling_a_label_adds_or_removes_it() {
    let one = labels(&["b"]);
    let a = Label::parse("a").unwrap();
    assert_eq!(one.toggle(&a), labels(&["a", "b"]));
    assert_eq!(one.toggle(&a).toggle(&a), one);
    let full = Labels::parse((0..MAX_LABELS).map(|number| number.to_string())).unwrap();
    assert_eq!(full.toggle(&a), full);
}

#[test]
fn fields_that_are_left_out_stay_and_empty_ones_are_removed() {
    let before = Organization {
        title: Some(Title::parse("Old").unwrap()),
        labels: labels(&["a"]),
        project: Some(ProjectName::parse("P").unwrap()),
        note: Some(Note::parse("N").unwrap()),
    };
    let after = |json: &str| before.with(request(json).check().unwrap());
    assert_eq!(after("{}"), before);
    let renamed = after(r#"{"title":" New ","labels":["b","c"]}"#);
    assert_eq!(renamed.title.unwrap().as_str(), "New");
    assert_eq!(renamed.labels, labels(&["b", "c"]));
    assert_eq!((renamed.project, renamed.note), (before.project.clone(), before.note.clone()));
    for empty in [
        r#"{"title":null,"labels":null,"project":null,"note":null}"#,
        r#"{"title":"","labels":[],"project":" ","note":"\n"}"#,
    ] {
        assert!(after(empty).is_empty(), "{empty}");
    }
    assert!(serde_json::from_str::<OrganizationRequest>(r#"{"status":"failed"}"#).is_err());
    let error = request(r#"{"labels":["a,b"]}"#).check().unwrap_err();
    assert_eq!(error.to_string(), r#"the label "a,b" has a comma; commas separate labels"#);
}

proptest! {
    #[test]
    fn cleaning_is_idempotent_and_leaves_nothing_invisible(raw in "\\PC{0,40}|(?s).{0,40}") {
        if let Ok(title) = Title::parse(&raw) {
            prop_assert!(title.as_str().chars().all(|c| !c.is_control()));
            prop_assert_eq!(Title::parse(title.as_str()).unwrap(), title);
        }
        if let Ok(note) = Note::parse(&raw) {
            prop_assert!(note.as_str().chars().all(|c| !c.is_control() || matches!(c, '\n' | '\t')));
            prop_assert_eq!(Note::parse(note.as_str()).unwrap(), note);
        }
        if let Ok(label) = Label::parse(&raw) {
            prop_assert!(!label.as_str().contains(','));
            prop_assert_eq!(Label::parse(label.as_str()).unwrap(), label);
        }
    }

    #[test]
    fn requests_and_organizations_survive_json(
        title in "[a-z ]{0,9}", labels in proptest::collection::vec("[a-c]{0,2}", 0..5), note in "[a-z\n]{0,9}",
    ) {
        let request = OrganizationRequest {
            title: Some(title), labels: Some(labels), project: None, note: Some(note),
        };
        let json = serde_json::to_string(&request).unwrap();
        prop_assert_eq!(&serde_json::from_str::<OrganizationRequest>(&json).unwrap(), &request);
        let organization = Organization::default().with(request.check().unwrap());
        let json = serde_json::to_string(&organization).unwrap();
        prop_assert_eq!(serde_json::from_str::<Organization>(&json).unwrap(), organization);
    }
}
