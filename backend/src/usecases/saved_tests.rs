//! Tests of saved filters and gene panels: names, limits, owners, and erasure.

use super::*;
use crate::testkit::TestGas;
use crate::usecases::erase_accounts;
use gas_shared::Plan;
use gas_shared::explorer::{Filter, MAX_FILTER_VALUES, Sort};

fn filter(name: &str, genes: &[&str]) -> NewSavedFilter {
    let genes = genes.iter().map(|gene| (*gene).to_owned()).collect();
    NewSavedFilter {
        name: name.to_owned(),
        filter: Filter { genes, ..Filter::default() },
        sort: Sort::POSITION,
        columns: Some("population".to_owned()),
    }
}

fn panel(name: &str, genes: &[&str]) -> NewGenePanel {
    let genes = genes.iter().map(|gene| (*gene).to_owned()).collect();
    NewGenePanel { name: name.to_owned(), genes }
}

#[tokio::test]
async fn what_is_saved_is_listed_by_name_and_only_for_its_user() {
    let test = TestGas::new();
    let (ada, eve) = (test.user("ada", Plan::Free), test.user("eve", Plan::Free));
    save_filter(&test.gas, ada.id, filter(" rare ", &["A"])).await.unwrap();
    save_filter(&test.gas, ada.id, filter("high", &["B"])).await.unwrap();
    save_filter(&test.gas, ada.id, filter("rare", &["C"])).await.unwrap();
    save_panel(&test.gas, ada.id, panel("epilepsy", &["SCN1A", " KCNQ2", "scn1a"])).await.unwrap();
    let saved = list_saved(&test.gas, ada.id).await.unwrap();
    let shown: Vec<_> = saved.filters.iter().map(|s| (&*s.name, &*s.filter.genes[0])).collect();
    assert_eq!(shown, [("high", "B"), ("rare", "C")]);
    assert_eq!(saved.filters[0].columns.as_deref(), Some("population"));
    assert_eq!(saved.filters[0].sort, Sort::POSITION);
    assert_eq!(saved.panels[0].genes, ["SCN1A", "KCNQ2"]);

    let (id, kind) = (saved.filters[0].id, SavedKind::Filter);
    assert_eq!(list_saved(&test.gas, eve.id).await.unwrap(), Saved::default());
    for foreign in [
        rename_saved(&test.gas, eve.id, id, kind, "mine").await,
        delete_saved(&test.gas, eve.id, id, kind).await,
        delete_saved(&test.gas, ada.id, id, SavedKind::Panel).await,
    ] {
        assert!(matches!(foreign, Err(SavedError::NotFound { .. })), "{foreign:?}");
    }
    let taken = rename_saved(&test.gas, ada.id, id, kind, "rare").await.unwrap_err();
    assert_eq!(taken.to_string(), "you already have a saved filter named \"rare\"");
    rename_saved(&test.gas, ada.id, id, kind, " very high ").await.unwrap();
    assert_eq!(list_saved(&test.gas, ada.id).await.unwrap().filters[1].name, "very high");
    delete_saved(&test.gas, ada.id, id, kind).await.unwrap();
    assert_eq!(list_saved(&test.gas, ada.id).await.unwrap().filters.len(), 1);
}

#[tokio::test]
async fn what_is_over_a_limit_is_rejected_with_the_reason() {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    let error = async |new| save_filter(&test.gas, ada.id, new).await.unwrap_err().to_string();
    for name in ["", " ", "a\nb", &"x".repeat(61)] {
        assert_eq!(error(filter(name, &[])).await, "a name has 1 to 60 characters");
    }
    let wide = NewSavedFilter { columns: Some("x".repeat(4097)), ..filter("a", &[]) };
    assert!(error(wide).await.contains("4097 bytes; at most 4096"));
    // PostgreSQL cannot store the character.
    let nul = NewSavedFilter { columns: Some("own:a\0".to_owned()), ..filter("a", &[]) };
    assert_eq!(error(nul).await, "the columns have control characters; remove them");
    assert!(error(filter("a", &["A\0"])).await.contains("NUL character"));
    let many: Vec<String> = (0..MAX_FILTER_VALUES).map(|n| format!("{n:020}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert!(error(filter("a", &many)).await.contains("at most 16384 can be saved"));
    let long = "x".repeat(201);
    assert!(error(filter("a", &[&long])).await.contains("201 bytes in genes"));

    let error = async |new| save_panel(&test.gas, ada.id, new).await.unwrap_err().to_string();
    assert_eq!(error(panel("a", &[])).await, "a panel needs a gene");
    let over: Vec<&str> = std::iter::repeat_n("A", MAX_PANEL_GENES + 1).collect();
    assert!(error(panel("a", &over)).await.contains("1001 genes; at most 1000"));
    assert!(error(panel("a", &["A", " "])).await.contains("is not the symbol of a gene"));
    assert!(save_panel(&test.gas, ada.id, panel("a", &many)).await.is_ok(), "a full panel");

    for n in 0..MAX_SAVED_FILTERS {
        save_filter(&test.gas, ada.id, filter(&n.to_string(), &[])).await.unwrap();
    }
    let one_more = save_filter(&test.gas, ada.id, filter("one more", &[])).await;
    assert!(matches!(one_more, Err(SavedError::TooManyFilters)));
    assert!(save_filter(&test.gas, ada.id, filter("7", &["A"])).await.is_ok(), "it replaces one");
}

#[tokio::test]
async fn what_is_saved_goes_with_the_account() {
    let test = TestGas::new();
    let ada = test.user("ada", Plan::Free);
    save_panel(&test.gas, ada.id, panel("epilepsy", &["SCN1A"])).await.unwrap();
    test.gas.account_data.request_deletion(ada.id, test.gas.now()).await.unwrap();
    test.accounts.billing_closed(ada.id);
    test.clock.advance_secs(30);
    assert_eq!(erase_accounts(&test.gas).await.unwrap().accounts, 1);
    assert_eq!(list_saved(&test.gas, ada.id).await.unwrap(), Saved::default());
}
