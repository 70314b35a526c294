//! Sending one file, through breaks of the connection.

use super::check::{slice, unreadable};
use super::xhr::{Answer, Upload};
use super::{Command, cancel, remember};
use crate::api::{self, ApiResult, Asking, Wire, erase, read};
use crate::error::{ApiError, ErrorCode};
use crate::pages::{
    Card, End, Event, Refusal, Uploads, fresh_job, is_passing, pause_secs, refusal,
};
use futures::StreamExt;
use futures::channel::mpsc::UnboundedReceiver;
use futures::future::{Either, select};
use gas_shared::JobId;
use gas_shared::upload::{NewUpload, ONE_REQUEST_MAX_BYTES, PartsTicket, UploadTicket};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

/// The shortest time between two news of progress, in milliseconds: as often as eyes follow.
const NEWS_MS: f64 = 150.0;

/// The way of one file to S3.
pub(super) struct Trip {
    uploads: Uploads,
    card: Card,
    commands: UnboundedReceiver<Command>,
    /// Breaks in a row.
    breaks: usize,
    /// The job whose file is sent in parts.
    job: Option<JobId>,
}

impl Trip {
    pub(super) const fn new(
        uploads: Uploads,
        card: Card,
        commands: UnboundedReceiver<Command>,
    ) -> Self {
        Self { uploads, card, commands, breaks: 0, job: None }
    }

    /// Sends the file, and answers the job that has it.
    pub(super) async fn make(mut self) -> Result<JobId, End> {
        if self.card.size > ONE_REQUEST_MAX_BYTES {
            self.in_parts().await
        } else {
            self.in_one().await
        }
    }

    /// In one request. A job whose file does not come is cancelled: it would only wait.
    async fn in_one(&mut self) -> Result<JobId, End> {
        loop {
            let ticket =
                self.ask(|card| api::request_upload(NewUpload::new(card.name, card.size))).await?;
            self.announce(ticket.job_id);
            match self.post(&ticket).await {
                Ok(true) => return Ok(ticket.job_id),
                Ok(false) => cancel(self.uploads, ticket.job_id).await,
                Err(end) => {
                    cancel(self.uploads, ticket.job_id).await;
                    return Err(end);
                }
            }
        }
    }

    /// Sends the whole file, as often as it takes; `false` where the ticket is of no use any more.
    async fn post(&mut self, ticket: &UploadTicket) -> Result<bool, End> {
        loop {
            if ticket.expires_at <= self.now() {
                return Ok(false);
            }
            let upload = Upload::post(ticket, &self.card.content, self.progress(0));
            let answer = self.finish(upload).await?;
            if (200..300).contains(&answer.status) {
                return Ok(true);
            }
            match refusal(answer.status, &answer.body) {
                Refusal::Again(error) => self.pause(error).await?,
                Refusal::Renew(error) => {
                    self.pause(error).await?;
                    return Ok(false);
                }
                Refusal::Never(error) => return Err(End::Failed(error)),
            }
        }
    }

    /// In parts. What has arrived stays, so a job is cancelled only where the user stops it.
    async fn in_parts(&mut self) -> Result<JobId, End> {
        let end = self.all_parts().await;
        if matches!(end, Err(End::Stopped))
            && let Some(job) = self.job
        {
            remember::forget(&self.card);
            cancel(self.uploads, job).await;
        }
        end
    }

    async fn all_parts(&mut self) -> Result<JobId, End> {
        let mut ticket = match self.begun_before().await? {
            Some(ticket) => ticket,
            None => self.begin().await?,
        };
        self.job = Some(ticket.job_id);
        while !ticket.parts.is_empty() {
            self.put(&ticket).await?;
            let job = ticket.job_id;
            ticket = self.ask(move |_| api::next_parts(job)).await?;
        }
        Ok(ticket.job_id)
    }

    /// What is missing of an upload of this file that broke off, if the server knows of one.
    async fn begun_before(&mut self) -> Result<Option<PartsTicket>, End> {
        let Some(job) = remember::recall(&self.card) else { return Ok(None) };
        match self.ask(move |_| api::next_parts(job)).await {
            Ok(ticket) if ticket.size == self.card.size => Ok(Some(ticket)),
            // Another user's, over, or of another file: it begins anew.
            Ok(_) => Ok(None),
            Err(End::Failed(error))
                if matches!(error.code, ErrorCode::NotFound | ErrorCode::Conflict) =>
            {
                Ok(None)
            }
            Err(end) => Err(end),
        }
    }

