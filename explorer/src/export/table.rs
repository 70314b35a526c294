//! The columns of exported tables: typed values of a row, which each format writes in its way.

use gas_shared::explorer::{
    CategoryColumn, ColumnSet, NumericColumn, Row, RowValue, SampleCall, TextColumn, VARIANT_TYPE,
    number_text,
};
use gas_shared::source::SourceColumnKind;
use std::borrow::Cow;
use std::sync::Arc;

/// The type of the values of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CellKind {
    /// Yes or no.
    Flag,
    /// Integers.
    Integer,
    /// Numbers of single precision.
    Number,
    /// Numbers that the result has as text.
    Decimal,
    /// Text.
    Text,
    /// Lists of texts.
    List,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell<'a> {
    /// No value.
    Empty,
    /// Of [`CellKind::Flag`].
    Flag(bool),
    /// Of [`CellKind::Integer`].
    Integer(i64),
    /// Of [`CellKind::Number`], and of [`CellKind::Integer`] if the values come in single precision.
    Number(f32),
    /// Of [`CellKind::Decimal`], as the result spells it.
    Decimal(&'a str),
    /// Of [`CellKind::Text`].
    Text(Cow<'a, str>),
    /// Of [`CellKind::List`]; never empty.
    List(Vec<Cow<'a, str>>),
}

impl<'a> Cell<'a> {
    fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    fn optional(text: Option<&'a str>) -> Self {
        text.map_or(Self::Empty, Self::text)
    }

    fn list(values: Vec<Cow<'a, str>>) -> Self {
        if values.is_empty() { Self::Empty } else { Self::List(values) }
    }

    /// The text in a table without types. Values of a list are separated by `;`.
    pub fn to_text(&self) -> Cow<'_, str> {
        match self {
            Self::Empty | Self::Flag(false) => Cow::Borrowed(""),
            Self::Flag(true) => Cow::Borrowed("yes"),
            Self::Integer(value) => Cow::Owned(value.to_string()),
            Self::Number(value) => Cow::Owned(number_text(*value)),
            Self::Decimal(text) => Cow::Borrowed(text),
            Self::Text(text) => Cow::Borrowed(text),
            Self::List(values) => Cow::Owned(values.join(";")),
        }
    }

    /// The finite number that the text is, in full precision. `None` if it is another text, or an integer that is
    /// rounded.
    pub fn number(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Integer(_) => Some(self.to_text()),
            Self::Number(value) if value.is_finite() => {
                Some(self.to_text()).filter(|text| !text.starts_with('≈'))
            }
            Self::Decimal(text) => decimal(text).map(|_| Cow::Borrowed(*text)),
            _ => None,
        }
    }
}

/// The finite number that a text in decimal notation is.
pub(super) fn decimal(text: &str) -> Option<f64> {
    // Rust reads `inf` and `nan`, too.
    let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    text.parse().ok().filter(|value: &f64| is_decimal && value.is_finite())
}

/// A column of the table.
pub(super) struct TableColumn {
    pub name: String,
    pub kind: CellKind,
    value: Value,
}

/// Where a row has the value.
enum Value {
    Field(for<'a> fn(&'a Row) -> Cell<'a>),
    Number(Arc<NumericColumn>),
    Category(Arc<CategoryColumn>),
    Text(Arc<TextColumn>),
    /// The call of the sample with a number.
    Call(usize, for<'a> fn(&'a SampleCall) -> Cell<'a>),
}

impl TableColumn {
    fn field(name: &str, kind: CellKind, value: for<'a> fn(&'a Row) -> Cell<'a>) -> Self {
        Self { name: name.to_owned(), kind, value: Value::Field(value) }
    }

    fn call(
        sample: (usize, &String),
        name: &str,
        kind: CellKind,
        value: for<'a> fn(&'a SampleCall) -> Cell<'a>,
    ) -> Self {
        Self { name: format!("{}.{name}", sample.1), kind, value: Value::Call(sample.0, value) }
    }

    /// The value of a row.
    pub fn cell<'a>(&self, row: &'a Row) -> Cell<'a> {
        match &self.value {
            Value::Field(value) => value(row),
            Value::Number(column) => row.numbers.get(column).map_or(Cell::Empty, Cell::Number),
            Value::Category(column) => {
                let values = row.categories.values(column).iter();
                Cell::list(values.map(|value| Cow::Borrowed(value.as_str())).collect())
            }
            Value::Text(column) => Cell::optional(row.texts.find(column).map(String::as_str)),
            Value::Call(sample, value) => row.samples.get(*sample).map_or(Cell::Empty, value),
        }
    }
}

