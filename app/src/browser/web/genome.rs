//! The genome browser (igv.js), whose script is loaded when its tab is opened.

use super::ScriptError;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    /// The object that assets/js/genome.js assigns to `window.gasGenome`.
    type GenomeBrowser;

    #[wasm_bindgen(method, catch)]
    async fn show(
        this: &GenomeBrowser,
        id: &str,
        base: &str,
        settings: &str,
        locus: &str,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method)]
    fn hide(this: &GenomeBrowser);
}

/// A genome browser on the page. Dropping it removes the genome browser.
pub struct MountedGenome(GenomeBrowser);

impl Drop for MountedGenome {
    fn drop(&mut self) {
        self.0.hide();
    }
}

/// Shows a result in the element with an id.
///
/// # Errors
///
/// If the script or the result cannot be loaded.
pub async fn mount_genome(
    id: &str,
    base: &str,
    settings: &str,
    locus: &str,
) -> Result<MountedGenome, ScriptError> {
    let loaded = super::script::load(&script_path()?, "gasGenome").await?;
    let browser = MountedGenome(loaded.unchecked_into());
    browser.0.show(id, base, settings, locus).await?;
    Ok(browser)
}

/// The path of the script, from the page's metadata: its file name contains a hash of its content.
fn script_path() -> Result<String, JsValue> {
    let document = super::document().ok_or(JsValue::NULL)?;
    let meta = document.query_selector("meta[name=gas-genome]")?.ok_or(JsValue::NULL)?;
    meta.get_attribute("content").ok_or(JsValue::NULL)
}
