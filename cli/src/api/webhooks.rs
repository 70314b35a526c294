//! Requests about webhooks.

use super::Api;
use crate::dto::{CreatedWebhook, Webhook};
use crate::error::CliError;
use crate::output::WithJson;
use gas_shared::webhook::NewWebhook;
use reqwest::Method;
use uuid::Uuid;

impl Api {
    /// Returns the user's webhooks with their newest deliveries.
    pub async fn webhooks(&self) -> Result<Vec<WithJson<Webhook>>, CliError> {
        self.read(self.request(Method::GET, "webhooks")).await
    }

    /// Creates a webhook. If a response is lost, the attempt before has created another one, which [`Api::webhooks`] has.
    pub async fn create_webhook(
        &self,
        new: &NewWebhook,
    ) -> Result<WithJson<CreatedWebhook>, CliError> {
        self.read(self.request(Method::POST, "webhooks").json(new)).await
    }

    /// Sends a test message.
    pub async fn test_webhook(&self, id: Uuid) -> Result<(), CliError> {
        self.send(self.request(Method::POST, &format!("webhooks/{id}/test"))).await.map(drop)
    }

    /// Enables a disabled webhook.
    pub async fn enable_webhook(&self, id: Uuid) -> Result<(), CliError> {
        self.send(self.request(Method::POST, &format!("webhooks/{id}/enable"))).await.map(drop)
    }

    /// Deletes a webhook.
    pub async fn delete_webhook(&self, id: Uuid) -> Result<(), CliError> {
        self.remove(&format!("webhooks/{id}")).await
    }
}
