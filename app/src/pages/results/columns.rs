//! The table's columns, and which of them the reader wants to see.

use crate::browser;
use crate::components::{Icon, Shape};
use dioxus::prelude::*;
use gas_shared::explorer::SortKey;

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Position,
    Change,
    Id,
    Gene,
    Consequence,
    Impact,
    Hgvs,
    Frequency,
    Quality,
    Filter,
}

impl Column {
    /// All, in their order.
    pub const ALL: [Self; 10] = [
        Self::Position,
        Self::Change,
        Self::Id,
        Self::Gene,
        Self::Consequence,
        Self::Impact,
        Self::Hgvs,
        Self::Frequency,
        Self::Quality,
        Self::Filter,
    ];

    /// The heading.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Position => "Position",
            Self::Change => "Change",
            Self::Id => "ID",
            Self::Gene => "Gene",
            Self::Consequence => "Consequence",
            Self::Impact => "Impact",
            Self::Hgvs => "HGVS",
            Self::Frequency => "Frequency",
            Self::Quality => "QUAL",
            Self::Filter => "FILTER",
        }
    }

    /// What ordering by it goes by; `None` where the table cannot be ordered by it.
    pub const fn sort(self) -> Option<SortKey> {
        Some(match self {
            Self::Position => SortKey::Position,
            Self::Gene => SortKey::Gene,
            Self::Impact => SortKey::Impact,
            Self::Frequency => SortKey::Frequency,
            Self::Quality => SortKey::Quality,
            Self::Change | Self::Id | Self::Consequence | Self::Hgvs | Self::Filter => return None,
        })
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// A set of columns. The position is in each: it is what opens a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    hidden: u16,
}

impl Columns {
    /// Every column.
    pub const ALL: Self = Self { hidden: 0 };

    /// The columns of the set, in their order.
    pub fn shown(self) -> impl Iterator<Item = Column> {
        Column::ALL.into_iter().filter(move |column| self.has(*column))
    }

    /// How many they are.
    pub fn len(self) -> usize {
        self.shown().count()
    }

    fn has(self, column: Column) -> bool {
        self.hidden & column.bit() == 0
    }

    const fn toggled(self, column: Column) -> Self {
        match column {
            Column::Position => self,
            other => Self { hidden: self.hidden ^ other.bit() },
        }
    }

    /// The names of those that are not in it, as a browser keeps them.
    fn write(self) -> String {
        let hidden = Column::ALL.into_iter().filter(|column| !self.has(*column));
        hidden.map(Column::name).collect::<Vec<_>>().join(",")
    }

    fn read(text: &str) -> Self {
        let named = |name| Column::ALL.into_iter().find(|column| column.name() == name);
        text.split(',').filter_map(named).fold(Self::ALL, Self::toggled)
    }
}

/// Where the browser keeps what is hidden.
const PREFERENCE: &str = "hidden-columns";

/// The columns that this reader wants, as the browser remembers them.
pub fn use_columns() -> Signal<Columns> {
    let mut columns = use_signal(|| Columns::ALL);
    // The server does not know them, so the first render in the browser must not either.
    use_effect(move || {
        if let Some(hidden) = browser::read_preference(PREFERENCE) {
            columns.set(Columns::read(&hidden));
        }
    });
    columns
}

/// Where the reader chooses columns.
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
                Icon { shape: Shape::List }
                "Columns"
            }
            fieldset { class: "popover-panel",
                legend { class: "visually-hidden", "Columns to show" }
                for column in Column::ALL.into_iter().skip(1) {
                    label { key: "{column.name()}", class: "choice",
                        input {
                            r#type: "checkbox",
                            checked: columns().has(column),
                            onchange: move |_| choose(column),
                        }
                        span { "{column.name()}" }
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
    fn hidden_columns_are_remembered_and_the_position_stays() {
        let some = Columns::ALL.toggled(Column::Hgvs).toggled(Column::Position).toggled(Column::Id);
        assert_eq!(some.write(), "ID,HGVS");
        assert_eq!(Columns::read(&some.write()), some);
        assert_eq!(some.len(), 8);
        assert_eq!(Columns::read("nonsense,Position"), Columns::ALL);
        assert_eq!(some.toggled(Column::Id).toggled(Column::Hgvs), Columns::ALL);
    }
}
