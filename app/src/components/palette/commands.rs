//! The pages and actions that the command palette lists.

use super::Entry;
use crate::app::Route;
use crate::help_topic::HelpTopic;

/// A group of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// What can be done, and the parts of the job that is open.
    Actions,
    /// Genes of the result that is open.
    Genes,
    /// The user's jobs.
    Jobs,
    /// The pages of the application.
    Pages,
}

impl Group {
    /// All groups, in order.
    pub const ALL: [Self; 4] = [Self::Actions, Self::Genes, Self::Jobs, Self::Pages];

    /// The heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Actions => "Actions",
            Self::Genes => "Genes",
            Self::Jobs => "Jobs",
            Self::Pages => "Pages",
        }
    }
}

/// What an entry does.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Opens a page.
    Open(Route),
    /// Opens a page outside of the application.
    Visit(&'static str),
    /// Switches to the next theme.
    ChangeTheme,
    /// Lists the keyboard shortcuts.
    ShowShortcuts,
    /// Opens the upgrade dialog.
    Upgrade,
}

/// What the service sells to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// Nothing: there are no plans.
    Nothing,
    /// The user has Premium.
    Billing,
    /// The user can upgrade.
    Upgrade,
}

/// The actions and pages that a text finds, for the page that is open.
pub fn commands(here: &Route, text: &str, offer: Offer) -> Vec<Entry> {
    let entry = |group, label: &str, words: &str, command| {
        (words.to_owned(), Entry { group, label: label.to_owned(), detail: String::new(), command })
    };
    let page =
        |label: &str, words: &str, route| entry(Group::Pages, label, words, Command::Open(route));
    let action = |label: &str, words: &str, command| entry(Group::Actions, label, words, command);
    let mut all =
        vec![action("New annotation", "upload file vcf submit", Command::Open(Route::Annotate {}))];
    if let Some((id, _)) = here.job() {
        let id = id.to_owned();
        let none = String::new;
        all.extend(
            [
                ("Overview of this job", Route::JobDetails { id: id.clone() }),
                (
                    "Results of this job",
                    Route::Results { id: id.clone(), filter: none(), sort: none() },
                ),
                ("Charts of this job", Route::JobCharts { id: id.clone() }),
                ("Genome browser of this job", Route::JobBrowser { id: id.clone(), locus: none() }),
                ("Log of this job", Route::JobLog { id }),
            ]
            .map(|(label, route)| action(label, "", Command::Open(route))),
        );
    }
    all.push(action("Change the theme", "dark light color", Command::ChangeTheme));
    all.push(action("Keyboard shortcuts", "keys", Command::ShowShortcuts));
    if offer == Offer::Upgrade {
        all.push(action("Upgrade to Premium", "plan pay", Command::Upgrade));
    }
    if offer != Offer::Nothing {
        all.push(page("Billing", "plan invoices card premium", Route::Billing {}));
    }
    all.extend([
        page("Annotations", "jobs list results", Route::annotations()),
        page("References", "genome assembly own fasta", Route::References {}),
        page("Account", "profile tokens mail notifications sign out", Route::Account {}),
        page("Home", "", Route::Home {}),
        page("Help", "documentation", Route::HelpIndex {}),
    ]);
    let is_offered = |topic: &HelpTopic| offer != Offer::Nothing || *topic != HelpTopic::Plans;
    all.extend(HelpTopic::ALL.into_iter().filter(is_offered).map(|topic| {
        let route = Route::Help { topic, entry: String::new() };
        page(&format!("Help: {}", topic.title()), "documentation", route)
    }));
    all.push(page("What is new", "changelog changes version", Route::Changelog {}));
    all.push(entry(
        Group::Pages,
        "API reference",
        "rest openapi documentation",
        Command::Visit("/api/docs"),
    ));
    let finds =
        |(words, entry): &(String, Entry)| matches_words(&format!("{} {words}", entry.label), text);
    all.into_iter().filter(finds).map(|(_, entry)| entry).collect()
}

/// The page of operators, if a text finds it.
pub fn operations(text: &str) -> Option<Entry> {
    let label = "Operations";
    matches_words(&format!("{label} admin queues users audit"), text).then(|| Entry {
        group: Group::Pages,
        label: label.to_owned(),
        detail: String::new(),
        command: Command::Open(Route::Admin {}),
    })
}

/// Whether each word of a text begins a word of an entry.
fn matches_words(entry: &str, text: &str) -> bool {
    let (entry, text) = (entry.to_lowercase(), text.to_lowercase());
    text.split_whitespace().all(|typed| {
        entry.split(|c: char| !c.is_alphanumeric()).any(|word| word.starts_with(typed))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(here: &Route, text: &str) -> Vec<String> {
        commands(here, text, Offer::Billing).into_iter().map(|entry| entry.label).collect()
    }

    #[test]
    fn every_word_must_begin_a_word_of_the_entry() {
        let home = Route::Home {};
        assert_eq!(labels(&home, "dark"), ["Change the theme"]);
        assert_eq!(labels(&home, "help col"), ["Help: Columns"]);
        assert_eq!(labels(&home, "HELP plans"), ["Help: Plans and limits"]);
        assert_eq!(labels(&home, "lumns"), [] as [&str; 0]);
        assert!(labels(&home, "").len() > 10);
        assert!(operations("admin").is_some() && operations("billing").is_none());
    }

    #[test]
    fn an_open_job_offers_its_parts_and_only_free_users_an_upgrade() {
        let job = Route::JobLog { id: "1".to_owned() };
        assert_eq!(labels(&job, "this job").len(), 5);
        assert!(labels(&Route::Home {}, "this job").is_empty());
        assert!(labels(&job, "upgrade").is_empty());
        assert!(!labels(&job, "billing").is_empty());
        assert!(commands(&job, "billing", Offer::Nothing).is_empty());
        assert!(commands(&job, "plans", Offer::Nothing).is_empty());
        assert_eq!(commands(&job, "upgrade", Offer::Upgrade)[0].command, Command::Upgrade);
    }
}
