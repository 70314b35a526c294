//! The genome browser (igv.js), whose script is loaded when its tab is opened.

use super::super::data::GenomeError;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, JsValue, wasm_bindgen};

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
        onclick: &Closure<dyn FnMut(String)>,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method)]
    fn hide(this: &GenomeBrowser);
}

/// A genome browser on the page. Dropping it removes the genome browser.
pub struct MountedGenome {
    browser: GenomeBrowser,
    /// Called by the genome browser until it is removed.
    onclick: Closure<dyn FnMut(String)>,
}

impl Drop for MountedGenome {
    fn drop(&mut self) {
        self.browser.hide();
    }
}

/// Shows a result in the element with an id. `onclick` gets what the user clicks, as JSON.
///
/// # Errors
///
/// If the script or the result cannot be loaded, or does not have the contig of the locus.
pub async fn mount_genome(
    id: &str,
    base: &str,
    settings: &str,
    locus: &str,
    onclick: impl FnMut(String) + 'static,
) -> Result<MountedGenome, GenomeError> {
    let path = script_path().ok_or(GenomeError::NotLoaded)?;
    let loaded = super::script::load(&path, "gasGenome").await;
    let browser = loaded.map_err(|_| GenomeError::NotLoaded)?.unchecked_into();
    let mounted = MountedGenome { browser, onclick: Closure::new(onclick) };
    let shown = mounted.browser.show(id, base, settings, locus, &mounted.onclick).await;
    match shown.map(|missing| missing.as_string()) {
        Ok(None) => Ok(mounted),
        Ok(Some(contig)) => Err(GenomeError::NoContig(contig)),
        Err(_) => Err(GenomeError::NotLoaded),
    }
}

/// The path of the script, from the page's metadata: its file name contains a hash of its content.
fn script_path() -> Option<String> {
    let meta = super::document()?.query_selector("meta[name=gas-genome]").ok()??;
    meta.get_attribute("content")
}
