//! A topic in memory.

use super::{Crash, lock};
use crate::ports::{PortResult, Topic};
use async_trait::async_trait;
use std::sync::Mutex;

/// A topic that records its messages.
#[derive(Debug, Default)]
pub struct FakeTopic {
    published: Mutex<Vec<String>>,
    crash: Crash,
}

impl FakeTopic {
    pub(super) fn new(crash: Crash) -> Self {
        Self { crash, ..Self::default() }
    }

    /// The bodies of all messages, in order.
    pub fn bodies(&self) -> Vec<String> {
        lock(&self.published).clone()
    }

    /// The number of messages.
    pub fn len(&self) -> usize {
        lock(&self.published).len()
    }

    /// Whether there are no messages.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[async_trait]
impl Topic for FakeTopic {
    async fn publish(&self, body: &str) -> PortResult<()> {
        self.crash.before_call()?;
        lock(&self.published).push(body.to_owned());
        self.crash.after_effect()
    }
}
