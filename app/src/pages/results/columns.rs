//! The columns of the table, and the chooser that shows and hides them.

use crate::browser;
use crate::components::{Icon, IconName};
use dioxus::prelude::*;
use gas_shared::explorer::{
    CATEGORY_COLUMNS, CONSEQUENCE, CategoryColumn, FILTER, Facets, IMPACT, NUMERIC_COLUMNS,
    NumericColumn, SortKey,
};

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Position,
    Change,
    Id,
    Gene,
    Hgvs,
    /// A numeric column of the registry.
    Number(&'static NumericColumn),
    /// A category column of the registry.
    Category(&'static CategoryColumn),
}

/// The columns before the numeric ones.
static BEFORE_NUMBERS: [Column; 7] = [
    Column::Position,
    Column::Change,
    Column::Id,
    Column::Gene,
    Column::Category(&CONSEQUENCE),
    Column::Category(&IMPACT),
    Column::Hgvs,
];

impl Column {
    /// All columns, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        let numbers = NUMERIC_COLUMNS.into_iter().map(Self::Number);
        let categories = CATEGORY_COLUMNS.into_iter().filter(|column| column.is_in_table());
        let others = categories.map(Self::Category).filter(|column| {
            !BEFORE_NUMBERS.contains(column) && *column != Self::Category(&FILTER)
        });
        let before = BEFORE_NUMBERS.iter().copied();
        before.chain(numbers).chain(others).chain([Self::Category(&FILTER)])
    }

    /// The stable name, for style sheets and the browser's storage.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Position => "position",
            Self::Change => "change",
            Self::Id => "id",
            Self::Gene => "gene",
            Self::Hgvs => "hgvs",
            Self::Number(column) => column.name,
            Self::Category(column) => column.row_name,
        }
    }

    /// The heading.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Position => "Position",
            Self::Change => "Change",
            Self::Id => "ID",
            Self::Gene => "Gene",
            Self::Hgvs => "HGVS",
            Self::Number(column) => column.label,
            Self::Category(column) => column.label,
        }
    }

    /// The sort key; `None` if the table cannot be sorted by the column.
    pub const fn sort(self) -> Option<SortKey> {
        match self {
            Self::Position => Some(SortKey::Position),
            Self::Gene => Some(SortKey::Gene),
            Self::Number(column) => Some(SortKey::Number(column)),
            Self::Category(column) => column.sort_key(),
            Self::Change | Self::Id | Self::Hgvs => None,
        }
    }

    fn bit(self) -> u32 {
        Self::all().position(|column| column == self).map_or(0, |index| 1 << index)
    }
}

/// A set of columns. It always contains the position, because its cell opens the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    hidden: u32,
}

impl Columns {
    /// Every column.
    pub const ALL: Self = Self { hidden: 0 };

    /// The columns of the set, in order.
    pub fn shown(self) -> impl Iterator<Item = Column> {
        Column::all().filter(move |column| self.has(*column))
    }

    /// The number of columns.
    pub fn len(self) -> usize {
        self.shown().count()
    }

    fn has(self, column: Column) -> bool {
        self.hidden & column.bit() == 0
    }

    /// The columns without those of the registry that no row has values of.
    pub fn with_values(self, facets: &Facets) -> Self {
        let empty = CategoryColumn::own().filter(|column| facets.of(column).is_empty());
        let empty = empty.fold(0, |bits, column| bits | Column::Category(column).bit());
        Self { hidden: self.hidden | empty }
    }

    fn toggled(self, column: Column) -> Self {
        match column {
            Column::Position => self,
            other => Self { hidden: self.hidden ^ other.bit() },
        }
    }

    /// The names of the hidden columns, as stored in the browser.
    fn write(self) -> String {
        let hidden = Column::all().filter(|column| !self.has(*column));
        hidden.map(Column::name).collect::<Vec<_>>().join(",")
    }

    /// Reads the names of hidden columns. Earlier versions stored labels.
    fn read(text: &str) -> Self {
        let named = |name: &str| {
            Column::all()
                .find(|column| column.name().eq_ignore_ascii_case(name) || column.label() == name)
        };
        text.split(',').filter_map(named).fold(Self::ALL, Self::toggled)
    }
}

/// The key of the hidden columns in the browser's storage.
const PREFERENCE: &str = "hidden-columns";

/// The columns to show, as stored in the browser.
pub fn use_columns() -> Signal<Columns> {
    let mut columns = use_signal(|| Columns::ALL);
    // The first render in the browser must equal that of the server, which has no preference.
    use_effect(move || {
        if let Some(hidden) = browser::read_preference(PREFERENCE) {
            columns.set(Columns::read(&hidden));
        }
    });
    columns
}

/// Shows and hides columns.
#[component]
pub fn ColumnChooser(columns: Signal<Columns>) -> Element {
    let mut choose = move |column: Column| {
        let chosen = columns.peek().toggled(column);
        columns.set(chosen);
        browser::write_preference(
            PREFERENCE,
            Some(&chosen.write()).filter(|text| !text.is_empty()).map(String::as_str),
        );
    };
    rsx! {
        details { class: "popover", "name": "explorer-tools",
            summary { class: "button",
                Icon { name: IconName::List }
                "Columns"
            }
            fieldset { class: "popover-panel",
                legend { class: "visually-hidden", "Columns to show" }
                for column in Column::all().skip(1) {
                    label { key: "{column.name()}", class: "choice",
                        input {
                            r#type: "checkbox",
                            checked: columns().has(column),
                            onchange: move |_| choose(column),
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

    #[test]
    fn hidden_columns_are_stored_and_the_position_is_always_shown() {
        let some = Columns::ALL.toggled(Column::Hgvs).toggled(Column::Position).toggled(Column::Id);
        assert_eq!(some.write(), "id,hgvs");
        assert_eq!(Columns::read(&some.write()), some);
        assert_eq!(some.len(), Column::all().count() - 2);
        assert_eq!(Columns::read("nonsense,Position"), Columns::ALL);
        assert_eq!(some.toggled(Column::Id).toggled(Column::Hgvs), Columns::ALL);
    }

    #[test]
    fn labels_stored_by_earlier_versions_are_read() {
        assert_eq!(Columns::read("ID,Frequency,QUAL").write(), "id,frequency,quality");
    }
}
