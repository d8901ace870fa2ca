import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { leaveNothingBehind } from '../../test/kit/leftovers.ts';
import { tempFolder } from '../../test/kit/temp.ts';
import { silentLog } from '../base/log.ts';
import { type LoadResult, loadConfig } from '../config/load.ts';
import { Server } from './server.ts';

leaveNothingBehind();

test('without the built page it says how to build it, and starts nothing', async (t) => {
  const pageFolder = join(tempFolder(t), 'dist');
  mkdirSync(pageFolder);
  const loaded = loadConfig({ dataFolder: pageFolder }) as LoadResult & { ok: true };
  await assert.rejects(
    Server.start({ loaded, token: 't', instance: 'i', pageFolder, log: silentLog }),
    { code: 'HW_PAGE_MISSING', remedy: 'Run: npm run build:page' },
  );
});
