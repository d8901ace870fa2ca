/**
 * The gateway against nginx, side by side in one run: one process and one worker, the same upstreams, the same fields
 * and access log, and nginx set up as its own documentation says (keep-alive upstream, HTTP/1.1, buffered log).
 *
 *   node bench/gateway.ts [--json] [--seconds N]
 *
 * Small requests: wrk, one thread, 32 keep-alive connections; the upstream is another nginx that answers from memory.
 * Besides requests a second, CPU time a request is counted, because with few cores a proxy shares its own with those
 * that load it. WebSocket: one byte there and back through a `ws` server, one at a time; p50 and p99, and the same
 * without a proxy. Rounds of N seconds (default 2) alternate; medians count.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startChild } from '../test/kit/child.ts';
import { startNginx } from '../test/kit/nginx.ts';
import type { Scope } from '../test/kit/scope.ts';
import { tempFolder } from '../test/kit/temp.ts';
import { roundTrips } from './gateway/round-trips.ts';

const rounds = 3;
const connections = 32;
const here = import.meta.dirname;

/** A program that is measured: where it listens, and whose CPU time counts. */
type Contestant = { readonly name: string; readonly port: number; readonly pid: number };

const endings: (() => Promise<void>)[] = [];
const scope: Scope = { after: (end) => void endings.push(end) };

async function startNode(file: string, ...args: string[]): Promise<{ port: number; pid: number }> {
  const child = startChild(scope, process.execPath, [join(here, 'gateway', file), ...args]);
  const [, port] = await child.said(/listening on (\d+)/);
  return { port: Number(port), pid: child.pid };
}

/** An upstream that answers from memory; its limits are no part of the measurement. */
function smallAnswers() {
  return startNginx(
    scope,
    ({ listen }) => `
  access_log off;
  keepalive_requests 100000000;
  server { listen ${listen}; location / { return 200 "hello from behind the gateway\\n"; } }`,
  );
}

async function nginxBefore(upstreamPort: number): Promise<Contestant> {
  const folder = tempFolder(scope, 'bench');
  const nginx = await startNginx(
    scope,
    ({ listen }) => `
  access_log ${folder}/access.log combined buffer=64k flush=1s;
  keepalive_requests 100000000;
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  upstream behind { server 127.0.0.1:${upstreamPort}; keepalive 64; keepalive_requests 100000000; }
  server {
    listen ${listen};
    location / {
      proxy_pass http://behind;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
    }
  }`,
  );
  const worker = /start worker process (\d+)/.exec(nginx.errorLog)?.[1];
  return { name: 'nginx', port: nginx.port, pid: Number(worker) };
}

async function hatchwayBefore(upstreamPort: number): Promise<Contestant> {
  const log = join(tempFolder(scope, 'bench'), 'access.log');
  return {
    name: 'hatchway',
    ...(await startNode('hatchway-process.ts', String(upstreamPort), log)),
  };
}

/** CPU time of a process in microseconds: utime and stime of proc_pid_stat(5), in ticks of 10 ms. */
function cpuTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

type Load = { readonly perSecond: number; readonly cpuMicroseconds: number };

async function load({ port, pid }: Contestant, seconds: number): Promise<Load> {
  const before = cpuTime(pid);
  const { stdout } = await promisify(execFile)('wrk', [
    ...['-t1', `-c${connections}`, `-d${seconds}s`, `http://127.0.0.1:${port}/`],
  ]);
  const used = cpuTime(pid) - before;
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`wrk saw errors:\n${stdout}`);
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
  return { perSecond, cpuMicroseconds: used / requests };
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] as number;
}

const median = (values: readonly number[]) => quantile(values, 0.5);

type Row = {
  readonly case: string;
  readonly unit: string;
  readonly nginx: number;
  readonly hatchway: number;
  /** Without any proxy, where that says something. */
  readonly direct?: number;
  /** Of `hatchway` to `nginx`. */
  readonly ratio: number;
};

function row(
  name: string,
  unit: string,
  [nginx, hatchway]: [number, number],
  direct?: number,
): Row {
  const ratio = Math.round((hatchway / nginx) * 100) / 100;
  const two = (value: number) => Math.round(value * 100) / 100;
  const common = { case: name, unit, nginx: two(nginx), hatchway: two(hatchway), ratio };
  return direct === undefined ? common : { ...common, direct: two(direct) };
}

async function smallRequests(seconds: number): Promise<Row[]> {
  const upstream = await smallAnswers();
  const contestants = [await nginxBefore(upstream.port), await hatchwayBefore(upstream.port)];
  const loads = contestants.map((): Load[] => []);
  // One round for the compiler and the pools, which does not count.
  for (const contestant of contestants) await load(contestant, 1);
  for (let round = 0; round < rounds; round++) {
    for (const [i, contestant] of contestants.entries()) {
      loads[i]?.push(await load(contestant, seconds));
    }
  }
  const both = (of: (one: Load) => number) =>
    loads.map((each) => median(each.map(of))) as [number, number];
  const name = `small requests, ${connections} connections`;
  return [
    row(
      name,
      'requests/s',
      both(({ perSecond }) => perSecond),
    ),
    row(
      '  CPU time of the proxy',
      'µs/request',
      both(({ cpuMicroseconds }) => cpuMicroseconds),
    ),
  ];
}

async function keystrokes(seconds: number): Promise<Row[]> {
  const echo = await startNode('echo-process.ts');
  const contestants = [
    await nginxBefore(echo.port),
    await hatchwayBefore(echo.port),
    { name: 'direct', ...echo },
  ];
  const trips = contestants.map((): number[][] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, { port }] of contestants.entries()) {
      trips[i]?.push(await roundTrips(port, seconds));
    }
  }
  const at = (q: number) =>
    trips.map((each) => median(each.map((times) => quantile(times, q)))) as [
      number,
      number,
      number,
    ];
  const [p50, p99] = [at(0.5), at(0.99)];
  return [
    row('WebSocket round trip, p50', 'µs', [p50[0], p50[1]], p50[2]),
    row('WebSocket round trip, p99', 'µs', [p99[0], p99[1]], p99[2]),
  ];
}

const secondsAt = process.argv.indexOf('--seconds');
const seconds = secondsAt === -1 ? 2 : Number(process.argv[secondsAt + 1]);
if (!Number.isInteger(seconds) || seconds < 1)
  throw new Error('--seconds takes a whole number from 1');

try {
  const rows = [...(await smallRequests(seconds)), ...(await keystrokes(seconds))];
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify({ bench: 'gateway', node: process.version, rounds, seconds, rows }));
  } else {
    console.log(
      `Gateway and nginx, Node ${process.version}, median of ${rounds} rounds of ${seconds} s`,
    );
    const column = (value: number | undefined) =>
      (value?.toLocaleString('en', { maximumFractionDigits: 1 }) ?? '').padStart(11);
    console.log(
      `${''.padEnd(46)}${'nginx'.padStart(11)}${'hatchway'.padStart(11)}  ratio${'direct'.padStart(11)}`,
    );
    for (const { case: name, unit, nginx, hatchway, direct, ratio } of rows) {
      const label = `${name.padEnd(35)}${unit.padStart(11)}`;
      console.log(
        `${label}${column(nginx)}${column(hatchway)}  ${ratio.toFixed(2)}×${column(direct)}`,
      );
    }
  }
} finally {
  for (const end of endings.reverse()) await end();
}
