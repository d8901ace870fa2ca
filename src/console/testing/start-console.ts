/** A console on a port of its own, with a target whose processes do what a test says, and somebody signed in. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { silentLog } from '../../base/log.ts';
import { apiPaths, type SessionInfo } from '../../wire/api.ts';
import { type Console, createConsole } from '../console.ts';
import type { Target } from '../targets/target.ts';
import { FakeTerminal } from './fake-terminal.ts';

const token = 'the-token';

export type RunningConsole = {
  readonly console: Console;
  readonly origin: string;
  readonly cookie: string;
  /** One for each session, in the order in which they were opened. */
  readonly terminals: FakeTerminal[];
  /** A request as the signed-in page sends it; `headers` come on top. */
  request(path: string, init?: RequestInit): Promise<Response>;
  open(more?: object): Promise<SessionInfo>;
};

export async function startConsole(t: TestContext): Promise<RunningConsole> {
  const pageFolder = mkdtempSync(join(tmpdir(), 'hw-page-'));
  t.after(() => rmSync(pageFolder, { recursive: true }));
  mkdirSync(join(pageFolder, 'assets'));
  writeFileSync(join(pageFolder, 'index.html'), '<!doctype html><title>page</title>');
  writeFileSync(join(pageFolder, 'assets/app-1.js'), 'go();\n'.repeat(1000));
  writeFileSync(join(pageFolder, '.hatchway-built'), 'not for everybody');

  const terminals: FakeTerminal[] = [];
  const target: Target = {
    id: 'fake',
    title: 'Fake',
    address: 'nowhere',
    list: async () => [],
    open: async () => {
      const terminal = new FakeTerminal();
      terminals.push(terminal);
      return terminal;
    },
  };
  const down: Target = {
    ...target,
    id: 'down',
    list: () => Promise.reject(new Error('a secret inside')),
  };
  const console = createConsole({
    targets: [target, down],
    token,
    instance: 'i1',
    graceMs: 60_000,
    pageFolder,
    log: silentLog,
  });
  const server = createServer((socket) => console.accept(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  t.after(async () => {
    await console.close();
    server.close();
  });
  const origin = `http://127.0.0.1:${port}`;
  const signedIn = await fetch(origin + apiPaths.signIn, {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  assert.equal(signedIn.status, 204);
  const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const request = (path: string, init: RequestInit = {}) =>
    fetch(origin + path, { ...init, headers: { cookie, origin, ...init.headers } });
  return {
    console,
    origin,
    cookie,
    terminals,
    request,
    async open(more = {}) {
      const response = await request(apiPaths.sessions, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ target: 'fake', workload: 'w', cols: 80, rows: 24, ...more }),
      });
      assert.equal(response.status, 201);
      return (await response.json()) as SessionInfo;
    },
  };
}
