//! The card form: Stripe's test cards (<https://docs.stripe.com/testing>) and the messages for
//! other cards.

use crate::model::new_id;
use crate::state::Card;
use jiff::civil::Date;
use serde::Deserialize;

/// The fields of the card form.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct CardForm {
    pub(crate) number: String,
    pub(crate) expiry: String,
    pub(crate) cvc: String,
}

impl CardForm {
    /// Charges the card.
    ///
    /// # Errors
    /// The message in the wording of Stripe's page.
    pub(crate) fn charge(&self, today: Date) -> Result<Card, &'static str> {
        let number: String = self.number.chars().filter(|digit| !digit.is_whitespace()).collect();
        if number.is_empty() || !passes_luhn(&number) {
            return Err("Your card number is invalid.");
        }
        let (month, year) =
            expiry(&self.expiry).ok_or("Your card's expiration date is invalid.")?;
        if (year, month) < (today.year(), today.month()) {
            return Err("Your card's expiration year is in the past.");
        }
        if self.cvc.len() != 3 || !self.cvc.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("Your card's security code is incomplete.");
        }
        let brand = match number.as_str() {
            "4242424242424242" => "visa",
            "5555555555554444" => "mastercard",
            "4000000000000002" => return Err("Your card was declined."),
            "4000000000009995" => return Err("Your card has insufficient funds."),
            // In test mode, Stripe declines real cards.
            _ => {
                return Err(
                    "Your card was declined. Your request was in test mode, but used a non test card.",
                );
            }
        };
        let last4 = number[number.len() - 4..].to_owned();
        Ok(Card {
            id: new_id("pm"),
            brand: brand.to_owned(),
            last4,
            exp_month: month,
            exp_year: year,
        })
    }
}

/// Verifies the check digit of a card number (ISO/IEC 7812-1, annex B).
fn passes_luhn(number: &str) -> bool {
    let mut sum = 0;
    for (place, digit) in number.chars().rev().enumerate() {
        let Some(digit) = digit.to_digit(10) else { return false };
        sum += match (place % 2, digit * 2) {
            (0, _) => digit,
            (_, double) if double > 9 => double - 9,
            (_, double) => double,
        };
    }
    (12..=19).contains(&number.len()) && sum % 10 == 0
}

/// Parses the month and year of `MM/YY` or `MMYY`: Stripe's page adds the slash while the user types.
fn expiry(text: &str) -> Option<(i8, i16)> {
    let (month, year) = text.split_once('/').or_else(|| text.trim().split_at_checked(2))?;
    let (month, year): (i8, i16) = (month.trim().parse().ok()?, year.trim().parse().ok()?);
    let valid = (1..=12).contains(&month) && (0..=99).contains(&year);
    valid.then_some((month, 2000 + year))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn charge(number: &str, expiry: &str, cvc: &str) -> Result<String, &'static str> {
        let form = CardForm { number: number.into(), expiry: expiry.into(), cvc: cvc.into() };
        form.charge(jiff::civil::date(2026, 11, 24))
            .map(|card| format!("{} {}", card.brand, card.last4))
    }

    #[test]
    fn test_cards_behave_as_documented_by_stripe() {
        assert_eq!(charge("4242 4242 4242 4242", "12 / 34", "123"), Ok("visa 4242".into()));
        assert_eq!(charge("5555555555554444", "11/26", "123"), Ok("mastercard 4444".into()));
        assert_eq!(charge("4242424242424242", "1234", "123"), Ok("visa 4242".into()));
        assert_eq!(charge("4000000000000002", "12/34", "123"), Err("Your card was declined."));
    }

    #[test]
    fn an_invalid_card_is_rejected_with_a_message() {
        assert_eq!(charge("4242424242424241", "12/34", "1"), Err("Your card number is invalid."));
        let past = Err("Your card's expiration year is in the past.");
        assert_eq!(charge("4242424242424242", "10/26", "123"), past);
        let incomplete = Err("Your card's security code is incomplete.");
        assert_eq!(charge("4242424242424242", "12/34", "12"), incomplete);
        assert!(charge("4242424242424242", "13/34", "123").is_err());
        assert!(charge("4242424242424242", "12", "123").is_err());
    }
}
