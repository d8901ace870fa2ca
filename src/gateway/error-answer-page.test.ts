import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { openPage, screenshot, startBrowser } from '../../test/kit/chromium.ts';
import { errorAnswer } from './error-answer.ts';
import { gatewayError } from './errors.ts';

test('the page fits a phone and a desk, in light and dark, and asks for nothing else', async (context) => {
  const asked: (string | undefined)[] = [];
  const server = createServer((request) => {
    asked.push(request.url);
    const error = gatewayError('HW_UPSTREAM_UNREACHABLE', 'refused');
    const { accept } = request.headers;
    request.socket.end(errorAnswer(error, { requestId: '0123456789abcdef', accept }).text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const browser = await startBrowser(context);
  const backgrounds: string[] = [];
  for (const [width, colorScheme] of [
    [1000, 'light'],
    [360, 'dark'],
  ] as const) {
    const page = await openPage(context, browser, { width, height: 640 });
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (!message.text().includes('502')) complaints.push(message.text());
    });
    await page.emulateMedia({ colorScheme });
    const response = await page.goto(`http://127.0.0.1:${port}/shell`);
    assert.equal(response?.status(), 502);
    assert.equal(await page.title(), '502 Bad Gateway');
    assert.ok(await page.getByText('0123456789abcdef').isVisible());
    const { wide, background } = await page.evaluate(() => ({
      wide: document.documentElement.scrollWidth,
      background: getComputedStyle(document.body).backgroundColor,
    }));
    assert.ok(wide <= width, `${wide} px wide`);
    assert.deepEqual(complaints, []);
    backgrounds.push(background);
    await screenshot(page, `error-page-${colorScheme}`);
  }
  assert.notEqual(backgrounds[0], backgrounds[1]);
  assert.deepEqual([...new Set(asked.filter((url) => url !== '/favicon.ico'))], ['/shell']);
});
