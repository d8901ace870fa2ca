/** What a process prints and what a person types, over lines that are cut, blocked and slow: every byte, once, in order. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { type Cutter, startCutter } from '../kit/cutter.ts';
import { startDockerd } from '../kit/dockerd.ts';
import { eventually } from '../kit/eventually.ts';
import { type Hatchway, startHatchway } from '../kit/hatchway.ts';
import { leaveNothingBehind } from '../kit/leftovers.ts';
import { startNginx } from '../kit/nginx.ts';
import { stockProxy } from '../kit/stock-proxy.ts';
import { openTerminal, type TerminalClient } from '../kit/terminal-client.ts';

leaveNothingBehind();

const transports = ['websocket', 'stream'] as const;
type Transport = (typeof transports)[number];

const lineCount = 200_000;
const cutCount = 50;
const pastedBytes = 1024 * 1024;

/** Ctrl-^, the first of the detach keys: the engine keeps it to itself until the next key comes. */
const heldByEngine = 0x1e;

/** Where a page would find the console: for `stream`, an nginx that knows no WebSockets stands before it. */
async function startLine(
  t: TestContext,
  hatchway: Hatchway,
  transport: Transport,
): Promise<Cutter> {
  if (transport === 'websocket') return startCutter(t, { port: hatchway.port });
  const nginx = await startNginx(t, stockProxy(hatchway.origin, { upgrades: false }));
  return startCutter(t, { port: nginx.port });
}

async function openOver(
  t: TestContext,
  hatchway: Hatchway,
  line: Cutter,
  command: string,
): Promise<TerminalClient> {
  return openTerminal(t, {
    origin: line.origin,
    cookie: await hatchway.signIn(line.origin),
    session: { target: 'docker', workload: 'box', command: ['sh', '-c', command] },
  });
}

/** Fails with the place of the first difference, not with megabytes. */
function assertSameBytes(actual: Buffer, expected: Buffer): void {
  if (actual.equals(expected)) return;
  let at = 0;
  while (at < actual.length && actual[at] === expected[at]) at++;
  const around = (bytes: Buffer) =>
    JSON.stringify(bytes.subarray(Math.max(0, at - 40), at + 40).toString('latin1'));
  assert.fail(
    `${actual.length} bytes, not ${expected.length}; at byte ${at} ${around(actual)}, not ${around(expected)}`,
  );
}

function assertCarriedBy(terminal: TerminalClient, transport: Transport): void {
  const other = transport === 'websocket' ? 'stream' : 'websocket';
  assert.ok(terminal.openings[transport] > 0, `never attached over ${transport}`);
  assert.equal(terminal.openings[other], 0, `attached over ${other}`);
  assert.equal(terminal.redraws, 0, 'output was replaced by a screen');
}

/** 200,000 lines down while the line is cut: each of them once, in order, and the exit code behind them. */
async function printsAllLines(t: TestContext, hatchway: Hatchway, transport: Transport) {
  const line = await startLine(t, hatchway, transport);
  const program = `BEGIN { for (i = 1; i <= ${lineCount}; i++) print i, "of ${lineCount} lines" }`;
  const command = `stty -echo; echo ready; read go; awk '${program}'; exit 7`;
  const terminal = await openOver(t, hatchway, line, command);
  await terminal.prints('ready\r\n');
  const start = terminal.byteCount;
  line.follow({ cuts: cutCount, minBytes: 200, maxBytes: 150_000 });
  terminal.type('\n');
  assert.equal(await terminal.exitCode(), 7);

  const lines = Array.from({ length: lineCount }, (_, i) => `${i + 1} of ${lineCount} lines\r\n`);
  assertSameBytes(terminal.output().subarray(start), Buffer.from(lines.join('')));
  assert.equal(line.cuts.length, cutCount);
  assertCarriedBy(terminal, transport);
}

