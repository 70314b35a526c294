//! The Premium subscription that GAS offers.

/// The properties of a subscription that gives Premium.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Stripe's id of the Premium price.
    pub price_id: String,
    /// Whether the subscription must be of Stripe's live mode.
    pub livemode: bool,
}
