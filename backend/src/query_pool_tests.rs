//! Tests of the pool: fairness between users, deadlines, cancellation, readiness.

use super::*;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant as Clock;
use uuid::Uuid;

fn user(n: u128) -> QueryUser {
    QueryUser::User(UserId::new(Uuid::from_u128(n)))
}

fn pool(deadline_millis: u64) -> Arc<QueryPool> {
    let deadline = Duration::from_millis(deadline_millis);
    let limits = PoolLimits { threads: 2, deadline, ..PoolLimits::default() };
    Arc::new(QueryPool::new(limits).unwrap())
}

/// A query that takes processor time for ever, in blocks of 5 ms as the explorer's scans do.
/// Counts its blocks.
async fn endless(blocks: Arc<AtomicU64>) {
    loop {
        let start = Clock::now();
        while start.elapsed() < Duration::from_millis(5) {
            std::hint::spin_loop();
        }
        blocks.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
    }
}

/// Waits until no block is counted any more.
async fn stops(blocks: &AtomicU64) -> bool {
    for _ in 0..100 {
        let before = blocks.load(Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(100)).await;
        if blocks.load(Ordering::Relaxed) == before {
            return true;
        }
    }
    false
}

#[tokio::test]
async fn slow_queries_of_many_users_delay_neither_pages_nor_another_user() {
    let pool = pool(60_000);
    let blocks = Arc::new(AtomicU64::new(0));
    let mut slow = JoinSet::new();
    // Seven users with 20 queries each, of which 14 run at once on two threads.
    for n in 0..140 {
        let (pool, blocks) = (pool.clone(), blocks.clone());
        slow.spawn(async move { pool.run(user(n % 7), endless(blocks)).await });
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    // Each user has 16 places, so four queries of each are rejected at once.
    for _ in 0..28 {
        assert_eq!(slow.join_next().await.unwrap().unwrap(), Err(PoolError::BusyUser));
    }
    let (mut answer, mut page) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..10 {
        let start = Clock::now();
        assert_eq!(pool.run(user(100), async { 42 }).await, Ok(42));
        answer = answer.max(start.elapsed());
        // A page is a task on the threads of this test.
        let start = Clock::now();
        tokio::spawn(async {}).await.unwrap();
        page = page.max(start.elapsed());
    }
    println!("slowest answer to another user: {answer:?}; slowest page: {page:?}");
    assert!(answer < Duration::from_secs(2), "{answer:?}");
    assert!(page < Duration::from_millis(500), "{page:?}");
    assert!(blocks.load(Ordering::Relaxed) > 10);
}

#[tokio::test]
async fn a_query_ends_at_its_deadline_and_its_thread_is_free() {
    let pool = pool(300);
    let blocks = Arc::new(AtomicU64::new(0));
    let start = Clock::now();
    let (one, two) = tokio::join!(
        pool.run(user(1), endless(blocks.clone())),
        pool.run(user(1), endless(blocks.clone()))
    );
    println!("a deadline of 300 ms ended the queries after {:?}", start.elapsed());
    assert_eq!((one, two), (Err(PoolError::TooSlow), Err(PoolError::TooSlow)));
    assert!(start.elapsed() < Duration::from_secs(2));
    assert!(stops(&blocks).await);
    assert_eq!(pool.run(user(1), async { 1 }).await, Ok(1));
    // A query that waits for a file ends too.
    assert_eq!(pool.run(user(1), std::future::pending::<()>()).await, Err(PoolError::TooSlow));
}

#[tokio::test]
async fn a_query_that_waits_in_vain_is_rejected() {
    let pool = pool(300);
    let hold = |n: u128| pool.run(user(n), std::future::pending::<()>());
    let mut running: Vec<_> = (0..8).flat_map(|n| [Box::pin(hold(n)), Box::pin(hold(n))]).collect();
    for query in &mut running {
        assert!(futures::poll!(query).is_pending());
    }
    let late = pool.queries.enter(user(9), Instant::now() + Duration::from_millis(100)).await;
    assert_eq!(late.err(), Some(NotAdmitted::OfAll));
}

#[tokio::test]
async fn a_dropped_query_ends() {
    let pool = pool(60_000);
    let blocks = Arc::new(AtomicU64::new(0));
    let ran = pool.run(user(1), endless(blocks.clone()));
    assert!(timeout(Duration::from_millis(200), ran).await.is_err());
    assert!(stops(&blocks).await);
    assert!(blocks.load(Ordering::Relaxed) > 0);
    assert!(!pool.queries.has_requesters());
}

#[tokio::test]
async fn a_full_pool_is_not_ready_until_its_queries_end() {
    let pool = pool(1_500);
    assert!(pool.is_ready(Duration::from_secs(5)).await);
    let hold = |n: u128| pool.run(user(n), std::future::pending::<()>());
    let mut queries: Vec<_> = (0..8).flat_map(|n| [Box::pin(hold(n)), Box::pin(hold(n))]).collect();
    for query in &mut queries {
        assert!(futures::poll!(query).is_pending());
    }
    assert!(!pool.is_ready(Duration::from_millis(100)).await);
    futures::future::join_all(queries).await;
    assert!(pool.is_ready(Duration::from_secs(5)).await);
}

#[tokio::test]
async fn a_pool_whose_threads_are_stuck_is_not_ready() {
    let pool = pool(60_000);
    let stuck = || async { std::thread::sleep(Duration::from_secs(1)) };
    let (one, two) = (pool.run(user(1), stuck()), pool.run(user(2), stuck()));
    let probe = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        pool.is_ready(Duration::from_millis(300)).await
    };
    let (_, _, ready) = tokio::join!(one, two, probe);
    assert!(!ready);
    assert!(pool.is_ready(Duration::from_secs(5)).await);
}

#[tokio::test]
async fn a_stream_has_all_items_and_frees_its_place() {
    let pool = pool(10_000);
    let mut items = Box::pin(pool.stream(user(1), futures::stream::iter(0..100)).await.unwrap());
    let all: Vec<_> = items.by_ref().collect().await;
    assert_eq!(all, (0..100).map(Ok).collect::<Vec<_>>());
    assert_eq!(items.next().await, None, "a body may be polled again after its end");
    // Two run; a third of the same user waits until one of them is dropped.
    let endless = || pool.stream(user(1), futures::stream::repeat(1));
    let (first, _second) = (endless().await.unwrap(), endless().await.unwrap());
    let mut third = Box::pin(endless());
    assert!(timeout(Duration::from_millis(100), &mut third).await.is_err());
    drop(first);
    assert!(third.await.is_ok());
}

#[tokio::test]
async fn a_stream_over_its_time_ends_with_an_error() {
    let limits = PoolLimits {
        deadline: Duration::from_millis(200),
        client_pause: Duration::from_millis(200),
        ..PoolLimits::default()
    };
    let pool = QueryPool::new(limits).unwrap();
    // A client that does not read.
    let mut slow = Box::pin(pool.stream(user(1), futures::stream::repeat(1)).await.unwrap());
    tokio::time::sleep(Duration::from_millis(800)).await;
    let mut last = None;
    while let Some(item) = slow.next().await {
        last = Some(item);
    }
    assert_eq!(last, Some(Err(PoolError::TooSlow)));
    // A piece that is never ready.
    let pieces = pool.stream(user(1), futures::stream::pending::<()>()).await.unwrap();
    assert_eq!(pieces.collect::<Vec<_>>().await, [Err(PoolError::TooSlow)]);
}
