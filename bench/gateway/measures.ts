/** What is measured of each proxy, one function a measure: the figure of one round. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Contestant } from './contestants.ts';
import { roundTrips } from './round-trips.ts';
import { downPerSecond, handshakes, idleTunnels, upPerSecond } from './tunnel-loads.ts';

/** Which upstream stands behind: one that answers HTTP from memory, or the far end of tunnels. */
export type Behind = 'answers' | 'tunnels';

export type Measure = {
  readonly name: string;
  readonly unit: string;
  readonly behind: Behind;
  /** Whether more is better. */
  readonly more: boolean;
  /** One round of so many seconds; several figures where one load gives them. */
  readonly run: (contestant: Contestant, seconds: number) => Promise<number>;
};

const idleCount = 4000;

export const measures: readonly Measure[] = [
  small(32, 'http'),
  small(512, 'http'),
  small(32, 'https'),
  {
    name: 'CPU time, small requests, 32 connections',
    unit: 'µs each',
    behind: 'answers',
    more: false,
    run: (contestant, seconds) =>
      cpuTimeEach(
        contestant,
        async () => (await wrk(contestant, 'http', '/small', 32, seconds)).requests,
      ),
  },
  {
    name: 'bodies of 1 MiB, 32 connections',
    unit: 'MiB/s',
    behind: 'answers',
    more: true,
    run: async (contestant, seconds) =>
      (await wrk(contestant, 'http', '/large', 32, seconds)).perSecond,
  },
  {
    name: 'WebSocket handshakes',
    unit: '1/s',
    behind: 'tunnels',
    more: true,
    run: async ({ port }, seconds) => (await handshakes(port, seconds)).perSecond,
  },
  {
    name: 'CPU time, WebSocket handshakes',
    unit: 'µs each',
    behind: 'tunnels',
    more: false,
    run: (contestant, seconds) =>
      cpuTimeEach(contestant, async () => (await handshakes(contestant.port, seconds)).count),
  },
  roundTrip(0.5),
  roundTrip(0.99),
  {
    name: 'WebSocket bulk, to the client',
    unit: 'MiB/s',
    behind: 'tunnels',
    more: true,
    run: async ({ port }, seconds) => (await downPerSecond(port, seconds)) / 2 ** 20,
  },
  {
    name: 'WebSocket bulk, to the upstream',
    unit: 'MiB/s',
    behind: 'tunnels',
    more: true,
    run: async ({ port }, seconds) => (await upPerSecond(port, seconds)) / 2 ** 20,
  },
];

/** Memory of a tunnel, and what is left of the speed while thousands of them are idle; once for each fresh process. */
export async function withIdleTunnels(
  contestant: Contestant,
  seconds: number,
): Promise<{
  readonly kibPerTunnel: number;
  readonly tripMicroseconds: number;
  readonly perSecond: number;
}> {
  // What the first connections cost once is not the price of a tunnel.
  for (const socket of await idleTunnels(contestant.port, 64)) socket.resetAndDestroy();
  await settled();
  const before = residentKib(contestant.pid);
  const sockets = await idleTunnels(contestant.port, idleCount);
  await settled();
  const kibPerTunnel = (residentKib(contestant.pid) - before) / idleCount;
  const trips = await roundTrips(contestant.port, seconds);
  // For compilers and pools, which does not count.
  await smallRequests(contestant, 1);
  const perSecond = await smallRequests(contestant, seconds);
  for (const socket of sockets) socket.resetAndDestroy();
  await settled();
  return { kibPerTunnel, tripMicroseconds: quantile(trips, 0.5), perSecond };
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] as number;
}

export async function smallRequests(
  contestant: Contestant,
  seconds: number,
  connections = 32,
): Promise<number> {
  return (await wrk(contestant, 'http', '/small', connections, seconds)).perSecond;
}

function small(connections: number, scheme: 'http' | 'https'): Measure {
  return {
    name: `small requests, ${connections} connections${scheme === 'https' ? ', TLS' : ''}`,
    unit: '1/s',
    behind: 'answers',
    more: true,
    run: async (contestant, seconds) =>
      (await wrk(contestant, scheme, '/small', connections, seconds)).perSecond,
  };
}

function roundTrip(q: number): Measure {
  return {
    name: `WebSocket round trip, p${q * 100}`,
    unit: 'µs',
    behind: 'tunnels',
    more: false,
    run: async ({ port }, seconds) => quantile(await roundTrips(port, seconds), q),
  };
}

async function wrk(
  { name, port, tlsPort }: Contestant,
  scheme: 'http' | 'https',
  path: string,
  connections: number,
  seconds: number,
): Promise<{ readonly perSecond: number; readonly requests: number }> {
  const at = scheme === 'https' ? tlsPort : port;
  const { stdout } = await promisify(execFile)('wrk', [
    ...['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s'],
    `${scheme}://127.0.0.1:${at}${path}`,
  ]);
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`${name}: wrk saw errors:\n${stdout}`);
  return {
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    requests: Number(/(\d+) requests in/.exec(stdout)?.[1]),
  };
}

/** CPU time in microseconds that something takes a contestant; unlike rates it hardly depends on who else is busy. */
async function cpuTimeEach({ pid }: Contestant, work: () => Promise<number>): Promise<number> {
  const before = cpuTime(pid);
  const count = await work();
  return (cpuTime(pid) - before) / count;
}

/** CPU time of a process in microseconds: utime and stime of proc_pid_stat(5), in ticks of 10 ms. */
function cpuTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

function residentKib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
}

/** Long enough for sockets to be gone, and for a collector that runs when nothing else does. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1000));
}