    async fn begin(&mut self) -> Result<PartsTicket, End> {
        let ticket =
            self.ask(|card| api::begin_parts(NewUpload::new(card.name, card.size))).await?;
        remember::remember(&self.card, ticket.job_id);
        self.announce(ticket.job_id);
        Ok(ticket)
    }

    /// Sends the parts of a ticket, up to the first that does not go through.
    async fn put(&mut self, ticket: &PartsTicket) -> Result<(), End> {
        let mut sent = ticket.size.saturating_sub(ticket.missing);
        for part in &ticket.parts {
            let (from, to) = (part.offset as f64, (part.offset + part.length) as f64);
            let bytes = slice(&self.card.content, from, to).map_err(End::Failed)?;
            let upload = Upload::put(&part.url, &bytes, self.progress(sent));
            let answer = self.finish(upload).await?;
            if !(200..300).contains(&answer.status) {
                return match refusal(answer.status, &answer.body) {
                    Refusal::Again(error) | Refusal::Renew(error) => self.pause(error).await,
                    Refusal::Never(error) => Err(End::Failed(error)),
                };
            }
            sent += part.length;
            self.breaks = 0;
        }
        Ok(())
    }

    /// Makes a job known to the other pages at once.
    fn announce(&self, job: JobId) {
        if let Some(job) = fresh_job(job, &self.card.name, self.now()) {
            self.uploads.live.learn(job);
        }
    }

    /// The server's time.
    fn now(&self) -> Timestamp {
        self.uploads.live.now()
    }

    /// Asks the server, again where that may help.
    async fn ask<T: DeserializeOwned, F: Future<Output = ApiResult<Wire<T>>> + 'static>(
        &mut self,
        call: impl Fn(Card) -> F,
    ) -> Result<T, End> {
        let answer = self.ask_for_json(&|card| erase(call(card))).await?;
        read(&answer).map_err(End::Failed)
    }

    async fn ask_for_json(&mut self, call: &dyn Fn(Card) -> Asking) -> Result<Box<str>, End> {
        loop {
            match call(self.card.clone()).await {
                Ok(answer) => return Ok(answer),
                Err(error) if is_passing(&error) => self.pause(error).await?,
                Err(error) => return Err(End::Failed(error)),
            }
        }
    }

    /// Waits for the end of a request, or for the user to stop it.
    async fn finish(
        &mut self,
        upload: Result<Upload, wasm_bindgen::JsValue>,
    ) -> Result<Answer, End> {
        let upload = upload.map_err(|_| End::Failed(unreadable()))?;
        let mut finish = pin!(upload.finish());
        loop {
            match select(finish, self.commands.next()).await {
                Either::Left((answer, _)) => return Ok(answer),
                Either::Right((Some(Command::Stop) | None, _)) => return Err(End::Stopped),
                Either::Right((Some(Command::Resume), rest)) => finish = rest,
            }
        }
    }

    /// Waits before the next try, or gives up with this error.
    async fn pause(&mut self, error: ApiError) -> Result<(), End> {
        let Some(pause) = pause_secs(self.breaks) else { return Err(End::Failed(error)) };
        self.breaks += 1;
        self.uploads.tell(self.card.id, Event::Broke { pause });
        // Jitter keeps a thousand browsers from coming back in the same instant.
        let pause = Duration::from_secs(pause.into()).mul_f64(0.8 + 0.4 * js_sys::Math::random());
        let sleep = pin!(gloo_timers::future::sleep(pause));
        if let Either::Right((Some(Command::Stop), _)) = select(sleep, self.commands.next()).await {
            return Err(End::Stopped);
        }
        self.uploads.tell(self.card.id, Event::Resumed);
        Ok(())
    }

    /// Takes in how much of a request is sent, after so many bytes before it.
    fn progress(&self, before: u64) -> impl FnMut(u64) + 'static {
        let (uploads, id) = (self.uploads, self.card.id);
        let mut last = js_sys::Date::now();
        uploads.tell(id, Event::Sent { bytes: before, now: last });
        move |sent| {
            let now = js_sys::Date::now();
            if now - last >= NEWS_MS {
                last = now;
                uploads.note_progress(id, before + sent, now);
            }
        }
    }
}
