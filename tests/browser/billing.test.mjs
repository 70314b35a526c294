// Upgrading in the dialog and on Stripe's page, declined cards, and canceling a subscription.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { live, openBrowser, sample, signIn, stack } from './support/stack.mjs';
import { CARD, DECLINED, fillCard, payInDialog } from './support/pay.mjs';

const badge = (page, plan) => page.locator('.account .plan', { hasText: plan });

async function open(user, path) {
  const browser = await openBrowser();
  await signIn(browser.page, user);
  await browser.page.goto(`${stack.web_url}${path}`);
  await live(browser.page);
  return browser;
}

test('a file over the limit waits on the page and is uploaded after the upgrade', async () => {
  const { page, problems, close } = await open('ada-too-large', '/annotate');
  try {
    const loads = [];
    page.on('load', () => loads.push(page.url()));
    await page.locator('#vcf-file').setInputFiles(sample('premium.vcf').path);
    await page.getByText('Upgrade and it uploads automatically').waitFor();
    await page.getByRole('main').getByRole('button', { name: 'Upgrade to Premium' }).click();
    await page.getByRole('dialog').getByText('a month').waitFor();
    await payInDialog(page);
    await page.locator('[data-status=COMPLETED]').waitFor();
    await page.getByText('premium.vcf').first().waitFor();
    await badge(page, 'Premium').waitFor();
    assert.equal(await page.locator('.countdown').count(), 0, 'Premium has no deadline');
    assert.deepEqual(loads, [], 'nothing was reloaded');
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('a declined card shows an error and does not change the plan', async () => {
  const { page, close } = await open('ada-declined', '/billing');
  try {
    await page.getByRole('main').getByRole('button', { name: 'Upgrade to Premium' }).click();
    await page.getByRole('button', { name: 'Continue to payment' }).click();
    const form = page.frameLocator('#checkout iframe');
    await fillCard(form, DECLINED);
    await form.getByText('Your card was declined.').waitFor();
    await page.keyboard.press('Escape');
    await page.reload();
    await live(page);
    await page.locator('[data-plan=Free]').waitFor();
    await badge(page, 'Free').waitFor();
  } finally {
    await close();
  }
});

test('the dialog closes on Esc and restores the focus', async () => {
  const { page, problems, close } = await open('ada-dialog', '/billing');
  try {
    const opener = page.locator('.account').getByRole('button', { name: 'Upgrade' });
    await opener.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Upgrade to Premium' });
    await dialog.waitFor();
    assert.ok(await dialog.evaluate((element) => element.contains(document.activeElement)));
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    assert.ok(await opener.evaluate((element) => element === document.activeElement));
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test("if Stripe.js is blocked, the user can pay on Stripe's page", async () => {
  const { page, close } = await open('ada-blocked', '/billing');
  try {
    await page.route('**/stripe.js', (route) => route.abort());
    await page.getByRole('main').getByRole('button', { name: 'Upgrade to Premium' }).click();
    await page.getByRole('button', { name: 'Continue to payment' }).click();
    await page.getByText('The payment form could not be loaded').waitFor();
    await page.getByRole('button', { name: "Pay on Stripe's page" }).click();
    await page.getByRole('heading', { name: 'Subscribe to GAS Premium' }).waitFor();
    await fillCard(page, CARD);
    await page.waitForURL('**/billing/return?session_id=*');
    await page.getByText('You are now on Premium').first().waitFor();
    await badge(page, 'Premium').waitFor();
  } finally {
    await close();
  }
});

test('the return page does not grant Premium', async () => {
  const { page, close } = await open('ada-return', '/billing/return?session_id=cs_test_forged');
  try {
    await page.getByRole('alert').waitFor();
    await badge(page, 'Free').waitFor();
    assert.equal(await page.getByText('You are now on Premium').count(), 0);
  } finally {
    await close();
  }
});

test('a subscription is cancelled at the end of its period and resumed', async () => {
  const { page, problems, close } = await open('ada-cancels-plan', '/billing');
  try {
    await page.getByRole('main').getByRole('button', { name: 'Upgrade to Premium' }).click();
    await payInDialog(page);
    await page.getByText('Next charge').waitFor();
    await page.getByText('visa ending in 4242').waitFor();
    await page.getByText(/On Free, the uploaded file is deleted 14 days after/).waitFor();
    await page.getByRole('table').getByText('Paid').waitFor();

    await page.getByRole('button', { name: 'Cancel subscription' }).click();
    const dialog = page.getByRole('dialog', { name: 'Cancel your subscription?' });
    await dialog.getByText(/can be downloaded for another .+, then they are archived/).waitFor();
    await dialog.getByRole('button', { name: 'Cancel at the end of the period' }).click();
    await page.getByText('Your subscription is cancelled. Premium lasts until').waitFor();
    await page.locator('[data-plan=Premium]').waitFor();
    // The button that opened the dialog no longer exists.
    await page.waitForFunction(() => document.activeElement.id === 'content');

    await page.getByRole('button', { name: 'Resume subscription' }).click();
    await page.getByText('Next charge').waitFor();
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});
