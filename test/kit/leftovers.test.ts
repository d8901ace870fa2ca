import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { tempFolder } from './temp.ts';

/** Runs a test file whose one test consists of these statements; gives what the runner said. */
function runTestFile(t: TestContext, statements: string): Promise<string> {
  const path = join(tempFolder(t), 'some.test.ts');
  const leftovers = JSON.stringify(new URL('./leftovers.ts', import.meta.url).href);
  writeFileSync(
    path,
    `import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { leaveNothingBehind } from ${leftovers};
leaveNothingBehind();
test('does something', () => { ${statements} });
`,
  );
  // With this variable the inner runner would report to the outer one.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const args = ['--test', '--test-force-exit', path];
  const { promise, resolve } = Promise.withResolvers<string>();
  execFile(process.execPath, args, { env }, (_failed, stdout) => resolve(stdout));
  return promise;
}

const cases = [
  {
    name: 'a server that still listens fails the file',
    statements: 'createServer().listen(0);',
    says: /left over: 1 × TCPServerWrap/,
  },
  {
    name: 'a timer that still runs fails the file',
    statements: 'setInterval(() => {}, 1000);',
    says: /left over: 1 × Timeout/,
  },
  {
    name: 'a process that still runs fails the file',
    statements: "spawn('sleep', ['10'], { stdio: 'ignore' }).unref();",
    says: /left over: process \d+ \(sleep 10\)/,
  },
  {
    name: 'a file that has ended everything passes',
    statements: 'const server = createServer().listen(0); server.close();',
    says: /pass 1\n.*fail 0\n/,
  },
];

test('a test file', { concurrency: true }, async (t) => {
  await Promise.all(
    cases.map(({ name, statements, says }) =>
      t.test(name, async (inner) => {
        assert.match(await runTestFile(inner, statements), says);
      }),
    ),
  );
});
