//! The contract of [`AuditLog`], which the in-memory fake and PostgreSQL both fulfill.

use crate::ports::{AuditEntry, AuditLog};
use gas_shared::UserId;
use gas_shared::audit::AuditRecord;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// Checks an audit log against the contract of its port. `user` must have a profile and no entries.
///
/// # Panics
/// If the log violates the contract.
#[expect(clippy::unwrap_used, reason = "for tests only")]
pub async fn audit_contract(log: &dyn AuditLog, user: UserId) {
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
    let entry = |days_ago: i64, number: usize| AuditEntry {
        operator: None,
        account: Some(user),
        record: AuditRecord {
            at: now - SignedDuration::from_hours(24 * days_ago),
            by_user: number.is_multiple_of(2),
            action: "signed_in".to_owned(),
            target: Some(number.to_string()),
        },
        address: Some("a1".repeat(32)),
        request_id: Some("r".to_owned()),
    };
    let targets = async || -> Vec<String> {
        let (mut targets, mut before) = (Vec::new(), None);
        loop {
            let page = log.entries_of(user, before, 2).await.unwrap();
            let Some((last, _)) = page.last() else { return targets };
            assert!(page.len() <= 2);
            before = Some(*last);
            targets.extend(page.into_iter().filter_map(|(_, record)| record.target));
        }
    };
    let entries = [entry(401, 0), entry(399, 1), entry(1, 2), entry(0, 3), entry(0, 4)];
    for one in &entries {
        log.append(one).await.unwrap();
    }
    let stranger = UserId::new(Uuid::new_v4());
    log.append(&AuditEntry { account: Some(stranger), ..entry(0, 5) }).await.unwrap();
    log.append(&AuditEntry { account: None, address: None, ..entry(0, 6) }).await.unwrap();
    let newest = log.entries_of(user, None, 1).await.unwrap();
    assert_eq!(newest[0].1, entries[4].record);
    assert_eq!(targets().await, ["4", "3", "2", "1", "0"]);
    assert_eq!(log.entries_of(stranger, None, 10).await.unwrap(), []);

    assert!(log.prune(now).await.unwrap() >= 1);
    assert_eq!(targets().await, ["4", "3", "2", "1"], "entries are kept for 400 days");
}

#[cfg(test)]
mod tests {
    use crate::testkit::TestGas;
    use gas_shared::Plan;

    #[tokio::test]
    async fn the_fake_fulfills_the_contract_of_the_audit_log() {
        let test = TestGas::new();
        let ada = test.user("ada", Plan::Free);
        super::audit_contract(&*test.audit, ada.id).await;
    }
}
