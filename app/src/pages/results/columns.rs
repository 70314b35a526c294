//! The columns of the table, and the chooser that shows and hides them.

use super::fields::toggle;
use super::popover::Popover;
use crate::browser;
use crate::components::{HelpLink, IconName};
use crate::help_topic::HelpTopic;
use dioxus::prelude::*;
use gas_shared::explorer::{
    CLINVAR, CONSEQUENCE, CategoryColumn, ColumnSet, FILTER, Facet, Facets, IMPACT, NO_VALUE,
    Named, NumericColumn, QUALITY, SortKey, TextColumn,
};
use std::sync::Arc;

/// A column of the table.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    Position,
    Change,
    Id,
    Gene,
    Transcript,
    /// The MANE set of the transcript, or that it is canonical.
    Mane,
    /// The exon or intron.
    Exon,
    HgvsCoding,
    HgvsProtein,
    /// A numeric column of the result.
    Number(Arc<NumericColumn>),
    /// A category column of the result.
    Category(Arc<CategoryColumn>),
    /// A text column of the result.
    Text(Arc<TextColumn>),
}

impl Column {
    /// All columns of a result, in order.
    pub fn all(set: &ColumnSet) -> Vec<Self> {
        let named = |column: &CategoryColumn| {
            let found = set.categories().iter().find(|known| known.name() == column.name());
            found.cloned().map(Self::Category)
        };
        let fixed = [&CONSEQUENCE, &IMPACT, &FILTER];
        let [consequence, impact, filter] = fixed.map(named);
        let others = set.categories().iter().filter(|column| {
            column.is_in_table() && fixed.iter().all(|known| known.name() != column.name())
        });
        let mut all = vec![Self::Position, Self::Change, Self::Id, Self::Gene];
        all.extend(consequence.into_iter().chain(impact));
        all.extend([Self::HgvsCoding, Self::HgvsProtein, Self::Transcript, Self::Mane, Self::Exon]);
        all.extend(set.numeric().iter().cloned().map(Self::Number));
        all.extend(others.cloned().map(Self::Category));
        all.extend(set.texts().iter().cloned().map(Self::Text));
        all.extend(filter);
        all
    }

    /// The stable name, for style sheets and the browser's storage.
    pub fn name(&self) -> &str {
        match self {
            Self::Position => "position",
            Self::Change => "change",
            Self::Id => "id",
            Self::Gene => "gene",
            Self::Transcript => "transcript",
            Self::Mane => "mane",
            Self::Exon => "exon",
            Self::HgvsCoding => "hgvs_c",
            Self::HgvsProtein => "hgvs_p",
            Self::Number(column) => &column.name,
            Self::Category(column) => &column.row_name,
            Self::Text(column) => &column.name,
        }
    }

    /// The heading.
    pub fn label(&self) -> &str {
        match self {
            Self::Position => "Position",
            Self::Change => "Change",
            Self::Id => "ID",
            Self::Gene => "Gene",
            Self::Transcript => "Transcript",
            Self::Mane => "MANE",
            Self::Exon => "Exon",
            Self::HgvsCoding => "HGVS c.",
            Self::HgvsProtein => "HGVS p.",
            Self::Number(column) => &column.label,
            Self::Category(column) => &column.label,
            Self::Text(column) => &column.label,
        }
    }

    /// The sort key; `None` if the table cannot be sorted by the column.
    pub fn sort(&self) -> Option<SortKey> {
        match self {
            Self::Position => Some(SortKey::Position),
            Self::Gene => Some(SortKey::Gene),
            Self::Number(column) => Some(SortKey::Column(column.name.clone())),
            Self::Category(column) => column.sort_key(),
            _ => None,
        }
    }
}

/// Columns for a purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnView {
    /// What a variant does, and what is known about it.
    Clinical,
    /// How frequent a variant is.
    Population,
    /// The calls of the samples.
    Samples,
    /// Every column.
    All,
}

impl ColumnView {
    const ALL: [Self; 4] = [Self::Clinical, Self::Population, Self::Samples, Self::All];

