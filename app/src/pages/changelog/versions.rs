//! Reads the structure of the changelog: headings of versions and of kinds of changes, and lists.

/// The changes of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version<'a> {
    /// The heading.
    pub title: &'a str,
    /// The changes by kind.
    pub groups: Vec<Group<'a>>,
}

/// The changes of a kind, such as "Added".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group<'a> {
    /// The kind.
    pub title: &'a str,
    /// The changes, each as one line of Markdown.
    pub changes: Vec<String>,
}

/// The versions of a changelog. Text before the first list of a version is left out.
pub fn versions(changelog: &str) -> Vec<Version<'_>> {
    let mut versions: Vec<Version<'_>> = Vec::new();
    for line in changelog.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            versions.push(Version { title: title.trim_matches(['[', ']']), groups: Vec::new() });
        }
        let Some(version) = versions.last_mut() else { continue };
        if let Some(title) = line.strip_prefix("### ") {
            version.groups.push(Group { title, changes: Vec::new() });
        }
        let Some(group) = version.groups.last_mut() else { continue };
        if let Some(change) = line.strip_prefix("- ") {
            group.changes.push(change.to_owned());
        } else if let (Some(rest), Some(change)) =
            (line.strip_prefix("  "), group.changes.last_mut())
        {
            change.push(' ');
            change.push_str(rest.trim_start());
        }
    }
    versions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_groups_of_changes_and_long_changes_are_one_line() {
        let text = "# Changelog\n\nIntro\n\n## [1.0.0]\n\n### Added\n- one\n  and more\n- two\n\n### Fixed\n- three\n## 0.9\n";
        let found = versions(text);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].title, "1.0.0");
        assert_eq!(found[0].groups[0].changes, ["one and more", "two"]);
        assert_eq!(found[0].groups[1], Group { title: "Fixed", changes: vec!["three".to_owned()] });
        assert_eq!(found[1].groups, []);
    }
}
