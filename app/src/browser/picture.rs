//! An SVG file as pixels.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CanvasRenderingContext2d, HtmlAnchorElement, HtmlCanvasElement, HtmlImageElement};

/// Pixels for a unit of the figure, so that text is sharp in print.
const SCALE: u32 = 3;

/// Draws an SVG file of this site and has it saved as PNG.
pub async fn save_png(svg: &str, file_name: &str) {
    // Fails where the file cannot be had any more, which its own link tells.
    _ = try_save(svg, file_name).await;
}

async fn try_save(svg: &str, file_name: &str) -> Result<(), JsValue> {
    let image = HtmlImageElement::new()?;
    image.set_src(svg);
    JsFuture::from(image.decode()).await?;
    let document = super::window().and_then(|window| window.document()).ok_or(JsValue::NULL)?;
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
