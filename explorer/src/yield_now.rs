//! A pause of a long computation, in which other tasks of the same thread run.

use std::task::Poll;

/// Yields to other tasks. Evaluating a block takes milliseconds, and without reads there is no other
/// point at which the task yields.
pub(crate) async fn yield_now() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