    /// The name in the browser's storage.
    const fn name(self) -> &'static str {
        match self {
            Self::Clinical => "clinical",
            Self::Population => "population",
            Self::Samples => "samples",
            Self::All => "all",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Clinical => "Clinical",
            Self::Population => "Population",
            Self::Samples => "Samples",
            Self::All => "All",
        }
    }

    fn has(self, column: &Column, set: &ColumnSet) -> bool {
        use Column::{Category, Change, Gene, HgvsCoding, HgvsProtein, Id, Number, Position};
        let is_named = |column: &CategoryColumn, names: &[&CategoryColumn]| {
            names.iter().any(|known| known.name() == column.name())
        };
        match (self, column) {
            (Self::All, _) | (_, Position | Change | Gene) => true,
            (_, Category(column)) if is_named(column, &[&CONSEQUENCE, &IMPACT]) => true,
            (Self::Clinical, HgvsCoding | HgvsProtein) => true,
            (Self::Clinical, Number(column)) => set.population_frequency() == Some(column),
            (Self::Clinical, Category(column)) => is_named(column, &[&CLINVAR]),
            (Self::Population, Id) => true,
            (Self::Population, Number(column)) => column.is_frequency(),
            (Self::Samples, Number(column)) => column.name() == QUALITY.name(),
            (Self::Samples, Category(column)) => is_named(column, &[&FILTER]),
            _ => false,
        }
    }
}

/// The columns to show. They always contain the position, because its cell opens the row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Columns {
    /// Those of a view.
    View(ColumnView),
    /// Those that the user has chosen one by one, by name.
    Own {
        /// The columns.
        names: Vec<String>,
        /// Whether the calls of samples are shown.
        samples: bool,
    },
}

/// The prefix of columns that were chosen one by one, in the browser's storage.
const OWN: &str = "own:";

/// The name of the calls of samples, in the browser's storage.
const SAMPLES: &str = "samples";

impl Columns {
    /// The columns of a user who has not chosen any.
    pub const DEFAULT: Self = Self::View(ColumnView::Clinical);

    /// The columns of a result, in order. With facets, without categories that no row has a value of.
    pub fn shown(&self, set: &ColumnSet, facets: Option<&Facets>) -> Vec<Column> {
        let has_value = |facet: &Facet| facet.value != NO_VALUE;
        let is_empty = |column: &Column| match (column, facets) {
            (Column::Category(column), Some(facets)) if column.is_own() => {
                !facets.of(&**column).iter().any(has_value)
            }
            _ => false,
        };
        let all = Column::all(set).into_iter();
        all.filter(|column| self.has(column, set) && !is_empty(column)).collect()
    }

    fn has(&self, column: &Column, set: &ColumnSet) -> bool {
        *column == Column::Position
            || match self {
                Self::View(view) => view.has(column, set),
                Self::Own { names, .. } => names.iter().any(|name| name == column.name()),
            }
    }

    /// Whether the calls of samples are shown that the filter does not name.
    pub const fn has_samples(&self) -> bool {
        match self {
            Self::View(view) => matches!(view, ColumnView::Samples | ColumnView::All),
            Self::Own { samples, .. } => *samples,
        }
    }

    /// The names of the columns of a result that are shown.
    fn names(&self, set: &ColumnSet) -> Vec<String> {
        let shown = self.shown(set, None);
        shown.iter().map(|column| column.name().to_owned()).collect()
    }

    fn toggled(&self, name: &str, set: &ColumnSet) -> Self {
        let mut names = self.names(set);
        toggle(&mut names, name.to_owned());
        Self::Own { names, samples: self.has_samples() }
    }

    fn with_samples(&self, samples: bool, set: &ColumnSet) -> Self {
        Self::Own { names: self.names(set), samples }
    }

    /// The text in the browser's storage.
    pub fn write(&self) -> String {
        match self {
            Self::View(view) => view.name().to_owned(),
            Self::Own { names, samples } => {
                let samples = samples.then_some(SAMPLES);
                let names: Vec<&str> = names.iter().map(String::as_str).chain(samples).collect();
                format!("{OWN}{}", names.join(","))
            }
        }
    }

    /// Reads what [`write`](Self::write) wrote.
    pub fn read(text: &str) -> Option<Self> {
        let Some(names) = text.strip_prefix(OWN) else {
            return ColumnView::ALL.into_iter().find(|view| view.name() == text).map(Self::View);
        };
        let is_samples = |name: &&str| *name == SAMPLES;
        Some(Self::Own {
            names: names.split(',').filter(|name| !is_samples(name)).map(str::to_owned).collect(),
            samples: names.split(',').any(|name| is_samples(&name)),
        })
    }
}

/// The key of the columns in the browser's storage.
const PREFERENCE: &str = "columns";

