//! Writes the INFO column of a record.

/// Appends INFO without the values of `removed_key`. A missing INFO (`.`) becomes empty.
pub(crate) fn copy_info(out: &mut Vec<u8>, info: &[u8], removed_key: Option<&str>) {
    if info == b"." {
        return;
    }
    let Some(key) = removed_key else {
        out.extend_from_slice(info);
        return;
    };
    let is_removed = |field: &[u8]| {
        field.strip_prefix(key.as_bytes()).is_some_and(|rest| rest.starts_with(b"="))
    };
    let mut first = true;
    for field in info.split(|b| *b == b';').filter(|field| !is_removed(field)) {
        if !first {
            out.push(b';');
        }
        out.extend_from_slice(field);
        first = false;
    }
}

/// Appends a semicolon unless the next field is the first of the INFO that starts at `info_start`.
pub(crate) fn begin_field(out: &mut Vec<u8>, info_start: usize) {
    if out.len() > info_start {
        out.push(b';');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_values_of_the_key_are_removed() {
        for (info, removed_key, expected) in [
            (".", None, ""),
            ("DP=3;CSQ=a", None, "DP=3;CSQ=a"),
            (".", Some("CSQ"), ""),
            ("CSQ=a;DP=3;CSQ2=b", Some("CSQ"), "DP=3;CSQ2=b"),
            ("CSQ=a", Some("CSQ"), ""),
            ("CSQ;DP=3", Some("CSQ"), "CSQ;DP=3"),
        ] {
            let mut out = Vec::new();
            copy_info(&mut out, info.as_bytes(), removed_key);
            assert_eq!(out, expected.as_bytes(), "{info} without {removed_key:?}");
        }
    }

    #[test]
    fn a_semicolon_separates_all_fields_but_the_first() {
        let mut out = b"before".to_vec();
        begin_field(&mut out, 6);
        assert_eq!(out, b"before");
        out.push(b'A');
        begin_field(&mut out, 6);
        assert_eq!(out, b"beforeA;");
    }
}
