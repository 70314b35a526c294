//! The hooks with which pages load data. They are compiled once for all types, as [`RawJson`]
//! explains.

use super::raw_json::read;
use super::{ApiResult, RawJson};
use crate::error::ApiError;
use crate::upload::is_transient;
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
    /// The last data, for a loader that keeps it.
    last: CopyValue<LastData>,
    of: PhantomData<fn() -> T>,
}

/// The key of the last call that had a result, and the JSON text of that.
type LastData = Option<(String, Box<str>)>;

/// Loads data, and loads it again when a signal that `call` reads changes. `call` must read its signals
/// before it creates the future, since a hydrated page never polls the first one.
pub fn use_api_loader<T, F>(
    mut call: impl FnMut() -> F + 'static,
) -> Result<ApiLoader<T>, RenderError>
where
    F: Future<Output = ApiResult<RawJson<T>>> + 'static,
{
    use_json_loader(Box::new(move || (String::new(), erase(call()))), false).map(ApiLoader::new)
}

/// The same as [`use_api_loader`], for calls without arguments. If the data cannot be loaded again for a moment, the last data stays, and
/// with it the elements of the page and what the user has entered there: an error would replace them.
pub fn use_steady_api_loader<T, F>(
    mut call: impl FnMut() -> F + 'static,
) -> Result<ApiLoader<T>, RenderError>
where
    F: Future<Output = ApiResult<RawJson<T>>> + 'static,
{
    use_keyed_api_loader(move || (String::new(), call()))
}

/// The same as [`use_steady_api_loader`], for calls with arguments. The key identifies them, and is returned with the result: only the
/// last data of the same key stays.
pub fn use_keyed_api_loader<T, F>(
    mut call: impl FnMut() -> (String, F) + 'static,
) -> Result<ApiLoader<T>, RenderError>
where
    F: Future<Output = ApiResult<RawJson<T>>> + 'static,
{
    let call = move || {
        let (key, future) = call();
        (key, erase(future))
    };
    use_json_loader(Box::new(call), true).map(ApiLoader::new)
}

fn use_json_loader(
    mut call: Box<dyn FnMut() -> (String, JsonFuture)>,
    keeps_last: bool,
) -> Result<(Loader<KeyedResponse>, CopyValue<LastData>), RenderError> {
    let mut last = use_hook(|| CopyValue::new(None));
    let loader = use_loader(move || {
        let (key, future) = call();
        async move {
            let response = future.await;
            let response = if keeps_last { keep(last, &key, response) } else { response };
            Ok::<_, ApiError>((key, response))
        }
    })?;
    // The data of the rendered page, which no call of the browser has returned.
    use_hook(|| {
        if let (key, Ok(json)) = &*loader.peek()
            && keeps_last
        {
            last.set(Some((key.clone(), json.clone())));
        }
    });
    Ok((loader, last))
}

/// Returns the last data of the key instead of an error that may be gone in a moment.
fn keep(
    mut last: CopyValue<LastData>,
    key: &str,
    response: ApiResult<Box<str>>,
) -> ApiResult<Box<str>> {
    match response {
        Err(error) if is_transient(&error) => {
            let known = last.read().clone().filter(|(of, _)| of == key);
            known.map(|(_, json)| json).ok_or(error)
        }
        response => {
            last.set(response.as_ref().ok().map(|json| (key.to_owned(), json.clone())));
            response
        }
    }
}

/// Erases the type of a call's result.
pub fn erase<T>(call: impl Future<Output = ApiResult<RawJson<T>>> + 'static) -> JsonFuture {
    Box::pin(async move { call.await.map(RawJson::into_json) })
}

impl<T> ApiLoader<T> {
    const fn new((loader, last): (Loader<KeyedResponse>, CopyValue<LastData>)) -> Self {
        Self { loader, last, of: PhantomData }
    }
}

impl<T: DeserializeOwned> ApiLoader<T> {
    /// The last result.
    pub fn read(&self) -> ApiResult<T> {
        self.loader.read().1.as_deref().map_err(Clone::clone).and_then(read)
    }

