//! Reads the fields of annotations by name.

/// The names of the fields of an annotation key, from its definition in the header: after `Format: `
/// (CSQ, BCSQ) or between single quotes (ANN).
pub(crate) fn field_names<'a>(text: &'a str, key: &str) -> Option<Vec<&'a str>> {
    let definition = format!("##INFO=<ID={key},");
    let line = text.lines().find(|line| line.starts_with(&definition))?;
    let fields = line.split_once("Format: ").or_else(|| line.split_once('\''))?.1;
    Some(fields.split(['"', '\'']).next()?.split('|').map(str::trim).collect())
}

/// The value of a key in an INFO column.
pub(crate) fn info<'a>(column: &'a str, key: &str) -> Option<&'a str> {
    let fields = column.split(';').filter_map(|field| field.split_once('='));
    fields.into_iter().find_map(|(name, value)| (name == key).then_some(value))
}
