//! Reads a source file of which the input changes bytes: blocks, directory and dictionaries, whose checksums are not
//! verified by readers. Reads must end with rows or errors.
#![no_main]

use gas_sources::{
    Column, ColumnKind, Contig, Key, Matching, Row, SourceBuilder, SourceDescription, SourceFile, Value,
};
use libfuzzer_sys::fuzz_target;
use std::ops::ControlFlow;
use std::sync::LazyLock;

/// A file with rows of each matching.
static FILES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let matchings = [Matching::Minimized, Matching::Position, Matching::Overlap, Matching::Gene];
    matchings.into_iter().map(build).collect()
});

fn build(matching: Matching) -> Vec<u8> {
    let column = |name: &str, kind| Column {
        name: name.into(),
        description: String::new(),
        kind,
        prefix: None,
    };
    let description = SourceDescription {
        name: "fuzz".into(),
        version: "1".into(),
        assembly: "GRCh38".into(),
        license: "CC0".into(),
        attribution: "none".into(),
        matching,
        columns: vec![
            column("category", ColumnKind::Category),
            column("integer", ColumnKind::Integer),
            column("text", ColumnKind::Text),
        ],
        quotients: Vec::new(),
    };
    let path = gas_fuzz::SCRATCH.join(format!("{matching:?}.source"));
    let mut builder = SourceBuilder::create(&path, description).unwrap();
    builder.contig(Contig { name: "1".into(), ..Contig::default() }).unwrap();
    for n in 0..300u32 {
        let key = format!("G{n:04}");
        let alt = "ACGT".repeat(n as usize % 9);
        let key = match matching {
            Matching::Position => Key::Position(1 + n * n),
            Matching::Overlap => Key::Region { start: 1 + n * 3, end: 1 + n * 3 + n % 50 },
            Matching::Gene => Key::Gene(key.as_bytes()),
            _ => Key::Allele { position: 1 + n / 3, reference: b"A", alt: alt.as_bytes() },
        };
        let text = format!("text {n}");
        let number = i64::from(n % 7) * 1000 * i64::from(n % 11 == 0);
        let values =
            [Value::Text(alt.as_bytes()), Value::Integer(number), Value::Text(text.as_bytes())];
        let values = if n % 5 == 0 { [Value::Missing; 3] } else { values };
        builder.push(&Row { key, values: &values }).unwrap();
    }
    builder.finish().unwrap();
    std::fs::read(path).unwrap()
}

fuzz_target!(|input: &[u8]| {
    let Some((first, changes)) = input.split_first() else { return };
    let mut bytes = FILES[usize::from(*first) % FILES.len()].clone();
    let metadata = u64::from_le_bytes(bytes[16..24].try_into().unwrap()) as usize;
    // Not the metadata, whose checksum is verified when the file is opened.
    for change in changes.chunks_exact(3) {
        let at = 64 + usize::from(u16::from_le_bytes([change[0], change[1]])) % (metadata - 64);
        bytes[at] = change[2];
    }
    let file = SourceFile::from_bytes(bytes).unwrap();
    let _ = file.verify();
    let mut cursor = file.cursor();
    let read = |row: &gas_sources::StoredRow<'_>| {
        for column in 0..4 {
            let _ = row.value(column);
        }
        let _ = (row.alleles(), row.end(), row.gene());
    };
    for position in [0, 1, 50, 100, 90_000, u32::MAX] {
        if let Ok(rows) = cursor.at(0, position) {
            rows.take(1000).for_each(|row| read(&row));
        }
        if let Ok(rows) = cursor.allele(0, position, b"A", b"ACGT") {
            rows.flatten().take(1000).for_each(|row| read(&row));
        }
        let _ = cursor.overlapping(0, position, position.saturating_add(10), |row| {
            read(&row);
            ControlFlow::Continue(())
        });
    }
    let _ = cursor.gene(b"G0077").map(|row| row.map(|row| read(&row)));
    let _ = cursor.all(0, |row| {
        read(&row);
        Ok(ControlFlow::Continue(()))
    });
});
