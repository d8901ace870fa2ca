import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type DeepLink, formatDeepLink, parseRoute } from './deep-link.ts';

const routeOf = (path: string) => parseRoute(new URL(path, 'http://console.example'));

test('addresses lead to the list, a shell, a session or nowhere', () => {
  assert.deepEqual(routeOf('/'), { page: 'list' });
  assert.deepEqual(routeOf('/x/docker/web-1'), {
    page: 'terminal',
    link: { target: 'docker', workload: 'web-1' },
  });
  assert.deepEqual(routeOf('/x/nomad/job/group/task?user=root&cmd=bash+-l'), {
    page: 'terminal',
    link: { target: 'nomad', workload: 'job/group/task', user: 'root', cmd: 'bash -l' },
  });
  assert.deepEqual(routeOf('/x/local/shell?cmd=&session=s-1'), {
    page: 'terminal',
    link: { target: 'local', workload: 'shell', session: 's-1' },
  });
  for (const path of ['/y', '/x', '/x/docker', '/x/docker/', '/x/docker/%ff']) {
    assert.equal(routeOf(path).page, 'unknown', path);
  }
});

test('any link that is written is read as the same link', () => {
  // A URL parser takes path parts that are dots for "here" and "up", encoded or not.
  const part = fc.string({ unit: 'grapheme', minLength: 1 }).filter((s) => !/^\.{1,2}$/.test(s));
  const name = part.filter((s) => !s.includes('/'));
  fc.assert(
    fc.property(
      fc.record(
        {
          target: name,
          workload: fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
          cmd: part,
          user: part,
          session: part,
        },
        { requiredKeys: ['target', 'workload'] },
      ),
      (link: DeepLink) => {
        assert.deepEqual(routeOf(formatDeepLink(link)), { page: 'terminal', link: { ...link } });
      },
    ),
  );
});
