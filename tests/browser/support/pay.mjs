// Payments with Stripe's test cards (https://docs.stripe.com/testing).
export const CARD = '4242 4242 4242 4242';
export const DECLINED = '4000 0000 0000 0002';

/** Fills in and submits the card form of Stripe's page or frame. */
export async function fillCard(form, number) {
  await form.locator('input[name=number]').fill(number);
  await form.locator('input[name=expiry]').fill('12 / 34');
  await form.locator('input[name=cvc]').fill('123');
  await form.getByRole('button', { name: 'Subscribe' }).click();
}

/** Pays in the open upgrade dialog and waits until the plan is Premium. */
export async function payInDialog(page) {
  await page.getByRole('button', { name: 'Continue to payment' }).click();
  await fillCard(page.frameLocator('#checkout iframe'), CARD);
  await page.getByText('You are now on Premium').waitFor();
}

/** Upgrades to Premium from the header, so that the download window does not end during a test. */
export async function upgrade(page) {
  await page.locator('.account').getByRole('button', { name: 'Upgrade' }).click();
  await payInDialog(page);
  await page.keyboard.press('Escape');
}
