//! How pages ask: one copy of the hooks for all that can be asked for ([`Wire`] says why).

use super::wire::read;
use super::{ApiResult, Wire};
use crate::error::ApiError;
use dioxus::core::RenderError;
use dioxus::fullstack::Loader;
use dioxus::prelude::*;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;
use std::pin::Pin;

/// A question on its way, whatever the answer will be.
pub type Asking = Pin<Box<dyn Future<Output = ApiResult<Box<str>>>>>;

/// A question, and the JSON of its answer.
type Answered = (String, ApiResult<Box<str>>);

/// What a page cannot be shown without: the component waits for it, and a server renders it.
pub struct Answer<T: 'static> {
    loader: Loader<Answered>,
    of: PhantomData<fn() -> T>,
}

/// Asks for what a page is made of, and again when a signal that `ask` reads changes. The future is
/// of what was read before it, since a hydrated page never polls the first one.
pub fn use_answer<T, F>(mut ask: impl FnMut() -> F + 'static) -> Result<Answer<T>, RenderError>
where
    F: Future<Output = ApiResult<Wire<T>>> + 'static,
{
    use_answer_to(move || (String::new(), ask()))
}

/// The same with what was asked for, which the answer comes with.
pub fn use_answer_to<T, F>(
    mut ask: impl FnMut() -> (String, F) + 'static,
) -> Result<Answer<T>, RenderError>
where
    F: Future<Output = ApiResult<Wire<T>>> + 'static,
{
    let loader = use_json(Box::new(move || {
        let (question, asking) = ask();
        (question, erase(asking))
    }))?;
    Ok(Answer { loader, of: PhantomData })
}

fn use_json(
    mut ask: Box<dyn FnMut() -> (String, Asking)>,
) -> Result<Loader<Answered>, RenderError> {
    let loader = use_loader(move || {
        let (question, asking) = ask();
        async move { Ok::<_, ApiError>((question, asking.await)) }
    });
    loader.map_err(RenderError::from)
}

/// Makes one type of all questions.
pub fn erase<T>(asking: impl Future<Output = ApiResult<Wire<T>>> + 'static) -> Asking {
    Box::pin(async move { asking.await.map(Wire::into_json) })
}

impl<T: DeserializeOwned> Answer<T> {
    /// The last answer.
    pub fn read(&self) -> ApiResult<T> {
        self.loader.read().1.as_deref().map_err(Clone::clone).and_then(read)
    }

    /// Takes in a newer answer that came another way.
    pub fn learn(mut self, newer: Wire<T>) {
        self.loader.write().1 = Ok(newer.into_json());
    }

    /// Asks again.
    pub fn ask_again(mut self) {
        self.loader.restart();
    }

    /// What the last answer is to.
    pub fn question(&self) -> String {
        self.loader.read().0.clone()
    }

    /// Whether the next one is on its way.
    pub fn is_loading(&self) -> bool {
        self.loader.loading()
    }
}

/// What a page is shown without at first.
pub struct Extra<T: 'static> {
    resource: Resource<ApiResult<Box<str>>>,
    of: PhantomData<fn() -> T>,
}

/// Asks for something that comes later, and again when a signal that `ask` reads changes.
pub fn use_extra<T, F>(mut ask: impl FnMut() -> F + 'static) -> Extra<T>
where
    F: Future<Output = ApiResult<Wire<T>>> + 'static,
{
    Extra { resource: use_later(Box::new(move || erase(ask()))), of: PhantomData }
}

fn use_later(ask: Box<dyn FnMut() -> Asking>) -> Resource<ApiResult<Box<str>>> {
    use_resource(ask)
}

impl<T: DeserializeOwned> Extra<T> {
    /// The last answer, where there is one.
    pub fn read(&self) -> Option<ApiResult<T>> {
        let last = self.resource.read();
        last.as_ref().map(|last| last.as_deref().map_err(Clone::clone).and_then(read))
    }

    /// Whether no other answer is on its way.
    pub fn is_done(&self) -> bool {
        self.resource.finished()
    }
}

impl<T> Clone for Answer<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Answer<T> {}

impl<T> Clone for Extra<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Extra<T> {}
