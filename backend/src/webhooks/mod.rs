//! Messages to webhooks, as the Standard Webhooks specification says
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).

mod http;
mod message;
mod secret;
mod settings;

pub use http::HttpWebhookSender;
pub use message::{message_id, sign_message};
pub use secret::WebhookSecret;
pub use settings::WebhookSettings;
