//! A table as Apache Parquet, with typed columns.
//!
//! Rows are collected by column until they make a row group, which is written then. Every column is optional; lists have
//! the three levels of the format's specification.

use super::row_encoder::{ExportedRecord, RowEncoder};
use super::table::{Cell, CellKind, TableColumn, decimal};
use crate::Error;
use parquet::basic::Type as PhysicalType;
use parquet::basic::{Compression, ConvertedType, GzipLevel, LogicalType, Repetition};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FloatType, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};
use std::io;
use std::sync::Arc;

/// The most rows of a row group. It is compressed without a pause for other queries, which takes some hundred milliseconds.
const GROUP_ROWS: usize = 16_384;

/// The bytes of values after which a row group ends.
const GROUP_BYTES: usize = 8 << 20;

/// The bytes that a value takes besides its text.
const VALUE_BYTES: usize = 48;

/// Writes a Parquet file.
pub(super) struct Parquet {
    columns: Vec<TableColumn>,
    values: Vec<Values>,
    /// The rows of the next row group.
    rows: usize,
    /// The bytes of their values.
    bytes: usize,
    writer: SerializedFileWriter<Vec<u8>>,
}

/// The values of a column in the next row group.
struct Values {
    kind: Typed,
    /// The definition level of each row, or of each value of a list: 0 without a value, otherwise the greatest level.
    levels: Vec<i16>,
    /// By value of a list: whether it is a further one of its row. Empty for other columns.
    repeated: Vec<i16>,
}

enum Typed {
    Flags(Vec<bool>),
    Integers(Vec<i64>),
    Numbers(Vec<f32>),
    Decimals(Vec<f64>),
    Texts(Vec<ByteArray>),
    Lists(Vec<ByteArray>),
}

impl Parquet {
    /// Starts a file.
    pub fn begin(columns: Vec<TableColumn>) -> Result<Self, Error> {
        let schema = schema(&columns).map_err(output)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::GZIP(GzipLevel::try_new(4).map_err(output)?))
            .set_created_by("GAS".to_owned())
            .build();
        let writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties));
        let values = columns.iter().map(|column| Values::new(column.kind)).collect();
        Ok(Self { columns, values, rows: 0, bytes: 0, writer: writer.map_err(output)? })
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        if self.rows > 0 {
            let mut group = self.writer.next_row_group()?;
            for values in &mut self.values {
                values.write(&mut group)?;
            }
            group.close()?;
            (self.rows, self.bytes) = (0, 0);
        }
        Ok(())
    }
}

impl RowEncoder for Parquet {
    fn add(&mut self, record: &ExportedRecord<'_>) -> Result<(), Error> {
        for (column, values) in self.columns.iter().zip(&mut self.values) {
            self.bytes += values.add(&column.cell(&record.row));
        }
        self.rows += 1;
        if self.rows == GROUP_ROWS || self.bytes >= GROUP_BYTES {
            self.write_group().map_err(output)?;
        }
        Ok(())
    }

    fn take(&mut self) -> Result<Vec<u8>, Error> {
        Ok(std::mem::take(self.writer.inner_mut()))
    }

    fn finish(&mut self) -> Result<Vec<u8>, Error> {
        self.write_group().map_err(output)?;
        self.writer.finish().map_err(output)?;
        self.take()
    }
}

impl Values {
    const fn new(kind: CellKind) -> Self {
        let kind = match kind {
            CellKind::Flag => Typed::Flags(Vec::new()),
            CellKind::Integer => Typed::Integers(Vec::new()),
            CellKind::Number => Typed::Numbers(Vec::new()),
            CellKind::Decimal => Typed::Decimals(Vec::new()),
            CellKind::Text => Typed::Texts(Vec::new()),
            CellKind::List => Typed::Lists(Vec::new()),
        };
        Self { kind, levels: Vec::new(), repeated: Vec::new() }
    }