/** 1 MiB of any bytes up while the line is cut: the process counts and hashes exactly these. */
async function takesPaste(t: TestContext, hatchway: Hatchway, transport: Transport) {
  const line = await startLine(t, hatchway, transport);
  const command = `stty raw -echo; echo ready; head -c ${pastedBytes} | md5sum`;
  const terminal = await openOver(t, hatchway, line, command);
  await terminal.prints('ready\n');
  const paste = randomBytes(pastedBytes);
  line.follow({ cuts: 10, minBytes: 200, maxBytes: 100_000 });
  terminal.type(paste);
  assert.equal(await terminal.exitCode(), 0);

  const hash = createHash('md5').update(paste).digest('hex');
  assert.equal(terminal.output().toString(), `ready\n${hash}  -\n`);
  assert.equal(line.cuts.length, 10);
  assertCarriedBy(terminal, transport);
}

/** All byte values and characters of four bytes, split at every place into two parts that cannot travel together. */
async function carriesEverySplit(t: TestContext, hatchway: Hatchway, transport: Transport) {
  const line = await startLine(t, hatchway, transport);
  const terminal = await openOver(t, hatchway, line, 'stty raw -echo; echo ready; exec cat');
  await terminal.prints('ready\n');
  const sample = Buffer.concat([
    Uint8Array.from({ length: 256 }, (_, byte) => byte),
    Buffer.from('😀𝄞𐍈'),
  ]);
  const start = terminal.byteCount;
  let typed = start;
  const typeAndAwaitEcho = async (part: Buffer) => {
    typed += part.length;
    terminal.type(Buffer.from(part));
    const held = part.at(-1) === heldByEngine ? 1 : 0;
    await terminal.until('the echo', () => terminal.byteCount >= typed - held);
  };
  for (let split = 1; split < sample.length; split++) {
    await typeAndAwaitEcho(sample.subarray(0, split));
    await typeAndAwaitEcho(sample.subarray(split));
  }
  const times = sample.length - 1;
  assertSameBytes(terminal.output().subarray(start), Buffer.concat(Array(times).fill(sample)));
  assertCarriedBy(terminal, transport);
}

/** A process ends while its viewer is cut off, with more to say than was asked for: the viewer finds all of it. */
async function keepsLastWords(t: TestContext, hatchway: Hatchway) {
  const line = await startLine(t, hatchway, 'websocket');
  const count = 36_000;
  const program = `BEGIN { for (i = 1; i <= ${count}; i++) printf "%061d\\n", i }`;
  const command = `stty -echo; echo ready; read go; awk '${program}'; exit 7`;
  const terminal = await openOver(t, hatchway, line, command);
  await terminal.prints('ready\r\n');
  const start = terminal.byteCount;
  terminal.type('\n');
  await terminal.until('the first lines', () => terminal.byteCount > start);
  line.stall();
  line.cut();
  await eventually('the process has ended', async () => {
    const info = (await hatchway.sessions()).find(({ id }) => id === terminal.sessionId);
    return info?.state.phase === 'ended';
  });
  line.resume();
  assert.equal(await terminal.exitCode(), 7);

  const lines = Array.from({ length: count }, (_, i) => `${String(i + 1).padStart(61, '0')}\r\n`);
  assertSameBytes(terminal.output().subarray(start), Buffer.from(lines.join('')));
  assertCarriedBy(terminal, 'websocket');
}

test('a session in a container', async (t) => {
  const docker = await startDockerd(t);
  await docker.importImage('box', { shells: ['sh'] });
  await docker.runContainer({ image: 'box', name: 'box' });
  const hatchway = await startHatchway(t, { dockerHost: docker.host });

  for (const transport of transports) {
    await t.test(`prints 200,000 lines over a ${transport} cut 50 times`, (inner) =>
      printsAllLines(inner, hatchway, transport),
    );
    await t.test(`takes a paste of 1 MiB over a ${transport} cut 10 times`, (inner) =>
      takesPaste(inner, hatchway, transport),
    );
    await t.test(`carries every byte split anywhere over a ${transport}, both ways`, (inner) =>
      carriesEverySplit(inner, hatchway, transport),
    );
  }

  await t.test('keeps what a process says last for a viewer who is cut off', (inner) =>
    keepsLastWords(inner, hatchway),
  );
});
