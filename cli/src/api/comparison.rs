//! Requests that compare the results of two jobs.

use super::Api;
use crate::dto::ComparedResults;
use crate::error::CliError;
use crate::output::WithJson;
use gas_shared::comparison::DifferenceKind;
use reqwest::{Method, RequestBuilder, Response};
use uuid::Uuid;

impl Api {
    /// Compares two results: the counts, and the first differences of a kind or of all.
    pub async fn compare(
        &self,
        first: Uuid,
        second: Uuid,
        kind: Option<DifferenceKind>,
    ) -> Result<WithJson<ComparedResults>, CliError> {
        self.read(self.comparison(&format!("jobs/{first}/comparison"), second, kind)).await
    }

    /// Starts the download of the differences of two results, those of a kind or all.
    pub async fn differences(
        &self,
        first: Uuid,
        second: Uuid,
        kind: Option<DifferenceKind>,
    ) -> Result<Response, CliError> {
        let path = format!("jobs/{first}/comparison/differences");
        self.send(self.comparison(&path, second, kind)).await
    }

    fn comparison(&self, path: &str, second: Uuid, kind: Option<DifferenceKind>) -> RequestBuilder {
        let request = self.request(Method::GET, path).query(&[("other", second)]);
        match kind {
            Some(kind) => request.query(&[("kind", kind.as_str())]),
            None => request,
        }
    }
}
