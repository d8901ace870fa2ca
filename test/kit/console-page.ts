/** The console's page in a real browser: what a person reads and types there. */
import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import { eventually } from './eventually.ts';

/** The page, once it was opened with a terminal in it. */
export class ConsolePage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Id of the session that the page shows, as its address or its history has it. */
  async sessionId(): Promise<string> {
    return eventually('the page has a session', () =>
      this.page.evaluate<string | undefined>('history.state?.session'),
    );
  }

  /** What the terminal shows, its lines without the blanks at their ends. */
  async terminalText(): Promise<string> {
    const rows = await this.page.locator('.xterm-rows > div').allTextContents();
    return rows
      .map((row) => row.replaceAll('\u00a0', ' ').trimEnd())
      .join('\n')
      .trimEnd();
  }

  /** Until the terminal shows a match. */
  shows(pattern: RegExp): Promise<RegExpExecArray> {
    return eventually(`a terminal with ${pattern}`, async () => {
      const text = await this.terminalText();
      const match = pattern.exec(text);
      if (match === null) throw new Error(`the terminal shows:\n${text}`);
      return match;
    });
  }

  /** Types into the terminal, as keys. */
  async types(text: string): Promise<void> {
    await this.page.locator('.xterm-helper-textarea').focus();
    await this.page.keyboard.type(text);
  }

  /** Types a line and Enter. */
  async enters(line: string): Promise<void> {
    await this.types(line);
    await this.page.keyboard.press('Enter');
  }

  /** Pastes into the terminal, as the browser does it on Ctrl-V. */
  async pastes(text: string): Promise<void> {
    await this.page.evaluate(`
      const data = new DataTransfer();
      data.setData('text/plain', ${JSON.stringify(text)});
      const paste = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
      document.querySelector('.xterm-helper-textarea').dispatchEvent(paste);
    `);
  }

  /** Until the bar says that the session is attached over this transport. */
  async isConnectedBy(transport: 'WebSocket' | 'Streaming HTTP'): Promise<void> {
    await this.page
      .locator('.connection-word', { hasText: transport })
      .waitFor({ timeout: 45_000 });
  }

  /** What the notice about the connection says; empty when there is none. */
  async notice(): Promise<string> {
    return (await this.#notice.allInnerTexts()).join('\n').trim();
  }

  async dismissNotice(): Promise<void> {
    await this.#notice.getByRole('button', { name: 'Dismiss the notice' }).click();
  }

  get #notice(): Locator {
    return this.page.getByRole('region', { name: 'Notice about the connection' });
  }

  /** Until the page says how the shell ended, or why there is none: what it says, and the ways on. */
  async outcome(): Promise<{ text: string; ways: string[] }> {
    const panel = this.page.getByRole('region', { name: 'How it ended' });
    await panel.waitFor();
    assert.equal(await this.page.locator('.spinner').count(), 0, 'something still spins');
    return {
      text: (await panel.locator('.outcome-words').allInnerTexts()).join('\n'),
      ways: await panel
        .locator('.actions')
        .getByRole('button')
        .or(panel.getByRole('link'))
        .allInnerTexts(),
    };
  }
}
