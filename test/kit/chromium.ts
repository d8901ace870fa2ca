/** Debian's Chromium, without a window, driven by playwright-core. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { atEnd, type Scope } from './scope.ts';

/** A browser that asks nobody on the network for anything of its own accord. */
export async function startBrowser(scope: Scope): Promise<Browser> {
  const isRoot = process.getuid?.() === 0;
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    // Chromium refuses to run its sandbox as root.
    chromiumSandbox: !isRoot,
    args: [
      ...['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
      ...['--disable-component-update', '--disable-sync'],
    ],
  });
  atEnd(scope, () => browser.close());
  return browser;
}

export type OpenPageOptions = {
  width?: number;
  height?: number;
};

/** A page with cookies and storage of its own that accepts any certificate. */
export async function openPage(
  scope: Scope,
  browser: Browser,
  options: OpenPageOptions = {},
): Promise<Page> {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    viewport: { width: options.width ?? 1000, height: options.height ?? 700 },
  });
  atEnd(scope, () => context.close());
  return context.newPage();
}

/** Writes `<name>.png` into the folder that HATCHWAY_SCREENSHOTS names, and does nothing when it names none. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = process.env.HATCHWAY_SCREENSHOTS;
  if (folder === undefined || folder === '') return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
