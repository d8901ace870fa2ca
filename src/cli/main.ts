/**
 * The command line: reads the arguments, runs one command, ends with its exit code. Each command has a file beside this
 * one; only here is the process ended.
 */
import { resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { HatchwayError } from '../base/errors.ts';
import type { ListenAddress } from '../config/model.ts';
import { parseListenAddress } from '../config/values/listen-address.ts';
import { type CheckCommandOptions, check } from './check.ts';
import { type ImportCommandOptions, importConfig } from './import.ts';
import { ownVersion } from './own-version.ts';
import { type ExitCode, printFailure } from './print.ts';
import { schema } from './schema.ts';
import { type UpCommandOptions, up } from './up.ts';

const usageError: ExitCode = 2;

/** For a reader that has stopped to read: longer than a program that still reads pauses, and short for who waits for the end. */
const slowReaderMs = 2000;

/** Runs the command of these arguments (without `node` and the script) and returns the exit code. */
async function run(args: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const program = new Command('hatchway')
    .description('A shell in a container through a browser, whatever stands between.')
    .version(ownVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, 'hatchway: ')),
    })
    .exitOverride();
  program
    .command('up')
    .description('serve the console and the sites of the configuration')
    .option('-c, --config <file>', 'configuration (default: hatchway.yaml here, if there is one)')
    .option('--nginx <file>', 'an nginx.conf in place of hatchway.yaml; without the console')
    .option(
      '--prefix <folder>',
      "what its relative paths are relative to (default: the file's folder)",
    )
    .option(
      '--listen <address>',
      'HOST:PORT, PORT, [IPv6]:PORT or unix:/path; wins over the file; may be repeated',
      addListenAddress,
    )
    .option(
      '--data-dir <folder>',
      'where state is kept (default: $XDG_DATA_HOME/hatchway, or ~/.local/share/hatchway)',
    )
    .action(async (options: UpCommandOptions) => {
      exitCode = await up(options);
    });
  program
    .command('check')
    .description('say everything that is wrong with a configuration')
    .option('-c, --config <file>', 'configuration (default: hatchway.yaml here)')
    .option('--nginx <file>', 'an nginx.conf in place of hatchway.yaml; without the console')
    .option(
      '--prefix <folder>',
      "what its relative paths are relative to (default: the file's folder)",
    )
    .option('--json', 'the result as one JSON object, for programs')
    .action((options: CheckCommandOptions) => {
      exitCode = check(options);
    });
  program
    .command('import')
    .description('write a hatchway.yaml that does what an nginx.conf does')
    .argument('<file>', 'the nginx.conf')
    .option('-o, --output <file>', 'a file to write (default: standard output)')
    .option('--force', 'write over a file that is there already')
    .option(
      '--prefix <folder>',
      "what its relative paths are relative to (default: the file's folder)",
    )
    .action((file: string, options: ImportCommandOptions) => {
      exitCode = importConfig(file, options);
    });
  program
    .command('schema')
    .description('print the JSON Schema of hatchway.yaml, for editors')
    .action(() => {
      exitCode = schema();
    });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    // Help and version come this way, too; commander has printed what there is to say.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usageError;
    printFailure(error);
    return 1;
  }
}

function addListenAddress(text: string, before: ListenAddress[] | undefined): ListenAddress[] {
  try {
    const address = parseListenAddress(text);
    // Paths in the file are relative to the file; those of the command line to the working folder.
    const absolute =
      address.kind === 'unix' ? { ...address, path: resolve(address.path) } : address;
    return [...(before ?? []), absolute];
  } catch (error) {
    if (!(error instanceof HatchwayError)) throw error;
    throw new InvalidArgumentError(`${error.message}; ${error.remedy}`);
  }
}

/** What is still on its way to a pipe when the process exits is lost; resolves once it is taken or nobody reads it. */
function taken(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.once('error', () => resolve());
    stream.write('', () => resolve());
  });
}

const exitCode = await run(process.argv.slice(2));
const outputs = Promise.all([taken(process.stdout), taken(process.stderr)]);
await Promise.race([outputs, setTimeout(slowReaderMs, undefined, { ref: false })]);
process.exit(exitCode);
