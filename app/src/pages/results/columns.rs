//! The columns of the table, and the chooser that shows and hides them.

use crate::browser;
use crate::components::{Icon, IconName};
use dioxus::prelude::*;
use gas_shared::explorer::{
    CONSEQUENCE, CategoryColumn, ColumnSet, FILTER, Facet, Facets, IMPACT, NO_VALUE, Named,
    NumericColumn, SortKey, TextColumn,
};
use std::rc::Rc;
use std::sync::Arc;

/// A column of the table.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    Position,
    Change,
    Id,
    Gene,
    Hgvs,
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
        let [consequence, impact, filter] = [&CONSEQUENCE, &IMPACT, &FILTER].map(named);
        let fixed = [&CONSEQUENCE, &IMPACT, &FILTER];
        let others = set.categories().iter().filter(|column| {
            column.is_in_table() && fixed.iter().all(|known| known.name() != column.name())
        });
        let mut all = vec![Self::Position, Self::Change, Self::Id, Self::Gene];
        all.extend(consequence.into_iter().chain(impact));
        all.push(Self::Hgvs);
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
            Self::Hgvs => "hgvs",
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
            Self::Hgvs => "HGVS",
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
            Self::Change | Self::Id | Self::Hgvs | Self::Text(_) => None,
        }
    }

    /// Whether the column is shown unless the user hides it: of the many columns of sources, those with the clinical
    /// significance and the frequency in a population.
    fn is_shown_at_first(&self, set: &ColumnSet) -> bool {
        match self {
            Self::Number(column) => {
                column.source.is_none() || set.population_frequency() == Some(column)
            }
            Self::Category(column) => CategoryColumn::by_name(&column.name).is_some(),
            Self::Text(_) => false,
            _ => true,
        }
    }
}

/// The columns that the table shows, in order. Clones share them.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns(Rc<[Column]>);

impl Columns {
    /// The columns of a result that are shown, without categories that no row has a value of.
    pub fn shown(set: &ColumnSet, toggled: &Toggled, facets: Option<&Facets>) -> Self {
        let is_empty = |column: &CategoryColumn| {
            let has_value = |facet: &Facet| facet.value != NO_VALUE;
            column.is_own() && facets.is_some_and(|facets| !facets.of(column).iter().any(has_value))
        };
        let all = Column::all(set).into_iter().filter(|column| toggled.shows(column, set));
        Self(all.filter(|column| !matches!(column, Column::Category(c) if is_empty(c))).collect())
    }

    /// The columns.
    pub fn iter(&self) -> impl Iterator<Item = &Column> {
        self.0.iter()
    }

    /// The number of columns.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// The names of the columns that the user shows or hides other than at first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Toggled(Vec<String>);

impl Toggled {
    /// The position is always shown, because its cell opens the row.
    fn shows(&self, column: &Column, set: &ColumnSet) -> bool {
        let is_toggled = self.0.iter().any(|name| name == column.name());
        *column == Column::Position || column.is_shown_at_first(set) != is_toggled
    }

    fn toggled(mut self, name: &str) -> Self {
        match self.0.iter().position(|known| known == name) {
            Some(at) => drop(self.0.remove(at)),
            None => self.0.push(name.to_owned()),
        }
        self
    }

    /// The names, as stored in the browser.
    fn write(&self) -> String {
        self.0.join(",")
    }

    /// Reads names. Earlier versions stored labels, and mixed frequencies.
    fn read(text: &str) -> Self {
        let renamed = |name: &str| match name {
            "ID" | "Gene" | "HGVS" | "Change" | "Impact" | "Consequence" | "FILTER" => {
                name.to_ascii_lowercase()
            }
            "QUAL" => "quality".to_owned(),
            other => other.to_owned(),
        };
        Self(text.split(',').filter(|name| !name.is_empty()).map(renamed).collect())
    }
}

/// The key of the hidden columns in the browser's storage.
const PREFERENCE: &str = "hidden-columns";

/// The columns that the user shows or hides, as stored in the browser.
pub fn use_columns() -> Signal<Toggled> {
    let mut columns = use_signal(Toggled::default);
    // The first render in the browser must equal that of the server, which has no preference.
    use_effect(move || {
        if let Some(toggled) = browser::read_preference(PREFERENCE) {
            columns.set(Toggled::read(&toggled));
        }
    });
    columns
}

/// Shows and hides columns.
#[component]
pub fn ColumnChooser(columns: ReadSignal<ColumnSet>, toggled: Signal<Toggled>) -> Element {
    let mut choose = move |name: &str| {
        let chosen = toggled.peek().clone().toggled(name);
        browser::write_preference(
            PREFERENCE,
            Some(&chosen.write()).filter(|text| !text.is_empty()).map(String::as_str),
        );
        toggled.set(chosen);
    };
    let all = Column::all(&columns.read());
    rsx! {
        details { class: "popover", "name": "explorer-tools",
            summary { class: "button",
                Icon { name: IconName::List }
                "Columns"
            }
            fieldset { class: "popover-panel",
                legend { class: "visually-hidden", "Columns to show" }
                for column in all.into_iter().skip(1) {
                    label { key: "{column.name()}", class: "choice",
                        input {
                            r#type: "checkbox",
                            checked: toggled.read().shows(&column, &columns.read()),
                            onchange: {
                                let name = column.name().to_owned();
                                move |_: FormEvent| choose(&name)
                            },
                        }
                        span { "{column.label()}" }
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

    fn names(set: &ColumnSet, toggled: &Toggled) -> Vec<String> {
        Columns::shown(set, toggled, None).iter().map(|column| column.name().to_owned()).collect()
    }

    #[test]
    fn hidden_columns_are_stored_and_the_position_is_always_shown() {
        let set = ColumnSet::default();
        let some = Toggled::default().toggled("hgvs").toggled("position").toggled("id");
        assert_eq!(Toggled::read(&some.write()), some);
        let shown = names(&set, &some);
        assert_eq!(shown.len(), Column::all(&set).len() - 2);
        assert_eq!(shown[0], "position");
        assert_eq!(Toggled::read(""), Toggled::default());
        assert_eq!(some.toggled("id").toggled("hgvs").write(), "position");
    }

    #[test]
    fn of_the_columns_of_sources_the_frequency_in_a_population_is_shown_at_first() {
        let source = |name: &str| SourceColumn {
            name: name.to_owned(),
            source: "S".to_owned(),
            kind: SourceColumnKind::Float,
            description: String::new(),
        };
        let set = ColumnSet::of(["gnomADe_AF", "score"].map(source));
        let shown = |toggled: &Toggled| {
            ["gnomADe_AF", "score"].map(|name| names(&set, toggled).iter().any(|n| n == name))
        };
        assert_eq!(shown(&Toggled::default()), [true, false]);
        assert_eq!(
            shown(&Toggled::default().toggled("score").toggled("gnomADe_AF")),
            [false, true]
        );
    }

    #[test]
    fn labels_stored_by_earlier_versions_are_read() {
        assert_eq!(Toggled::read("ID,QUAL").write(), "id,quality");
    }
}
