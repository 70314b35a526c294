//! What a failed query means to its caller.

use crate::ports::{PortError, PortFailure};

/// The error of a query, with the attempted action.
pub(super) fn failed_query(action: impl Into<String>, error: sqlx::Error) -> PortError {
    let kind = kind(&error);
    PortError::of_kind(kind, action, error)
}

fn kind(error: &sqlx::Error) -> PortFailure {
    use sqlx::Error;
    match error {
        Error::Database(error) => {
            error.code().map_or(PortFailure::Outage, |sqlstate| kind_of_sqlstate(&sqlstate))
        }
        // The value does not fit its type in PostgreSQL.
        Error::Encode(_) => PortFailure::Value,
        Error::RowNotFound
        | Error::TypeNotFound { .. }
        | Error::ColumnIndexOutOfBounds { .. }
        | Error::ColumnNotFound(_)
        | Error::ColumnDecode { .. }
        | Error::Decode(_)
        | Error::InvalidArgument(_) => PortFailure::Defect,
        // The connection failed, or none was free.
        _ => PortFailure::Outage,
    }
}

/// What an error code of PostgreSQL means (<https://www.postgresql.org/docs/current/errcodes-appendix.html>). Its first two
/// characters are its class.
fn kind_of_sqlstate(sqlstate: &str) -> PortFailure {
    match sqlstate {
        // The connection leads to a server that has become a replica, or was ended because it was idle.
        "25006" | "25P03" => return PortFailure::Outage,
        // An update is changing the schema: a statement that was prepared before, or a table or column of the newer version.
        "0A000" | "42P01" | "42703" => return PortFailure::Outage,
        // Another transaction has the lock, or has just stored or deleted the row that this one needs.
        "55P03" | "23503" | "23505" => return PortFailure::Contention,
        _ => {}
    }
    match sqlstate.get(..2).unwrap_or_default() {
        // Data exception, integrity constraint violation, program limit exceeded.
        "22" | "23" | "54" => PortFailure::Value,
        // Transaction rollback: serialization failure, deadlock.
        "40" => PortFailure::Contention,
        // Connection exception, insufficient resources, operator intervention, system error. A password that has just been
        // changed (28) is read again by new processes, and work waits for these.
        "08" | "28" | "53" | "57" | "58" => PortFailure::Outage,
        _ => PortFailure::Defect,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::PortFailure::{Contention, Defect, Outage, Value};

    #[test]
    fn error_codes_of_postgresql_say_who_can_do_something() {
        for (sqlstate, name, expected) in [
            ("08006", "connection_failure", Outage),
            (
                "0A000",
                "feature_not_supported, such as a prepared statement after a migration",
                Outage,
            ),
            ("22001", "string_data_right_truncation", Value),
            ("22003", "numeric_value_out_of_range", Value),
            ("22021", "character_not_in_repertoire, such as NUL", Value),
            ("22P05", "untranslatable_character", Value),
            ("23503", "foreign_key_violation", Contention),
            ("23505", "unique_violation", Contention),
            ("23514", "check_violation", Value),
            ("25006", "read_only_sql_transaction", Outage),
            ("25P02", "in_failed_sql_transaction", Defect),
            ("25P03", "idle_in_transaction_session_timeout", Outage),
            ("28P01", "invalid_password", Outage),
            ("40001", "serialization_failure", Contention),
            ("40P01", "deadlock_detected", Contention),
            ("42501", "insufficient_privilege", Defect),
            ("42601", "syntax_error", Defect),
            ("42P01", "undefined_table", Outage),
            ("42703", "undefined_column", Outage),
            ("53100", "disk_full", Outage),
            ("53300", "too_many_connections", Outage),
            ("54000", "program_limit_exceeded", Value),
            ("55P03", "lock_not_available", Contention),
            ("55006", "object_in_use", Defect),
            ("57014", "query_canceled", Outage),
            ("57P01", "admin_shutdown", Outage),
            ("58030", "io_error", Outage),
            ("P0001", "raise_exception", Defect),
            ("XX000", "internal_error", Defect),
            ("", "none", Defect),
        ] {
            assert_eq!(kind_of_sqlstate(sqlstate), expected, "{sqlstate} {name}");
        }
    }

    #[test]
    fn only_failures_of_connections_are_outages_among_those_of_the_client() {
        let of = |error| failed_query("read a row", error);
        assert!(of(sqlx::Error::PoolTimedOut).is_outage());
        assert!(of(sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into())).is_outage());
        assert_eq!(of(sqlx::Error::RowNotFound).kind(), Defect);
        assert_eq!(of(sqlx::Error::Decode("not a plan".into())).kind(), Defect);
        assert_eq!(of(sqlx::Error::Encode("over the range".into())).kind(), Value);
    }
}
