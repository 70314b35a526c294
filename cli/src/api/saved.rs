//! Requests about saved filters and gene panels.

use super::Api;
use crate::dto::{GenePanel, SavedFilter};
use crate::error::CliError;
use crate::output::WithJson;
use gas_shared::saved::{NewGenePanel, NewSavedFilter};
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

impl Api {
    /// Returns the user's saved filters, by name.
    pub async fn saved_filters(&self) -> Result<Vec<WithJson<SavedFilter>>, CliError> {
        self.read(self.request(Method::GET, "saved-filters")).await
    }

    /// Saves a filter, in place of one of the same name.
    pub async fn save_filter(&self, new: &NewSavedFilter) -> Result<(), CliError> {
        self.send(self.request(Method::POST, "saved-filters").json(new)).await.map(drop)
    }

    /// Renames a saved filter.
    pub async fn rename_saved_filter(&self, id: Uuid, name: &str) -> Result<(), CliError> {
        self.rename(&format!("saved-filters/{id}"), name).await
    }

    /// Deletes a saved filter.
    pub async fn delete_saved_filter(&self, id: Uuid) -> Result<(), CliError> {
        self.remove(&format!("saved-filters/{id}")).await
    }

    /// Returns the user's gene panels, by name.
    pub async fn gene_panels(&self) -> Result<Vec<WithJson<GenePanel>>, CliError> {
        self.read(self.request(Method::GET, "gene-panels")).await
    }

    /// Saves a gene panel, in place of one of the same name.
    pub async fn save_gene_panel(&self, new: &NewGenePanel) -> Result<(), CliError> {
        self.send(self.request(Method::POST, "gene-panels").json(new)).await.map(drop)
    }

    /// Renames a gene panel.
    pub async fn rename_gene_panel(&self, id: Uuid, name: &str) -> Result<(), CliError> {
        self.rename(&format!("gene-panels/{id}"), name).await
    }

    /// Deletes a gene panel.
    pub async fn delete_gene_panel(&self, id: Uuid) -> Result<(), CliError> {
        self.remove(&format!("gene-panels/{id}")).await
    }

    async fn rename(&self, path: &str, name: &str) -> Result<(), CliError> {
        let request = self.request(Method::PATCH, path).json(&json!({ "name": name }));
        self.send(request).await.map(drop)
    }
}
