import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SessionInfo, TargetListing } from '../../../src/wire/api.ts';
import { filterListing, filterSessions } from './filter.ts';

const listing: TargetListing = {
  id: 'docker',
  title: 'Docker',
  address: 'unix:///var/run/docker.sock',
  workloads: [
    {
      id: 'web-1',
      name: 'web-1',
      detail: 'nginx:1.27',
      state: 'running',
      openable: true,
      keywords: ['3f2a9c', 'com.example.team=shop'],
    },
    { id: 'db', name: 'db', detail: 'postgres', state: 'exited', openable: false, keywords: [] },
  ],
};

const found = (filter: string) => filterListing(filter, listing).workloads.map(({ id }) => id);

test('a workload is found by name, detail, keyword and the name of its target', () => {
  assert.deepEqual(found(''), ['web-1', 'db']);
  assert.deepEqual(found('WEB'), ['web-1']);
  assert.deepEqual(found('nginx'), ['web-1']);
  assert.deepEqual(found('3f2'), ['web-1']);
  assert.deepEqual(found('docker'), ['web-1', 'db']);
  assert.deepEqual(found('none'), []);
});

test('all words must be found, in any order and place', () => {
  assert.deepEqual(found('shop web'), ['web-1']);
  assert.deepEqual(found('shop db'), []);
});

test('sessions that are over are not offered, and the newest comes first', () => {
  const session = (id: string, openedAt: string, phase: 'running' | 'ended'): SessionInfo => ({
    id,
    target: 'docker',
    workload: 'web-1',
    openedAt,
    viewers: 0,
    state:
      phase === 'running'
        ? { phase, command: ['sh'] }
        : { phase, exitCode: 0, reason: 'exited with 0' },
  });
  const sessions = [
    session('old', '2030-01-01T00:00:00Z', 'running'),
    session('over', '2030-01-03T00:00:00Z', 'ended'),
    session('new', '2030-01-02T00:00:00Z', 'running'),
  ];
  assert.deepEqual(
    filterSessions('', sessions).map(({ id }) => id),
    ['new', 'old'],
  );
  assert.deepEqual(filterSessions('db', sessions), []);
});