    /// Adds the value of the next row, and returns the bytes that it takes.
    fn add(&mut self, cell: &Cell<'_>) -> usize {
        if let Typed::Lists(texts) = &mut self.kind {
            return match cell {
                Cell::List(values) => {
                    self.levels.extend(values.iter().map(|_| LIST_LEVEL));
                    self.repeated.extend((0..values.len()).map(|n| i16::from(n > 0)));
                    let values = values.iter().map(|value| text(value));
                    texts.extend(values);
                    let added = &texts[texts.len() - count(cell)..];
                    added.iter().map(|value| value.len() + VALUE_BYTES).sum()
                }
                _ => {
                    self.levels.push(0);
                    self.repeated.push(0);
                    VALUE_BYTES
                }
            };
        }
        let mut bytes = VALUE_BYTES;
        let is_there = match (&mut self.kind, cell) {
            (Typed::Flags(values), Cell::Flag(value)) => push(values, Some(*value)),
            (Typed::Integers(values), Cell::Integer(value)) => push(values, Some(*value)),
            // Values of sources are kept in single precision, which has all integers up to 16,777,216.
            (Typed::Integers(values), Cell::Number(value)) => push(values, Some(*value as i64)),
            (Typed::Numbers(values), Cell::Number(value)) => push(values, Some(*value)),
            (Typed::Decimals(values), Cell::Decimal(value)) => push(values, decimal(value)),
            (_, Cell::Empty) => false,
            (Typed::Texts(values), cell) => {
                let value = cell.to_text();
                bytes += value.len();
                push(values, Some(text(&value)))
            }
            _ => false,
        };
        self.levels.push(i16::from(is_there));
        bytes
    }

    /// Writes the values as the next column of a row group, and forgets them.
    fn write(
        &mut self,
        group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    ) -> Result<(), ParquetError> {
        let levels = std::mem::take(&mut self.levels);
        let repeated = std::mem::take(&mut self.repeated);
        match &mut self.kind {
            Typed::Flags(values) => write::<BoolType>(group, values, &levels, None),
            Typed::Integers(values) => write::<Int64Type>(group, values, &levels, None),
            Typed::Numbers(values) => write::<FloatType>(group, values, &levels, None),
            Typed::Decimals(values) => write::<DoubleType>(group, values, &levels, None),
            Typed::Texts(values) => write::<ByteArrayType>(group, values, &levels, None),
            Typed::Lists(values) => write::<ByteArrayType>(group, values, &levels, Some(&repeated)),
        }
    }
}

/// The level of a value in a list: the list is there, and has it.
const LIST_LEVEL: i16 = 2;

const fn count(cell: &Cell<'_>) -> usize {
    match cell {
        Cell::List(values) => values.len(),
        _ => 0,
    }
}

fn push<T>(values: &mut Vec<T>, value: Option<T>) -> bool {
    let is_there = value.is_some();
    values.extend(value);
    is_there
}

fn text(text: &str) -> ByteArray {
    ByteArray::from(text.as_bytes().to_vec())
}

fn write<D: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    values: &mut Vec<D::T>,
    levels: &[i16],
    repeated: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let missing = || ParquetError::General("the schema has fewer columns".to_owned());
    let mut column = group.next_column()?.ok_or_else(missing)?;
    column.typed::<D>().write_batch(values, Some(levels), repeated)?;
    values.clear();
    column.close()
}

fn schema(columns: &[TableColumn]) -> Result<TypePtr, ParquetError> {
    let fields = columns.iter().map(|column| field(&column.name, column.kind).map(Arc::new));
    let fields = fields.collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(Type::group_type_builder("schema").with_fields(fields).build()?))
}

fn field(name: &str, kind: CellKind) -> Result<Type, ParquetError> {
    let text = |name, repetition| {
        Type::primitive_type_builder(name, PhysicalType::BYTE_ARRAY)
            .with_repetition(repetition)
            .with_logical_type(Some(LogicalType::String))
            .with_converted_type(ConvertedType::UTF8)
            .build()
    };
    let number = |physical| {
        Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL).build()
    };
    match kind {
        CellKind::Flag => number(PhysicalType::BOOLEAN),
        CellKind::Integer => number(PhysicalType::INT64),
        CellKind::Number => number(PhysicalType::FLOAT),
        CellKind::Decimal => number(PhysicalType::DOUBLE),
        CellKind::Text => text(name, Repetition::OPTIONAL),
        CellKind::List => {
            let element = Arc::new(text("element", Repetition::REQUIRED)?);
            let list = Type::group_type_builder("list")
                .with_repetition(Repetition::REPEATED)
                .with_fields(vec![element])
                .build()?;
            Type::group_type_builder(name)
                .with_repetition(Repetition::OPTIONAL)
                .with_logical_type(Some(LogicalType::List))
                .with_converted_type(ConvertedType::LIST)
                .with_fields(vec![Arc::new(list)])
                .build()
        }
    }
}

fn output(error: ParquetError) -> Error {
    Error::Output(io::Error::other(error))
}
