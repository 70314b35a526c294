//! A table as a worksheet of Excel (ECMA-376, Office Open XML).
//!
//! The workbook is a ZIP archive with one worksheet, which is sent while it is written. All texts are inline strings, so
//! that none can be a formula. The first row has the names of the columns and stays in view.

use super::row_encoder::{ExportedRecord, RowEncoder};
use super::table::{Cell, TableColumn};
use super::zip_stream::{Packing, Sizes, ZipStream};
use crate::Error;
use crate::header::cut;
use gas_shared::explorer::MAX_XLSX_RECORDS;
use std::borrow::Cow;
use std::fmt::Write;

/// The most characters of a cell, in UTF-16 units.
const CELL_UNITS: usize = 32_767;

/// The bytes of a cell that is cut. They have no more UTF-16 units, and what says that it is cut fits, too.
const CUT_BYTES: usize = CELL_UNITS - 100;

/// The most bytes of the XML of the worksheet. Excel rejects ZIP64, which larger ones need.
const SHEET_BYTES: u64 = (1 << 32) - (1 << 20);

/// The files of the workbook before the worksheet.
const PARTS: [(&str, &str); 4] = [
    (
        "[Content_Types].xml",
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"#,
    ),
    (
        "_rels/.rels",
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
    ),
    (
        "xl/workbook.xml",
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Variants" sheetId="1" r:id="rId1"/></sheets></workbook>"#,
    ),
    (
        "xl/_rels/workbook.xml.rels",
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
    ),
];

/// The worksheet up to its rows.
const SHEET_START: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>"#;

/// Writes a workbook.
pub(super) struct Xlsx {
    columns: Vec<TableColumn>,
    /// The letters of the columns.
    letters: Vec<String>,
    zip: ZipStream,
    /// The rows so far, with that of the names.
    rows: u64,
    /// The bytes of the worksheet so far.
    bytes: u64,
    row: String,
}

impl Xlsx {
    /// Starts a workbook with the names of the columns.
    pub fn begin(columns: Vec<TableColumn>) -> Result<Self, Error> {
        let mut zip = ZipStream::new(Sizes::Small);
        for (name, xml) in PARTS {
            zip.start_file(name, Packing::Text)?;
            zip.write(xml.as_bytes())?;
        }
        zip.start_file("xl/worksheets/sheet1.xml", Packing::Text)?;
        zip.write(SHEET_START.as_bytes())?;
        let letters = (0..columns.len()).map(letters).collect();
        let mut xlsx = Self { columns, letters, zip, rows: 0, bytes: 0, row: String::new() };
        let names: Vec<String> = xlsx.columns.iter().map(|column| column.name.clone()).collect();
        xlsx.add_row(names.iter().map(|name| Cell::Text(name.into())))?;
        Ok(xlsx)
    }

    fn add_row<'a>(&mut self, cells: impl Iterator<Item = Cell<'a>>) -> Result<(), Error> {
        self.rows += 1;
        let number = self.rows;
        let row = &mut self.row;
        row.clear();
        // Writing to a String cannot fail.
        let _ = write!(row, r#"<row r="{number}">"#);
        for (cell, letters) in cells.zip(&self.letters) {
            if let Some(value) = cell.number() {
                let _ = write!(row, r#"<c r="{letters}{number}"><v>{value}</v></c>"#);
                continue;
            }
            let text = cell.to_text();
            if !text.is_empty() {
                let _ = write!(
                    row,
                    r#"<c r="{letters}{number}" t="inlineStr"><is><t xml:space="preserve">"#
                );
                escape(&shortened(&text), row);
                row.push_str("</t></is></c>");
            }
        }
        row.push_str("</row>");
        self.bytes += row.len() as u64;
        if self.bytes > SHEET_BYTES {
            return Err(Error::TooLargeSheet { rows: self.rows - 2 });
        }
        self.zip.write(row.as_bytes())
    }
}

impl RowEncoder for Xlsx {
    fn add(&mut self, record: &ExportedRecord<'_>) -> Result<(), Error> {
        if self.rows > MAX_XLSX_RECORDS {
            return Err(Error::TooManyRows { found: self.rows });
        }
        let columns = std::mem::take(&mut self.columns);
        let added = self.add_row(columns.iter().map(|column| column.cell(&record.row)));
        self.columns = columns;
        added
    }

    fn take(&mut self) -> Result<Vec<u8>, Error> {
        Ok(self.zip.take())
    }

    fn finish(&mut self) -> Result<Vec<u8>, Error> {
        let last = self.letters.last().map_or("A", String::as_str);
        let end = format!(r#"</sheetData><autoFilter ref="A1:{last}{}"/></worksheet>"#, self.rows);
        self.zip.write(end.as_bytes())?;
        self.zip.finish()
    }
}

/// The letters of a column, by its number from 0: A to Z, AA, AB, and so on.
fn letters(mut number: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(b'A' + (number % 26) as u8);
        match number / 26 {
            0 => break,
            rest => number = rest - 1,
        }
    }
    letters.iter().rev().map(|letter| char::from(*letter)).collect()
}

/// A text that a cell can have. A longer one ends with its length.
fn shortened(text: &str) -> Cow<'_, str> {
    // A text has at most as many UTF-16 units as bytes.
    if text.len() <= CELL_UNITS || text.encode_utf16().count() <= CELL_UNITS {
        return Cow::Borrowed(text);
    }
    Cow::Owned(cut(text.as_bytes(), CUT_BYTES))
}

/// Escapes a text for XML. Characters that XML 1.0 cannot have are written as `_x` with four hexadecimal digits and `_`
/// (ECMA-376 part 1, section 22.9.2.19), and so is a `_` that would begin such an escape.
fn escape(text: &str, out: &mut String) {
    for (at, c) in text.char_indices() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\t' | '\n' => out.push(c),
            '\0'..' ' | '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(out, "_x{:04X}_", u32::from(c));
            }
            '_' if is_escape(&text.as_bytes()[at..]) => out.push_str("_x005F_"),
            c => out.push(c),
        }
    }
}

fn is_escape(text: &[u8]) -> bool {
    matches!(text, [b'_', b'x', digits @ ..] if digits.len() > 4
        && digits[..4].iter().all(u8::is_ascii_hexdigit)
        && digits[4] == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_the_letters_of_spreadsheets() {
        let expected = [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ")];
        for (number, name) in expected.into_iter().chain([(702, "AAA"), (16_383, "XFD")]) {
            assert_eq!(letters(number), name);
        }
    }

    #[test]
    fn texts_are_escaped_and_fit_into_a_cell() {
        let escaped = |text: &str| {
            let mut out = String::new();
            escape(text, &mut out);
            out
        };
        assert_eq!(escaped("a<b>&c\n"), "a&lt;b&gt;&amp;c\n");
        assert_eq!(escaped("\u{1}_x0001_ _x1_"), "_x0001__x005F_x0001_ _x1_");
        let long = "é".repeat(CELL_UNITS);
        assert_eq!(shortened(&long), long);
        let longer = "é".repeat(CELL_UNITS + 1);
        let cell = shortened(&longer);
        assert!(cell.encode_utf16().count() <= CELL_UNITS);
        assert!(cell.ends_with("… (65536 characters)"), "{}", &cell[cell.len() - 40..]);
    }
}