/// The columns of a result of which rows have the calls of some samples.
pub(super) fn table_columns(set: &ColumnSet, samples: &[String]) -> Vec<TableColumn> {
    use CellKind::{Decimal, Flag, Integer, List, Number, Text};
    let field = TableColumn::field;
    let mut columns = vec![
        field("chrom", Text, |row| Cell::text(&row.chrom)),
        field("pos", Integer, |row| Cell::Integer(row.pos.into())),
        field("id", Text, |row| Cell::text(&row.id)),
        field("ref", Text, |row| Cell::text(&row.reference)),
        field("alt", Text, |row| Cell::text(&row.alt)),
        field("qual", Decimal, |row| Cell::Decimal(&row.qual)),
        field("filter", Text, |row| Cell::text(&row.filter)),
        field("type", List, |row| {
            Cell::list(VARIANT_TYPE.values_of(row).into_iter().map(Cow::Owned).collect())
        }),
        field("consequence", Text, |row| Cell::optional(row.consequence.as_deref())),
        field("impact", Text, |row| Cell::optional(row.impact.map(|impact| impact.as_str()))),
        field("gene", Text, |row| Cell::optional(row.gene.as_deref())),
        field("transcript", Text, |row| Cell::optional(row.transcript.as_deref())),
        field("mane", Text, |row| Cell::optional(row.mane.map(|mane| mane.label()))),
        field("canonical", Flag, |row| Cell::Flag(row.canonical)),
        field("exon", Text, |row| Cell::optional(row.exon.as_deref())),
        field("intron", Text, |row| Cell::optional(row.intron.as_deref())),
        field("hgvs_c", Text, |row| Cell::optional(row.hgvs_c.as_deref())),
        field("hgvs_p", Text, |row| Cell::optional(row.hgvs_p.as_deref())),
    ];
    columns.extend(registered_columns(set));
    columns.push(field("known_ids", List, known_ids));
    for sample in samples.iter().enumerate() {
        let call = |name, kind, value| TableColumn::call(sample, name, kind, value);
        columns.extend([
            call("GT", Text, |call| Cell::text(&call.genotype)),
            call("DP", Integer, |call| call.depth.map_or(Cell::Empty, |n| Cell::Integer(n.into()))),
            call("GQ", Integer, |call| {
                call.quality.map_or(Cell::Empty, |n| Cell::Integer(n.into()))
            }),
            call("AB", Number, |call| call.balance.map_or(Cell::Empty, Cell::Number)),
        ]);
    }
    columns
}

/// The columns of the registry that have no field in a row.
pub(super) fn registered_columns(set: &ColumnSet) -> impl Iterator<Item = TableColumn> {
    let numbers = set.numeric().iter().filter(|column| column.row_value == RowValue::Number);
    let numbers = numbers.map(|column| {
        let source = column.source.as_ref();
        let is_integer = source.is_some_and(|known| known.kind == SourceColumnKind::Integer);
        let kind = if is_integer { CellKind::Integer } else { CellKind::Number };
        TableColumn { name: column.name.to_string(), kind, value: Value::Number(column.clone()) }
    });
    let categories = set.own_categories().map(|column| {
        let (name, value) = (column.row_name.to_string(), Value::Category(column.clone()));
        TableColumn { name, kind: CellKind::List, value }
    });
    let texts = set.texts().iter().map(|column| {
        let (name, value) = (column.name.to_string(), Value::Text(column.clone()));
        TableColumn { name, kind: CellKind::Text, value }
    });
    numbers.chain(categories).chain(texts)
}

