//! Values by column.

use super::{CategoryColumn, NumericColumn};

/// A column of a registry.
pub trait Column: PartialEq + 'static {
    /// The name, which is unique in its registry.
    fn name(&self) -> &'static str;
}

impl Column for NumericColumn {
    fn name(&self) -> &'static str {
        self.name
    }
}

impl Column for CategoryColumn {
    fn name(&self) -> &'static str {
        self.name
    }
}

/// A value for each of some columns: ranges of a filter, numbers of a row, counts of facets.
#[derive(Debug)]
pub struct ByColumn<T, C: 'static = NumericColumn>(Vec<(&'static C, T)>);

/// A list for each of some category columns, without empty lists.
pub type ByCategory<T> = ByColumn<Vec<T>, CategoryColumn>;

impl<T, C> Default for ByColumn<T, C> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Clone, C> Clone for ByColumn<T, C> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: PartialEq, C: PartialEq> PartialEq for ByColumn<T, C> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T: Eq, C: Eq> Eq for ByColumn<T, C> {}

impl<T, C: Column> ByColumn<T, C> {
    /// The value of one column.
    pub fn of(column: &'static C, value: T) -> Self {
        Self(vec![(column, value)])
    }

    /// Adds the value of a column, or replaces the one it has.
    pub fn with(mut self, column: &'static C, value: T) -> Self {
        self.set(column, Some(value));
        self
    }

    /// Sets or removes the value of a column.
    pub fn set(&mut self, column: &'static C, value: Option<T>) {
        self.0.retain(|(known, _)| *known != column);
        if let Some(value) = value {
            // Ordered by name, so that equal contents are equal.
            let at = self.0.partition_point(|(known, _)| known.name() < column.name());
            self.0.insert(at, (column, value));
        }
    }

    /// The columns that have a value, ordered by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static C, &T)> {
        self.0.iter().map(|(column, value)| (*column, value))
    }

    /// Whether no column has a value.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn find(&self, column: &C) -> Option<&T> {
        self.iter().find(|(known, _)| *known == column).map(|(_, value)| value)
    }
}

impl<T: Copy> ByColumn<T> {
    /// The value of a numeric column.
    pub fn get(&self, column: &NumericColumn) -> Option<T> {
        self.find(column).copied()
    }
}

impl<T> ByCategory<T> {
    /// The values of a category column.
    pub fn values(&self, column: &CategoryColumn) -> &[T] {
        self.find(column).map_or(&[], Vec::as_slice)
    }

    /// Replaces the values of a category column.
    pub fn set_values(&mut self, column: &'static CategoryColumn, values: Vec<T>) {
        self.set(column, Some(values).filter(|values| !values.is_empty()));
    }
}
