/**
 * The gateway beside nginx, HAProxy, Caddy and http-proxy-3 in one run: one process or worker each, the same upstreams, each set
 * up as its own documentation says (`gateway/contestants.ts`).
 *
 *   node bench/gateway.ts [--seconds N] [--only TEXT] [--json FILE]
 *
 * Every measure (`gateway/measures.ts`) is taken of all in turns, 3 rounds of N seconds (default 2), and the medians count: what
 * disturbs the machine disturbs all of them. Last come the figures of Hatchway alone: 10 sites against 10,000.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startNginx } from '../test/kit/nginx.ts';
import type { Scope } from '../test/kit/scope.ts';
import { tempFolder } from '../test/kit/temp.ts';
import {
  benchCertificate,
  type Contestant,
  type ContestantName,
  contestants,
  launcherFlags,
  startNode,
} from './gateway/contestants.ts';
import {
  type Behind,
  type Measure,
  measures,
  quantile,
  smallRequests,
  withIdleTunnels,
} from './gateway/measures.ts';

const rounds = 3;
const names = Object.keys(contestants) as ContestantName[];

type Row = {
  readonly name: string;
  readonly unit: string;
  readonly more: boolean;
  readonly figures: Readonly<Partial<Record<ContestantName, number>>>;
};

const endings: (() => Promise<void>)[] = [];
const scope: Scope = { after: (end) => void endings.push(end) };

const median = (values: readonly number[]) => quantile(values, 0.5);

function option(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at === -1 ? undefined : process.argv[at + 1];
}

/** An upstream that answers from memory; its limits are no part of the measurement. */
async function answersPort(): Promise<number> {
  const folder = tempFolder(scope, 'bench');
  writeFileSync(join(folder, 'large'), Buffer.alloc(2 ** 20, 0x61));
  const nginx = await startNginx(
    scope,
    ({ listen }) => `
  access_log off;
  sendfile on;
  keepalive_requests 100000000;
  open_file_cache max=10;
  server {
    listen ${listen} backlog=4096;
    location / { return 200 "hello from behind the gateway\\n"; }
    location = /large { root ${folder}; }
  }`,
  );
  return nginx.port;
}

const certificate = benchCertificate(scope);
const upstreams: Readonly<Record<Behind, () => Promise<number>>> = {
  answers: answersPort,
  tunnels: async () => (await startNode(scope, 'tunnel-upstream-process.ts', [])).port,
};

async function compare(seconds: number, only: string | undefined): Promise<Row[]> {
  const rows: Row[] = [];
  for (const behind of ['answers', 'tunnels'] as const) {
    const wanted = measures.filter(
      (measure) => measure.behind === behind && (only === undefined || measure.name.includes(only)),
    );
    if (wanted.length === 0) continue;
    const port = await upstreams[behind]();
    const all: Contestant[] = [];
    for (const name of names) all.push(await contestants[name](scope, port, certificate));
    for (const measure of wanted) {
      const figures = new Map(all.map(({ name }): [ContestantName, number[]] => [name, []]));
      // One round for compilers and pools, which does not count.
      for (const one of all) await taken(measure, one, 1);
      for (let round = 0; round < rounds; round++) {
        for (const one of all) figures.get(one.name)?.push(await taken(measure, one, seconds));
      }
      rows.push(
        rowOf(
          measure,
          Array.from(figures, ([name, values]) => [name, median(values)]),
        ),
      );
      process.stderr.write('.');
    }
    for (const one of all) await one.stop();
  }
  return rows;
}

/** One round; what fails says of whom. */
async function taken(measure: Measure, one: Contestant, seconds: number): Promise<number> {
  try {
    return await measure.run(one, seconds);
  } catch (cause) {
    throw new Error(`${measure.name} of ${one.name} cannot be taken`, { cause });
  }
}