/// The identifiers of a row. The last one also says if values of the row are cut.
fn known_ids(row: &Row) -> Cell<'_> {
    let mut ids: Vec<_> = row.ids.iter().map(|id| Cow::Borrowed(id.as_str())).collect();
    if let Some(bytes) = row.cut {
        let note =
            format!("[values are cut: the record has {bytes} bytes; export VCF for all of it]");
        ids.push(Cow::Owned(note));
    }
    Cell::list(ids)
}

/// Prefixes a text with an apostrophe if a spreadsheet that opens it without its type would evaluate it as a formula
/// (<https://owasp.org/www-community/attacks/CSV_Injection>), also if it begins with the wide form of a sign, as East Asian
/// keyboards write it. A text that is only a sign is not a formula.
pub(crate) fn neutral(text: Cow<'_, str>) -> Cow<'_, str> {
    if is_formula(&text) { Cow::Owned(format!("'{text}")) } else { text }
}

fn is_formula(text: &str) -> bool {
    let mut chars = text.chars();
    let first = chars.next().unwrap_or_default();
    matches!(first, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠')
        && chars.next().is_some()
}

/// Does the same for each part of a text between semicolons. Where the comma is the decimal separator, as in most of Europe,
/// spreadsheets take semicolons for the ends of cells in CSV files, and commas for parts of texts. Numbers are no formulas.
pub(super) fn neutral_parts(text: Cow<'_, str>) -> Cow<'_, str> {
    let mut parts = text.split(';');
    let first = parts.next().unwrap_or_default();
    let is_harmless = |part: &str| !is_formula(part) || decimal(part).is_some();
    if !is_formula(first) && parts.all(is_harmless) {
        return text;
    }
    let rest = text.split(';').skip(1).map(|part| {
        if is_harmless(part) { Cow::Borrowed(part) } else { neutral(Cow::Borrowed(part)) }
    });
    let all: Vec<_> = std::iter::once(neutral(Cow::Borrowed(first))).chain(rest).collect();
    Cow::Owned(all.join(";"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_turned_into_text() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＠SUM(A1)"] {
            assert_eq!(neutral(Cow::Borrowed(cell)), format!("'{cell}"));
            assert_eq!(neutral_parts(Cow::Borrowed(cell)), format!("'{cell}"));
        }
        for cell in ["rs1", "", "-", "+", "a=1", "a;b"] {
            assert_eq!(neutral(Cow::Borrowed(cell)), cell);
            assert_eq!(neutral_parts(Cow::Borrowed(cell)), cell);
        }
    }

    #[test]
    fn formulas_behind_a_semicolon_are_turned_into_text() {
        for (cell, expected) in [
            ("rs1;=cmd|' /C calc'!A0", "rs1;'=cmd|' /C calc'!A0"),
            ("rs1;rs2;@SUM(A1);rs3", "rs1;rs2;'@SUM(A1);rs3"),
            ("-1;-2;+c.5", "'-1;-2;'+c.5"),
            ("0.5;-2;-1e3;-", "0.5;-2;-1e3;-"),
            (";;", ";;"),
        ] {
            assert_eq!(neutral_parts(Cow::Borrowed(cell)), expected);
        }
    }

    #[test]
    fn only_finite_numbers_in_full_precision_are_numbers() {
        let number = |cell: Cell<'_>| cell.number().map(Cow::into_owned);
        assert_eq!(number(Cell::Integer(-7)).as_deref(), Some("-7"));
        assert_eq!(number(Cell::Number(0.001)).as_deref(), Some("0.001"));
        assert_eq!(number(Cell::Decimal("30.0")).as_deref(), Some("30.0"));
        assert_eq!(number(Cell::Decimal("-1e3")).as_deref(), Some("-1e3"));
        for other in [".", "nan", "inf", "1e999", "=1", "0x1"] {
            assert_eq!(number(Cell::Decimal(other)), None, "{other}");
        }
        assert_eq!(number(Cell::Number(f32::NAN)), None);
        // Single precision does not have all integers of this size.
        assert_eq!(number(Cell::Number(16_777_218.0)), None);
        assert_eq!(Cell::Number(16_777_218.0).to_text(), "≈16777218");
    }
}
