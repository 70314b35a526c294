//! Tests of API tokens: expiry, revocation, secrecy and invalid secrets.

use super::*;
use crate::testkit::TestGas;
use gas_shared::Plan;

fn new(name: &str, scopes: &[Scope], days: u16) -> NewToken {
    NewToken { name: name.to_owned(), scopes: scopes.to_vec(), days }
}

#[tokio::test]
async fn a_token_authenticates_its_owner_until_it_expires() {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let made =
        create_token(&test.gas, ada.id, new(" laptop ", &[Scope::JobsRead], 7)).await.unwrap();
    assert_eq!(made.token.name, "laptop");
    assert!(made.secret.starts_with(&made.token.prefix));
    let caller = authenticate_token(&test.gas, &made.secret).await.unwrap().unwrap();
    assert_eq!((caller.account.id, caller.scopes), (ada.id, vec![Scope::JobsRead]));

    test.clock.advance_secs(7 * 86_400 - 1);
    assert!(authenticate_token(&test.gas, &made.secret).await.unwrap().is_some());
    test.clock.advance_secs(1);
    assert_eq!(authenticate_token(&test.gas, &made.secret).await.unwrap(), None);
    assert_eq!(list_tokens(&test.gas, ada.id).await.unwrap().len(), 1, "it is seen to be expired");
}

#[tokio::test]
async fn the_secret_is_not_stored() {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let made = create_token(&test.gas, ada.id, new("a", &Scope::OF_JOBS, 1)).await.unwrap();
    assert!(!format!("{:?}", test.tokens).contains(&made.secret[8..]));
}

#[tokio::test]
async fn a_revoked_token_is_invalid_and_only_its_owner_can_revoke_it() {
    let test = TestGas::new();
    let (ada, eve) = (test.user("ada", Plan::Free), test.user("eve", Plan::Free));
    let made = create_token(&test.gas, ada.id, new("a", &Scope::OF_JOBS, 1)).await.unwrap();
    let foreign = revoke_token(&test.gas, eve.id, made.token.id).await;
    assert!(matches!(foreign, Err(TokenError::NotFound(_))));
    assert!(authenticate_token(&test.gas, &made.secret).await.unwrap().is_some());
    revoke_token(&test.gas, ada.id, made.token.id).await.unwrap();
    assert_eq!(authenticate_token(&test.gas, &made.secret).await.unwrap(), None);
    assert_eq!(list_tokens(&test.gas, ada.id).await.unwrap(), []);
    assert!(revoke_token(&test.gas, ada.id, made.token.id).await.is_err(), "it is revoked already");
}

#[tokio::test]
async fn invalid_tokens_are_rejected_with_the_reason() {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let long = "x".repeat(61);
    let cases = [
        (new(" ", &Scope::OF_JOBS, 1), "a token needs a name of 1 to 60 characters"),
        (new(&long, &Scope::OF_JOBS, 1), "a token needs a name of 1 to 60 characters"),
        (new("a\nb", &Scope::OF_JOBS, 1), "a token needs a name of 1 to 60 characters"),
        (new("a", &[], 1), "choose at least one permission"),
        (new("a", &Scope::OF_JOBS, 0), "a token is valid for 1 to 366 days; 0 is not allowed"),
        (new("a", &Scope::OF_JOBS, 367), "a token is valid for 1 to 366 days; 367 is not allowed"),
    ];
    for (new, text) in cases {
        assert_eq!(create_token(&test.gas, ada.id, new).await.unwrap_err().to_string(), text);
    }
    for _ in 0..MAX_TOKENS {
        create_token(&test.gas, ada.id, new("a", &Scope::OF_JOBS, 1)).await.unwrap();
    }
    let rejected = create_token(&test.gas, ada.id, new("a", &Scope::OF_JOBS, 1)).await;
    assert!(matches!(rejected, Err(TokenError::TooMany)));
}

#[tokio::test]
async fn the_last_use_is_recorded_once_a_minute() {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let made = create_token(&test.gas, ada.id, new("a", &Scope::OF_JOBS, 1)).await.unwrap();
    let last = async || list_tokens(&test.gas, ada.id).await.unwrap()[0].last_used_at;
    assert_eq!(last().await, None);
    let first = test.gas.now();
    for (advance, expected) in [(0, 0), (59, 0), (1, 60)] {
        test.clock.advance_secs(advance);
        authenticate_token(&test.gas, &made.secret).await.unwrap().unwrap();
        assert_eq!(last().await, Some(first + SignedDuration::from_secs(expected)));
    }
}

#[tokio::test]
async fn other_texts_authenticate_nobody() {
    let test = TestGas::new();
    let stranger = TokenSecret::mint().unwrap();
    for text in ["", "gas_", stranger.expose()] {
        assert_eq!(authenticate_token(&test.gas, text).await.unwrap(), None);
    }
}