/** Each in a fresh process, since memory that was used once is not given back. */
async function idle(seconds: number): Promise<Row[]> {
  const port = await upstreams.tunnels();
  const memory: [ContestantName, number][] = [];
  const trips: [ContestantName, number][] = [];
  const requests: [ContestantName, number][] = [];
  for (const name of names) {
    const one = await contestants[name](scope, port, certificate);
    const { kibPerTunnel, tripMicroseconds, perSecond } = await withIdleTunnels(one, seconds);
    memory.push([name, kibPerTunnel]);
    trips.push([name, tripMicroseconds]);
    requests.push([name, perSecond]);
    await one.stop();
    process.stderr.write('.');
  }
  return [
    rowOf({ name: 'memory of an idle tunnel, of 4,000', unit: 'KiB', more: false }, memory),
    rowOf({ name: 'round trip beside 4,000 idle tunnels, p50', unit: 'µs', more: false }, trips),
    rowOf({ name: 'small requests beside 4,000 idle tunnels', unit: '1/s', more: true }, requests),
  ];
}

/** Requests a second with so many sites, 10 and 10,000 in turns. */
async function sites(seconds: number): Promise<{ readonly ten: number; readonly many: number }> {
  const port = await upstreams.answers();
  const counts = { ten: 10, many: 10_000 } as const;
  const started = { ten: await hatchway(counts.ten), many: await hatchway(counts.many) };
  const figures = { ten: [] as number[], many: [] as number[] };
  for (const key of ['ten', 'many'] as const) await smallRequests(started[key], 1);
  for (let round = 0; round < rounds; round++) {
    for (const key of ['ten', 'many'] as const) {
      figures[key].push(await smallRequests(started[key], seconds));
    }
  }
  return { ten: median(figures.ten), many: median(figures.many) };

  async function hatchway(count: number): Promise<Contestant> {
    const log = join(tempFolder(scope, 'bench'), 'access.log');
    const { certPath, keyPath } = certificate;
    const args = [String(port), log, certPath, keyPath, String(count)];
    const { child, ...ports } = await startNode(
      scope,
      'hatchway-process.ts',
      args,
      launcherFlags(),
    );
    return { name: 'hatchway', ...ports, pid: child.pid, stop: () => child.stop() };
  }
}

function rowOf(
  { name, unit, more }: Omit<Row, 'figures'>,
  figures: readonly (readonly [ContestantName, number])[],
): Row {
  const rounded = figures.map(([of, value]) => [of, Number(value.toPrecision(4))]);
  return { name, unit, more, figures: Object.fromEntries(rounded) };
}

/** Hatchway's figure to another's. */
function ratio({ figures }: Row, name: ContestantName): number {
  return (figures.hatchway ?? Number.NaN) / (figures[name] ?? Number.NaN);
}

function print(rows: readonly Row[]): void {
  const others = names.filter((name) => name !== 'hatchway');
  const head = ['', 'unit', 'hatchway', ...others].map((title, i) =>
    i === 0 ? title.padEnd(44) : title.padStart(i === 1 ? 12 : 18),
  );
  console.log(head.join(''));
  for (const row of rows) {
    const own = (row.figures.hatchway ?? Number.NaN).toLocaleString('en');
    const cells = others.map((name) => {
      const figure = row.figures[name]?.toLocaleString('en') ?? '';
      return `${figure} (${ratio(row, name).toFixed(2)}×)`.padStart(18);
    });
    console.log(row.name.padEnd(44) + row.unit.padStart(12) + own.padStart(18) + cells.join(''));
  }
}

const seconds = Number(option('--seconds') ?? 2);
if (!Number.isInteger(seconds) || seconds < 1) {
  throw new Error('--seconds takes a whole number from 1');
}
const only = option('--only');

try {
  const rows = await compare(seconds, only);
  if (only === undefined) rows.push(...(await idle(seconds)));
  process.stderr.write('\n');
  console.log(
    `Node ${process.version}, median of ${rounds} rounds of ${seconds} s; in brackets Hatchway's figure to the other's`,
  );
  print(rows);
  const bySites = only === undefined ? await sites(seconds) : undefined;
  if (bySites !== undefined) {
    const { ten, many } = bySites;
    console.log(
      `\nHatchway with 10 sites ${Math.round(ten).toLocaleString('en')} requests/s, with 10,000 ${Math.round(many).toLocaleString('en')} (${(many / ten).toFixed(2)}×)`,
    );
  }
  const file = option('--json');
  if (file !== undefined) {
    const facts = { node: process.version, rounds, seconds, rows, sites: bySites };
    writeFileSync(file, `${JSON.stringify(facts, null, 2)}\n`);
  }
} finally {
  for (const end of endings.reverse()) await end();
}