    /// Replaces the result by a newer one from another call.
    pub fn set(mut self, newer: RawJson<T>) {
        let (key, json) = (self.key(), newer.into_json());
        if self.last.read().is_some() {
            self.last.set(Some((key, json.clone())));
        }
        self.loader.write().1 = Ok(json);
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

#[cfg(test)]
#[cfg(feature = "server")]
mod tests {
    use super::*;
    use crate::error::ErrorCode;
    use dioxus::core::NoOpMutations;
    use futures::channel::oneshot::{Receiver, Sender, channel};
    use std::cell::RefCell;
    use std::rc::Rc;
    use std::time::Duration;

    /// The calls of the page that wait for their responses, and the version of its data, whose changes start the next call.
    #[derive(Clone, Default)]
    struct Server {
        waiting: Rc<RefCell<Vec<Sender<ApiResult<u32>>>>>,
        version: Rc<RefCell<Option<Signal<u32>>>>,
    }

    impl Server {
        fn call(&self) -> impl Future<Output = ApiResult<RawJson<u32>>> + use<> {
            let (sender, response): (_, Receiver<ApiResult<u32>>) = channel();
            self.waiting.borrow_mut().push(sender);
            async move { response.await.unwrap().map(|number| RawJson::of(&number)) }
        }

        fn answer(&self, response: ApiResult<u32>) {
            self.waiting.borrow_mut().pop().unwrap().send(response).unwrap();
        }

        fn change(&self, dom: &VirtualDom) {
            dom.in_runtime(|| *self.version.borrow_mut().as_mut().unwrap() += 1);
        }
    }

    fn page() -> Element {
        let version = use_signal(|| 0);
        use_hook(|| *consume_context::<Server>().version.borrow_mut() = Some(version));
        rsx! {
            SuspenseBoundary { fallback: |_| rsx! { "loading" }, Part { version } }
        }
    }

    #[component]
    fn Part(version: Signal<u32>) -> Element {
        let server = use_hook(consume_context::<Server>);
        let loaded = use_steady_api_loader(move || {
            version.read();
            server.call()
        })?;
        match loaded.read() {
            Ok(number) => rsx! { "number {number}" },
            Err(error) => rsx! { "{error}" },
        }
    }

    fn open() -> (VirtualDom, Server) {
        let mut dom = VirtualDom::new(page);
        let server = Server::default();
        dom.provide_root_context(server.clone());
        dom.rebuild_in_place();
        (dom, server)
    }

    /// The page after everything that can happen without a further response.
    async fn shown(dom: &mut VirtualDom) -> String {
        while tokio::time::timeout(Duration::from_millis(20), dom.wait_for_work()).await.is_ok() {
            dom.render_immediate(&mut NoOpMutations);
        }
        dioxus::ssr::render(dom)
    }

    #[tokio::test]
    async fn data_that_changes_while_it_is_loaded_for_the_first_time_is_shown() {
        let (mut dom, server) = open();
        assert_eq!(shown(&mut dom).await, "loading");
        server.change(&dom);
        shown(&mut dom).await;
        server.change(&dom);
        shown(&mut dom).await;
        server.answer(Ok(3));
        assert_eq!(shown(&mut dom).await, "number 3");
    }

    #[tokio::test]
    async fn data_stays_while_it_cannot_be_loaded_again_for_a_moment() {
        let (mut dom, server) = open();
        shown(&mut dom).await;
        server.answer(Ok(1));
        assert_eq!(shown(&mut dom).await, "number 1");
        for (response, expected) in [
            (Err(ApiError::new(ErrorCode::Unavailable, "busy")), "number 1"),
            (Ok(2), "number 2"),
            (Err(ApiError::new(ErrorCode::NotFound, "gone")), "gone"),
            // The data was cleared by the error before, and is not shown again.
            (Err(ApiError::new(ErrorCode::Unavailable, "busy")), "busy"),
        ] {
            server.change(&dom);
            shown(&mut dom).await;
            server.answer(response);
            assert_eq!(shown(&mut dom).await, expected);
        }
    }
}
