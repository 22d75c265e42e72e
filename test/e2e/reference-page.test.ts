/** The reference of the control API, in a real browser. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openBrowser } from './support/browser.ts';

const server = inject('server');

describe('the reference page', () => {
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    browser = await openBrowser();
    page = await browser.newPage({ ignoreHTTPSErrors: true });
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(server.url)) complaints.push(`asks elsewhere: ${request.url()}`);
    });
    await page.goto(`${server.url}/docs`);
  });

  afterAll(() => browser?.close());

  it('shows every operation of the document and complains of nothing', async () => {
    const answer = await page.request.get(`${server.url}/v1/openapi.json`);
    const document = (await answer.json()) as { paths: Record<string, object> };
    const methods = ['get', 'post', 'put', 'patch', 'delete'];
    const operations = Object.values(document.paths).flatMap((path) =>
      Object.keys(path).filter((key) => methods.includes(key)),
    );
    expect(operations.length).toBeGreaterThan(50);
    expect(await page.locator('.index li').count()).toBe(operations.length);
    expect(complaints).toEqual([]);
  });

  it('prints examples that can be read: nothing lies between their text and their ground', async () => {
    const shades = await page.evaluate<readonly string[]>(
      `[...new Set([...document.querySelectorAll('pre code')].map((block) => getComputedStyle(block).backgroundColor))]`,
    );
    expect(shades).toEqual(['rgba(0, 0, 0, 0)']);
  });

  it('finds an operation by the keyboard and goes there', async () => {
    await page.keyboard.press('/');
    await page.keyboard.type('who may do');
    const found = page.locator('.index li:visible');
    expect(await found.count()).toBe(1);
    await found.locator('a').click();
    const target = new URL(page.url()).hash.slice(1);
    await page.locator(`[id="${target}"]`).waitFor({ state: 'visible' });
    expect(complaints).toEqual([]);
  });

  it('fits a telephone: nothing is wider than the window', async () => {
    await page.setViewportSize({ width: 390, height: 800 });
    const width = await page.evaluate<number>('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(390);
  });

  it('describes each problem at the address of its type', async () => {
    await page.goto(`${server.url}/docs/problems/quota-exceeded`);
    expect(await page.locator('main').innerText()).toContain('quota-exceeded');
  });
});
