//! The hook with which pages run an action. It is compiled once for all actions, as
//! [`RawJson`](super::RawJson) explains.

use super::ApiResult;
use crate::error::ApiError;
use dioxus::core::Task;
use dioxus::prelude::*;
use std::pin::Pin;

type Work = Pin<Box<dyn Future<Output = ApiResult<()>>>>;

/// The state of an action.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Idle,
    Busy,
    Failed(ApiError),
}

/// An action that the user can start, such as cancelling a job.
#[derive(Clone, Copy, PartialEq)]
pub struct ApiAction {
    step: Signal<Step>,
    begin: Callback<Work>,
}

/// Creates an [`ApiAction`]. A running action is cancelled when the component is removed.
pub fn use_api_action() -> ApiAction {
    let mut step = use_signal(|| Step::Idle);
    let mut task = use_signal(|| None::<Task>);
    let begin = use_callback(move |work: Work| {
        if let Some(before) = task.take() {
            before.cancel();
        }
        step.set(Step::Busy);
        task.set(Some(spawn(async move {
            step.set(work.await.map_or_else(Step::Failed, |()| Step::Idle));
        })));
    });
    ApiAction { step, begin }
}

impl ApiAction {
    /// Starts the action. One that is running is cancelled.
    pub fn start(self, work: impl Future<Output = ApiResult<()>> + 'static) {
        self.begin.call(Box::pin(work));
    }

    /// Whether the action is running.
    pub fn is_busy(self) -> bool {
        *self.step.read() == Step::Busy
    }

    /// The error of the last run, if it failed.
    pub fn error(self) -> Option<ApiError> {
        match &*self.step.read() {
            Step::Failed(error) => Some(error.clone()),
            Step::Idle | Step::Busy => None,
        }
    }
}
