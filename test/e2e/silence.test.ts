/** A shell in which nothing happens, through proxies that cut what is silent. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { heartbeatMs } from '../../src/wire/frames.ts';
import { startHatchway } from '../kit/hatchway.ts';
import { leaveNothingBehind } from '../kit/leftovers.ts';
import { startNginx } from '../kit/nginx.ts';
import { stockProxy } from '../kit/stock-proxy.ts';
import { openTerminal } from '../kit/terminal-client.ts';

leaveNothingBehind();

/** Less than nginx's 60 s, so that the test is not as long; more than the longest silence Hatchway allows itself. */
const readTimeoutMs = heartbeatMs + 3_000;

test('a quiet shell', { concurrency: true }, async (t) => {
  const hatchway = await startHatchway(t);
  await Promise.all(
    (['websocket', 'stream'] as const).map((transport) =>
      t.test(
        `stays attached over the ${transport} while the proxy waits for a word`,
        async (inner) => {
          const upgrades = transport === 'websocket';
          const readTimeout = `${readTimeoutMs}ms`;
          const nginx = await startNginx(
            inner,
            stockProxy(hatchway.origin, { upgrades, readTimeout }),
          );
          const terminal = await openTerminal(inner, {
            origin: nginx.origin,
            cookie: await hatchway.signIn(nginx.origin),
            session: { target: 'local', workload: 'shell', command: ['cat'] },
            // A browser slows the timers of a hidden tab down, so the page's pings do not count.
            timings: { pingMs: 10 * 60_000 },
          });
          terminal.type('before\n');
          await terminal.prints('before\r\nbefore');
          // Time is what this is about: long enough for the proxy to have cut.
          await sleep(readTimeoutMs + 4_000);
          terminal.type('after\n');
          await terminal.prints('after\r\nafter');
          assert.equal(terminal.openings[transport], 1, 'it was cut and came back');
          assert.doesNotMatch(nginx.errorLog, /timed out/);
        },
      ),
    ),
  );
});
