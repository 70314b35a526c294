//! Values by column.

use super::{CategoryColumn, NumericColumn, TextColumn};
use std::borrow::Cow;
use std::sync::Arc;

/// The name of a column.
pub type ColumnName = Cow<'static, str>;

/// A column of a result.
pub trait Named {
    /// The name, which is unique in a result.
    fn name(&self) -> &ColumnName;
}

impl Named for NumericColumn {
    fn name(&self) -> &ColumnName {
        &self.name
    }
}

impl Named for CategoryColumn {
    fn name(&self) -> &ColumnName {
        &self.name
    }
}

impl Named for TextColumn {
    fn name(&self) -> &ColumnName {
        &self.name
    }
}

impl<C: Named> Named for Arc<C> {
    fn name(&self) -> &ColumnName {
        (**self).name()
    }
}

impl Named for ColumnName {
    fn name(&self) -> &ColumnName {
        self
    }
}

/// A value for each of some columns, by name: ranges of a filter, numbers of a row, counts of facets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByColumn<T>(Vec<(ColumnName, T)>);

/// A list for each of some category columns, without empty lists.
pub type ByCategory<T> = ByColumn<Vec<T>>;

impl<T> Default for ByColumn<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> ByColumn<T> {
    /// The value of one column.
    pub fn of(column: &impl Named, value: T) -> Self {
        Self(vec![(column.name().clone(), value)])
    }

    /// Adds the value of a column, or replaces the one it has.
    pub fn with(mut self, column: &impl Named, value: T) -> Self {
        self.set(column, Some(value));
        self
    }

    /// Sets or removes the value of a column.
    pub fn set(&mut self, column: &impl Named, value: Option<T>) {
        let name = column.name();
        // Ordered by name, so that equal contents are equal.
        let at = self.0.binary_search_by(|(known, _)| known.cmp(name));
        match (at, value) {
            (Ok(at), Some(value)) => self.0[at].1 = value,
            (Ok(at), None) => drop(self.0.remove(at)),
            (Err(at), Some(value)) => self.0.insert(at, (name.clone(), value)),
            (Err(_), None) => {}
        }
    }

    /// The names of columns that have a value, in alphabetical order, and the values.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&ColumnName, &T)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// Whether no column has a value.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a column.
    pub fn find(&self, column: &impl Named) -> Option<&T> {
        let at = self.0.binary_search_by(|(known, _)| known.cmp(column.name())).ok()?;
        Some(&self.0[at].1)
    }
}

impl<T: Copy> ByColumn<T> {
    /// The value of a column.
    pub fn get(&self, column: &impl Named) -> Option<T> {
        self.find(column).copied()
    }
}

impl<T> ByCategory<T> {
    /// The values of a category column.
    pub fn values(&self, column: &impl Named) -> &[T] {
        self.find(column).map_or(&[], Vec::as_slice)
    }

    /// Replaces the values of a category column.
    pub fn set_values(&mut self, column: &impl Named, values: Vec<T>) {
        self.set(column, Some(values).filter(|values| !values.is_empty()));
    }
}
