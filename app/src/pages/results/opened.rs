//! The row whose details are open.

use dioxus::prelude::*;

/// The row whose details are open. Rows are opened by their index in the table, since the details lead to the next
/// and the previous row; the table knows the number of the record once the row is loaded.
#[derive(Clone, Copy, PartialEq)]
pub struct Opened {
    row: Signal<Option<u64>>,
    number: Signal<Option<u64>>,
    /// Whether the details are visible.
    pub is_open: Signal<bool>,
}

impl Opened {
    /// The index of the row.
    pub fn row(self) -> Option<u64> {
        (self.row)()
    }

    /// The number of the record; `None` while it is loaded.
    pub fn number(self) -> Option<u64> {
        (self.number)()
    }

    /// Opens a row.
    pub fn open(mut self, row: u64) {
        self.number.set(None);
        self.row.set(Some(row));
        self.is_open.set(true);
    }

    /// States the number of the record.
    pub fn set_number(mut self, number: Option<u64>) {
        if *self.number.peek() != number {
            self.number.set(number);
        }
    }
}

/// No row is open at first.
pub fn use_opened() -> Opened {
    Opened { row: use_signal(|| None), number: use_signal(|| None), is_open: use_signal(|| false) }
}
