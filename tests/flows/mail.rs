//! The mail outbox and mail preferences in PostgreSQL.

use crate::stack::stack;
use anyhow::Result;
use futures::future::join_all;
use gas_backend::ports::{
    AccountData, Accounts, Identity, MailClaim, MailEvent, MailPreferences, Outbox,
};
use gas_backend::postgres::{PostgresAccountData, PostgresAccounts, PostgresMails};
use gas_backend::testkit::outbox_contract;
use gas_shared::{JobMailKind, JobMails, UserId};
use gas_tests::Client;
use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn the_outbox_in_postgresql_sends_each_mail_once() -> Result<()> {
    let pool = stack().pool().await?;
    let user = new_identity();
    PostgresAccounts::new(pool.clone()).record_sign_in(&user).await?;
    outbox_contract(&PostgresMails::new(pool), user.id).await;
    Ok(())
}

fn new_identity() -> Identity {
    Identity {
        id: UserId::new(Uuid::new_v4()),
        name: "Ada".to_owned(),
        email: "ada@example.org".to_owned(),
        institution: String::new(),
    }
}

/// Mails that are added while their user is erased are either erased with the user or not added.
#[tokio::test]
async fn no_mail_remains_after_a_user_is_erased() -> Result<()> {
    let pool = stack().pool().await?;
    let (accounts, mails) = (PostgresAccounts::new(pool.clone()), PostgresMails::new(pool.clone()));
    let data = PostgresAccountData::new(pool.clone());
    let now = Timestamp::now();
    for _ in 0..20 {
        let user = new_identity();
        accounts.record_sign_in(&user).await?;
        data.request_deletion(user.id, now).await?;
        let events = (0..4).map(|number| MailEvent {
            key: format!("test/{}/{number}", user.id),
            user: user.id,
            message: json!({}),
        });
        let events: Vec<_> = events.collect();
        let claims = events.iter().map(|event| mails.claim(event, now, SignedDuration::ZERO));
        let (claims, forgotten) =
            futures::join!(join_all(claims), data.purge(user.id, Timestamp::now()));
        forgotten?;
        for claim in claims {
            claim?;
        }
        assert_eq!(mails.claim(&events[0], now, SignedDuration::ZERO).await?, MailClaim::NoUser);
        assert_eq!(data.mails_of(user.id, None, 10).await?, []);
    }
    Ok(())
}

#[tokio::test]
async fn an_unsubscribed_user_stays_unsubscribed_after_the_next_sign_in() -> Result<()> {
    let pool = stack().pool().await?;
    let (accounts, mails) = (PostgresAccounts::new(pool.clone()), PostgresMails::new(pool));
    let user = new_identity();
    assert_eq!(mails.job_mails(user.id).await?, None);
    assert!(!mails.set_job_mails(user.id, JobMails::NONE).await?);

    accounts.record_sign_in(&user).await?;
    assert_eq!(mails.job_mails(user.id).await?, Some(JobMails::ALL));
    for kind in JobMailKind::ALL {
        let wanted = JobMails::ALL.with(kind, false);
        assert!(mails.set_job_mails(user.id, wanted).await?);
        assert_eq!(mails.job_mails(user.id).await?, Some(wanted));
    }
    assert!(mails.set_job_mails(user.id, JobMails::NONE).await?);
    accounts.record_sign_in(&user).await?;
    assert_eq!(mails.job_mails(user.id).await?, Some(JobMails::NONE));
    Ok(())
}

/// The link in a mail leads people to a page with a button, and mail programs send a POST to the same address (RFC 8058).
#[tokio::test]
async fn the_link_to_unsubscribe_is_a_page_for_people_and_takes_a_post_of_programs() -> Result<()> {
    let reader = Client::anonymous(&stack().web_url())?;
    let page = reader.get("/unsubscribe?token=forged").send().await?;
    assert_eq!(page.status(), StatusCode::OK);
    let page = page.text().await?;
    assert!(page.contains("Unsubscribe from emails about your jobs?"), "{page}");
    let forged = reader.post("/unsubscribe?token=forged").send().await?;
    assert_eq!(forged.status(), StatusCode::BAD_REQUEST);
    Ok(())
}