/// The columns to show, as stored in the browser.
pub fn use_columns() -> Signal<Columns> {
    let mut columns = use_signal(|| Columns::DEFAULT);
    // The first render in the browser must equal that of the server, which has no preference.
    use_effect(move || {
        if let Some(stored) =
            browser::read_preference(PREFERENCE).as_deref().and_then(Columns::read)
        {
            columns.set(stored);
        }
    });
    columns
}

/// Shows columns, and remembers them in the browser.
pub fn choose(mut columns: Signal<Columns>, chosen: Columns) {
    browser::write_preference(PREFERENCE, Some(&chosen.write()));
    columns.set(chosen);
}

/// Chooses a view, or single columns.
#[component]
pub fn ColumnChooser(
    columns: Signal<Columns>,
    /// The columns of the result.
    set: ReadSignal<ColumnSet>,
    /// Whether the result has samples.
    has_samples: bool,
) -> Element {
    let choose = move |chosen: Columns| choose(columns, chosen);
    rsx! {
        Popover { id: "explorer-columns", label: "Columns", icon: IconName::List,
            HelpLink { topic: HelpTopic::Columns, label: "What the columns mean" }
            fieldset { class: "choices",
                legend { "Views" }
                for view in ColumnView::ALL {
                    label { key: "{view.name()}", class: "choice",
                        input {
                            r#type: "radio",
                            name: "column-view",
                            checked: *columns.read() == Columns::View(view),
                            onchange: move |_| choose(Columns::View(view)),
                        }
                        span { {view.label()} }
                    }
                }
            }
            fieldset { class: "choices choices-list",
                legend { "Columns" }
                for column in Column::all(&set.read()).into_iter().skip(1) {
                    label { key: "{column.name()}", class: "choice",
                        input {
                            r#type: "checkbox",
                            checked: columns.read().has(&column, &set.read()),
                            onchange: {
                                let name = column.name().to_owned();
                                move |_| {
                                    let chosen = columns.peek().toggled(&name, &set.peek());
                                    choose(chosen);
                                }
                            },
                        }
                        span { "{column.label()}" }
                    }
                }
                if has_samples {
                    label { class: "choice",
                        input {
                            r#type: "checkbox",
                            checked: columns.read().has_samples(),
                            onchange: move |event| {
                                let chosen = columns.peek().with_samples(event.checked(), &set.peek());
                                choose(chosen);
                            },
                        }
                        span { "Samples" }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gas_shared::source::{SourceColumn, SourceColumnKind};

    fn source(name: &str, kind: SourceColumnKind) -> SourceColumn {
        SourceColumn {
            name: name.to_owned(),
            source: "S".to_owned(),
            kind,
            description: String::new(),
        }
    }

    fn set() -> ColumnSet {
        use SourceColumnKind::{Float, Text};
        ColumnSet::of([source("gnomADe_AF", Float), source("score", Float), source("note", Text)])
    }

    #[test]
    fn a_view_is_stored_by_name_and_all_has_every_column() {
        for view in ColumnView::ALL {
            let columns = Columns::View(view);
            assert_eq!(Columns::read(&columns.write()), Some(columns));
        }
        let all = Columns::View(ColumnView::All).shown(&set(), None);
        assert_eq!(all, Column::all(&set()));
        assert_eq!(Columns::read("nonsense"), None);
        let population = Columns::View(ColumnView::Population).names(&set());
        assert!(population.contains(&"gnomADe_AF".to_owned()), "{population:?}");
        assert!(!population.contains(&"score".to_owned()), "{population:?}");
    }

    #[test]
    fn columns_chosen_one_by_one_are_stored_and_the_position_is_always_shown() {
        let set = set();
        let own = Columns::DEFAULT.toggled("hgvs_c", &set).toggled("position", &set);
        let names = own.names(&set);
        assert!(names.contains(&"position".to_owned()) && !names.contains(&"hgvs_c".to_owned()));
        assert_eq!(Columns::read(&own.write()).unwrap().names(&set), names);
        assert!(!own.has_samples() && own.with_samples(true, &set).has_samples());
        let stored = own.with_samples(true, &set).write();
        assert!(Columns::read(&stored).unwrap().has_samples(), "{stored}");
        assert_eq!(own.toggled("hgvs_c", &set).names(&set), Columns::DEFAULT.names(&set));
        let unknown = Columns::read("own:gone,gene").unwrap();
        assert_eq!(unknown.names(&set), ["position", "gene"]);
    }
}
