//! The outbox of mails and the preferences in the real database.

use crate::stack::stack;
use anyhow::Result;
use gas_backend::ports::{Accounts, Identity, MailPreferences};
use gas_backend::postgres::{self, PostgresAccounts, PostgresMails};
use gas_backend::testkit::outbox_contract;
use gas_shared::UserId;
use uuid::Uuid;

#[tokio::test]
async fn the_outbox_in_postgresql_sends_each_mail_once() -> Result<()> {
    let pool = postgres::connect(&stack().database_url()).await?;
    outbox_contract(&PostgresMails::new(pool)).await;
    Ok(())
}

#[tokio::test]
async fn who_stopped_mail_gets_none_after_the_next_sign_in_either() -> Result<()> {
    let pool = postgres::connect(&stack().database_url()).await?;
    let (accounts, mails) = (PostgresAccounts::new(pool.clone()), PostgresMails::new(pool));
    let user = Identity {
        id: UserId::new(Uuid::new_v4()),
        name: "Ada".to_owned(),
        email: "ada@example.org".to_owned(),
        institution: String::new(),
    };
    assert_eq!(mails.wants_results(user.id).await?, None);
    assert!(!mails.set_wants_results(user.id, false).await?);

    accounts.signed_in(&user).await?;
    assert_eq!(mails.wants_results(user.id).await?, Some(true));
    assert!(mails.set_wants_results(user.id, false).await?);
    accounts.signed_in(&user).await?;
    assert_eq!(mails.wants_results(user.id).await?, Some(false));
    Ok(())
}
