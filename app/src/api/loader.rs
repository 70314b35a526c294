//! The hooks with which pages load data. They are compiled once for all types, as [`RawJson`]
//! explains.

use super::raw_json::read;
use super::{ApiResult, RawJson};
use crate::error::ApiError;
use dioxus::core::RenderError;
use dioxus::fullstack::Loader;
use dioxus::prelude::*;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;
use std::pin::Pin;

/// A running call of a server function, for values of any type.
pub type JsonFuture = Pin<Box<dyn Future<Output = ApiResult<Box<str>>>>>;

/// The key of a call, and the JSON text of its result.
type KeyedResponse = (String, ApiResult<Box<str>>);

/// Data without which a page cannot be shown: the component suspends until it is loaded, and the server
/// renders it.
///
/// While a component suspends, Dioxus removes everything in the nearest `SuspenseBoundary` from the document, and makes new
/// elements afterwards. A component that appears after the rest of its page, or beside another one that loads data, therefore
/// needs a boundary of its own.
///
/// A component calls a loader with `?`, before it calls the next one. On the server, Dioxus drops the wake-up of a task for which no
/// component has suspended yet: of two loaders that one component starts at the same time, the second one never ends if its response
/// is the first to arrive.
pub struct ApiLoader<T: 'static> {
    loader: Loader<KeyedResponse>,
    of: PhantomData<fn() -> T>,
}

/// Loads data, and loads it again when a signal that `call` reads changes. `call` must read its signals
/// before it creates the future, since a hydrated page never polls the first one.
pub fn use_api_loader<T, F>(
    mut call: impl FnMut() -> F + 'static,
) -> Result<ApiLoader<T>, RenderError>
where
    F: Future<Output = ApiResult<RawJson<T>>> + 'static,
{
    use_keyed_api_loader(move || (String::new(), call()))
}

/// The same as [`use_api_loader`], for calls with a key that is returned with their result.
pub fn use_keyed_api_loader<T, F>(
    mut call: impl FnMut() -> (String, F) + 'static,
) -> Result<ApiLoader<T>, RenderError>
where
    F: Future<Output = ApiResult<RawJson<T>>> + 'static,
{
    let loader = use_json_loader(Box::new(move || {
        let (key, future) = call();
        (key, erase(future))
    }))?;
    Ok(ApiLoader { loader, of: PhantomData })
}

fn use_json_loader(
    mut call: Box<dyn FnMut() -> (String, JsonFuture)>,
) -> Result<Loader<KeyedResponse>, RenderError> {
    let loader = use_loader(move || {
        let (key, future) = call();
        async move { Ok::<_, ApiError>((key, future.await)) }
    });
    loader.map_err(RenderError::from)
}

/// Erases the type of a call's result.
pub fn erase<T>(call: impl Future<Output = ApiResult<RawJson<T>>> + 'static) -> JsonFuture {
    Box::pin(async move { call.await.map(RawJson::into_json) })
}

impl<T: DeserializeOwned> ApiLoader<T> {
    /// The last result.
    pub fn read(&self) -> ApiResult<T> {
        self.loader.read().1.as_deref().map_err(Clone::clone).and_then(read)
    }

    /// Replaces the result by a newer one from another call.
    pub fn set(mut self, newer: RawJson<T>) {
        self.loader.write().1 = Ok(newer.into_json());
    }

    /// Loads the data again.
    pub fn reload(mut self) {
        self.loader.restart();
    }

    /// The key of the call that the last result belongs to.
    pub fn key(&self) -> String {
        self.loader.read().0.clone()
    }

    /// Whether the data is being loaded.
    pub fn is_loading(&self) -> bool {
        self.loader.loading()
    }
}

/// Data that a page shows once it is loaded. The page is rendered without it first.
pub struct ApiResource<T: 'static> {
    resource: Resource<ApiResult<Box<str>>>,
    of: PhantomData<fn() -> T>,
}

/// Loads data in the browser, and loads it again when a signal that `call` reads changes.
pub fn use_api_resource<T, F>(mut call: impl FnMut() -> F + 'static) -> ApiResource<T>
where
    F: Future<Output = ApiResult<RawJson<T>>> + 'static,
{
    ApiResource { resource: use_json_resource(Box::new(move || erase(call()))), of: PhantomData }
}

fn use_json_resource(call: Box<dyn FnMut() -> JsonFuture>) -> Resource<ApiResult<Box<str>>> {
    use_resource(call)
}

impl<T: DeserializeOwned> ApiResource<T> {
    /// The last result, once there is one.
    pub fn read(&self) -> Option<ApiResult<T>> {
        let last = self.resource.read();
        last.as_ref().map(|last| last.as_deref().map_err(Clone::clone).and_then(read))
    }

    /// Whether the last call has ended.
    pub fn is_finished(&self) -> bool {
        self.resource.finished()
    }
}

impl<T> Clone for ApiLoader<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for ApiLoader<T> {}

impl<T> Clone for ApiResource<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for ApiResource<T> {}
