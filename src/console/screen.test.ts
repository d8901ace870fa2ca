import assert from 'node:assert/strict';
import { test } from 'node:test';
import headless from '@xterm/headless';
import fc from 'fast-check';
import { maxFrameBytes } from '../wire/frames.ts';
import { Replay } from './replay.ts';
import { Screen } from './screen.ts';

type Terminal = InstanceType<typeof headless.Terminal>;

/** What xterm keeps of its modes inside, to compare with; the types of the package do not have it. */
type Insides = {
  coreService: { isCursorHidden: boolean };
  coreMouseService: { activeEncoding: string };
  buffer: { scrollTop: number; scrollBottom: number };
  _charsetService: { charset: unknown };
};

const cols = 30;
const rows = 8;

async function shown(...parts: Uint8Array[]): Promise<object> {
  const terminal: Terminal = new headless.Terminal({
    cols,
    rows,
    allowProposedApi: true,
    logLevel: 'off',
  });
  for (const part of parts) terminal.write(part);
  await new Promise<void>((resolve) => terminal.write('', resolve));
  const { active } = terminal.buffer;
  const lines = Array.from({ length: rows }, (_, row) =>
    active
      .getLine(active.baseY + row)
      ?.translateToString(true)
      .trimEnd(),
  );
  const core = (terminal as unknown as { _core: Insides })._core;
  const state = {
    type: active.type,
    lines,
    cursor: [active.cursorX, active.cursorY],
    modes: { ...terminal.modes },
    cursorHidden: core.coreService.isCursorHidden,
    mouseEncoding: core.coreMouseService.activeEncoding,
    region: [core.buffer.scrollTop, core.buffer.scrollBottom],
    lineDrawing: core._charsetService.charset !== undefined,
  };
  terminal.dispose();
  return state;
}

/** What programs print: text, characters of 2 to 4 bytes, cursor, colours, modes, scroll regions, titles. */
const printed = fc.oneof(
  fc.constantFrom('a', 'hello ', '\r\n', '\t', 'é', '漢字', '😀', '𝄞'),
  fc.constantFrom('\x1b[31m', '\x1b[0m', '\x1b[38;2;10;20;30m', '\x1b[2;5H', '\x1b[K', '\x1b[1J'),
  fc.constantFrom('\x1b[?1049h', '\x1b[?1049l', '\x1b[?25l', '\x1b[?25h', '\x1b[?2004h'),
  fc.constantFrom('\x1b[?1002h', '\x1b[?1006h', '\x1b[?1006l', '\x1b[?1h', '\x1b=', '\x1b[?7l'),
  fc.constantFrom('\x1b[2;6r', '\x1b[r', '\x1b[?6h', '\x1b[?6l', '\x1b(0qqq', '\x1b(B', '\x1b[4 q'),
  fc.constantFrom(
    '\x1b]0;a title\x07',
    '\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\',
    '\x1bP+q544e\x1b\\',
  ),
  fc.constantFrom(
    '\x1b[!p',
    '\x1bc',
    '\x1b7',
    '\x1b8',
    '\x1b[2S',
    '\x1bM',
    '\u009b32m',
    '\u009d0;t\u009c',
  ),
);

test('a screen taken anywhere, and the output from its offset on, are the whole', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(printed, { maxLength: 40 }), fc.nat(), async (pieces, place) => {
      const whole = Buffer.from(pieces.join(''));
      const cut = place % (whole.length + 1);
      const replay = new Replay(1024 * 1024, cols, rows);
      replay.append(whole.subarray(0, cut));
      const image = await replay.snapshot();
      replay.dispose();
      assert.ok(image.offset <= cut);
      assert.deepEqual(
        await shown(image.bytes, whole.subarray(image.offset)),
        await shown(whole),
        JSON.stringify({ pieces, cut, offset: image.offset }),
      );
    }),
    { numRuns: 250 },
  );
});

test('a picture of coloured cells becomes plain text rather than a frame that is too large', async () => {
  const screen = new Screen(400, 100);
  for (let row = 0; row < 100; row++) {
    const cells = Array.from({ length: 400 }, (_, col) => {
      const colour = `${row};${col % 256};${(row * col) % 256}`;
      return `\x1b[38;2;${colour};48;2;${colour}mX`;
    });
    screen.write(Buffer.from(`\x1b[${row + 1}H${cells.join('')}`));
  }
  screen.write(Buffer.from('\x1b[0m\x1b[7;9H\x1b[?2004h'));
  const { bytes } = await screen.image();
  screen.dispose();
  assert.ok(bytes.length < maxFrameBytes, `${bytes.length} bytes`);
  const restored = new Screen(400, 100);
  restored.write(bytes);
  const text = await restored.text();
  assert.equal(text, `${'X'.repeat(400)}\n`.repeat(100));
  restored.dispose();
});

test('what is not parsed yet is counted, and a resize waits for its turn', async () => {
  const screen = new Screen(20, 3);
  let least = Number.POSITIVE_INFINITY;
  screen.onParsed = () => {
    least = Math.min(least, screen.unparsedBytes);
  };
  for (let i = 0; i < 2_500; i++) screen.write(Buffer.from('0123456789'));
  assert.equal(screen.unparsedBytes, 25_000);
  screen.resize(10, 5);
  screen.write(Buffer.from('\r\nnew'));
  const { cols: width, rows: height } = await screen.image();
  assert.deepEqual([width, height], [10, 5]);
  assert.equal(least, 0);
  assert.equal(screen.unparsedBytes, 0);
  assert.match(await screen.text(), /^(?:0123456789\n)+new\n$/);
  screen.dispose();
});

test('a blank screen is no text', async () => {
  const screen = new Screen(20, 3);
  screen.write(Buffer.from('  \r\n'));
  assert.equal(await screen.text(), '');
  screen.dispose();
});
