//! How pages act: one copy of the hook for all that can be done ([`Wire`](super::Wire) says why).

use super::ApiResult;
use crate::error::ApiError;
use dioxus::core::Task;
use dioxus::prelude::*;
use std::pin::Pin;

type Work = Pin<Box<dyn Future<Output = ApiResult<()>>>>;

/// How far something is that the user asked for.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Idle,
    Busy,
    Failed(ApiError),
}

/// Something that is done when the user says so, such as cancelling a job.
#[derive(Clone, Copy, PartialEq)]
pub struct Doing {
    step: Signal<Step>,
    begin: Callback<Work>,
}

/// Makes a [`Doing`]. What is being done ends with the component.
pub fn use_doing() -> Doing {
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
    Doing { step, begin }
}

impl Doing {
    /// Does it, in the place of what is being done.
    pub fn start(self, work: impl Future<Output = ApiResult<()>> + 'static) {
        self.begin.call(Box::pin(work));
    }

    /// Whether it is being done.
    pub fn is_busy(self) -> bool {
        *self.step.read() == Step::Busy
    }

    /// Why it could not be done the last time.
    pub fn failure(self) -> Option<ApiError> {
        match &*self.step.read() {
            Step::Failed(error) => Some(error.clone()),
            Step::Idle | Step::Busy => None,
        }
    }
}
