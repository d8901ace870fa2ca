/** A program that is run to its end, with what it said. Knows no particular program. */
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { atEnd, type Scope } from './scope.ts';

export type Ran = { exitCode: number | null; stdout: Buffer; stderr: string };

export type RunOptions = {
  /** All of its standard input. Default: none. */
  input?: string | Uint8Array;
  /** Told of every piece of standard output as it comes. */
  onOutput?: ((text: string) => void) | undefined;
  /** Default: that of this process. */
  env?: NodeJS.ProcessEnv;
};

/** Resolves when the program has ended; it ends with the scope at the latest. */
export function run(
  scope: Scope,
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ran> {
  const child = spawn(command, args, { env: options.env ?? process.env });
  atEnd(scope, () => {
    child.kill('SIGKILL');
  });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const { onOutput } = options;
  if (onOutput !== undefined) child.stdout.on('data', (piece: Buffer) => onOutput(String(piece)));
  // A program that is refused something ends before it has read everything.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  const { promise, resolve, reject } = Promise.withResolvers<Ran>();
  child.on('error', reject);
  child.on('close', (exitCode) =>
    resolve({
      exitCode,
      stdout: Buffer.concat(stdout),
      stderr: Buffer.concat(stderr).toString(),
    }),
  );
  return promise;
}

function collect(stream: Readable): Buffer[] {
  const pieces: Buffer[] = [];
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  return pieces;
}
