//! Live events reach the browsers of the owner and of no other user.

use crate::events::Events;
use crate::stack::stack;
use anyhow::Result;
use gas_shared::job::StateView;
use gas_shared::{JobStatus, LiveEvent};
use gas_tests::{Client, sample};
use std::time::Duration;

#[tokio::test]
async fn every_state_of_a_job_is_pushed_to_its_owner_only() -> Result<()> {
    let base = stack().web_url();
    let ada = Client::signed_in(&base, "ada-live").await?;
    let eve = Client::signed_in(&base, "eve-live").await?;
    let mut adas = Events::open(&ada).await?;
    let mut eves = Events::open(&eve).await?;
    let timeout = Duration::from_secs(30);
    assert!(matches!(adas.next(timeout).await?, LiveEvent::Connected { .. }));
    assert!(matches!(eves.next(timeout).await?, LiveEvent::Connected { .. }));

    let job = ada.submit("free.vcf", sample("free.vcf")?.as_bytes()).await?;
    let mut seen = Vec::new();
    while !seen.contains(&JobStatus::Completed) {
        let LiveEvent::Job(view) = adas.next(timeout).await? else { continue };
        assert_eq!(view.id, job.id);
        assert!(!matches!(view.state, StateView::Failed { .. }), "{:?}", view.state);
        seen.push(view.state.status());
    }
    for status in [JobStatus::Uploading, JobStatus::Pending, JobStatus::Running] {
        assert!(seen.contains(&status), "{status} was not pushed: {seen:?}");
    }
    // Other tests may change the banner, which everyone hears of.
    while let Ok(event) = eves.next(Duration::from_secs(1)).await {
        assert!(matches!(event, LiveEvent::Banner(_)), "eve received {event:?}");
    }
    Ok(())
}
