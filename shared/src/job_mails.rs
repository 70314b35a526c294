//! Which mails about jobs and private references a user wants.

use serde::{Deserialize, Serialize};

/// A kind of mail about jobs and private references, which users turn on and off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobMailKind {
    /// A job was annotated, or a private reference is ready.
    Completed,
    /// A job or the build of a private reference failed.
    Failed,
    /// Results were archived or restored.
    Archive,
}

impl JobMailKind {
    /// All kinds, in the order of a job's life.
    pub const ALL: [Self; 3] = [Self::Completed, Self::Failed, Self::Archive];

    /// The spelling in PostgreSQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Archive => "archive",
        }
    }
}

/// The mails about jobs that a user wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobMails {
    /// When a job was annotated, or a private reference is ready.
    pub completed: bool,
    /// When a job or the build of a private reference failed.
    pub failed: bool,
    /// When results were archived or restored.
    pub archive: bool,
}

impl JobMails {
    /// All of them, which new users get.
    pub const ALL: Self = Self { completed: true, failed: true, archive: true };

    /// None.
    pub const NONE: Self = Self { completed: false, failed: false, archive: false };

    /// Whether mails of a kind are wanted.
    pub const fn wants(self, kind: JobMailKind) -> bool {
        match kind {
            JobMailKind::Completed => self.completed,
            JobMailKind::Failed => self.failed,
            JobMailKind::Archive => self.archive,
        }
    }

    /// Whether mails of any kind are wanted.
    pub fn wants_any(self) -> bool {
        self != Self::NONE
    }

    /// The same with mails of a kind turned on or off.
    #[must_use]
    pub const fn with(self, kind: JobMailKind, wanted: bool) -> Self {
        match kind {
            JobMailKind::Completed => Self { completed: wanted, ..self },
            JobMailKind::Failed => Self { failed: wanted, ..self },
            JobMailKind::Archive => Self { archive: wanted, ..self },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_turned_off_on_its_own() {
        for kind in JobMailKind::ALL {
            let less = JobMails::ALL.with(kind, false);
            for other in JobMailKind::ALL {
                assert_eq!(less.wants(other), other != kind);
            }
            assert!(less.wants_any());
            assert_eq!(less.with(kind, true), JobMails::ALL);
        }
        assert!(!JobMails::NONE.wants_any());
    }
}
