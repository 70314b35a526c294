//! Saves an SVG file as a PNG file.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CanvasRenderingContext2d, HtmlAnchorElement, HtmlCanvasElement, HtmlImageElement};

/// Pixels per unit of the figure, so that text is sharp in print.
const SCALE: u32 = 3;

/// Draws an SVG file of this site and downloads it as a PNG file.
pub async fn save_png(svg_url: &str, file_name: &str) {
    // Fails if the SVG file cannot be loaded any more. The link to that file reports the error.
    _ = try_save(svg_url, file_name).await;
}

async fn try_save(svg_url: &str, file_name: &str) -> Result<(), JsValue> {
    let image = HtmlImageElement::new()?;
    image.set_src(svg_url);
    JsFuture::from(image.decode()).await?;
    let document = super::document().ok_or(JsValue::NULL)?;
    let canvas: HtmlCanvasElement = document.create_element("canvas")?.unchecked_into();
    canvas.set_width(image.natural_width() * SCALE);
    canvas.set_height(image.natural_height() * SCALE);
    let context = canvas.get_context("2d")?.ok_or(JsValue::NULL)?;
    let context: CanvasRenderingContext2d = context.unchecked_into();
    let (width, height) = (f64::from(canvas.width()), f64::from(canvas.height()));
    context.draw_image_with_html_image_element_and_dw_and_dh(&image, 0.0, 0.0, width, height)?;
    let link: HtmlAnchorElement = document.create_element("a")?.unchecked_into();
    link.set_href(&canvas.to_data_url()?);
    link.set_download(file_name);
    link.click();
    Ok(())
}
