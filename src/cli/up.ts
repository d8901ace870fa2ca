/** `hatchway up`: serves until it is told to end. */
import { randomBytes } from 'node:crypto';
import { createLog, type Log } from '../base/log.ts';
import type { LoadOptions, LoadResult } from '../config/load.ts';
import type { ListenAddress } from '../config/model.ts';
import type { Config } from '../config/schema.ts';
import { formatListenAddress } from '../config/values/listen-address.ts';
import { warningsOf } from '../config/warnings.ts';
import type { AdminServer } from '../gateway/admin/admin-server.ts';
import { defaultDataFolder, instanceIdOf, openDataFolder } from './data-folder.ts';
import { startOnFreePort } from './listen.ts';
import { loadNamed } from './load-named.ts';
import { ownVersion } from './own-version.ts';
import { type ExitCode, printFindings } from './print.ts';
import { readableDestination } from './readable-log.ts';
import { Reloader } from './reload.ts';
import { RunningView } from './running-view.ts';
import { Server } from './server.ts';
import { ServerFile } from './server-file.ts';

export type UpCommandOptions = {
  readonly config?: string;
  /** An nginx.conf in its place. */
  readonly nginx?: string;
  /** Of that one. */
  readonly prefix?: string;
  readonly listen?: readonly ListenAddress[];
  readonly dataDir?: string;
};

type Loaded = LoadResult & { readonly ok: true };

/** 256 bits: nobody guesses it, however often they try. */
const tokenBytes = 32;

/** Resolves with the exit code when the server has ended. Throws HatchwayError when it cannot start. */
export async function up(options: UpCommandOptions): Promise<ExitCode> {
  const ended = endRequested();
  const loadOptions = {
    dataFolder: options.dataDir ?? defaultDataFolder(process.env),
    ...(options.config === undefined ? {} : { file: options.config }),
    ...(options.listen === undefined ? {} : { listen: options.listen }),
  };
  const loaded = loadNamed(options, loadOptions);
  if (!loaded.ok) {
    printFindings(loaded.problems, loaded.warnings);
    return 1;
  }
  const dataFolder = openDataFolder(loadOptions.dataFolder);
  const serverFile = new ServerFile(dataFolder);
  serverFile.refuseSecond();

  const log = logOfProcess();
  const token = randomBytes(tokenBytes).toString('base64url');
  const instance = instanceIdOf(dataFolder);
  const server = await startOnFreePort(loaded, loadOptions, (found) =>
    Server.start({ loaded: found, token, instance, log }),
  );
  for (const { message, ...place } of loaded.warnings) log.warn(place, message);
  for (const warning of warningsOf(loaded.model)) log.warn({}, warning);
  try {
    const { origin } = server;
    const remove = serverFile.write({
      instance,
      ...(loaded.config.console.enabled ? { token } : {}),
      ...(origin === undefined ? {} : { origin }),
    });
    // Also when the process ends in a way that nobody planned.
    process.once('exit', remove);
    log.info(
      { config: loaded.file ?? 'built-in defaults', dataFolder, listening: addressesOf(server) },
      'serving',
    );
    const reloader = new Reloader({
      server,
      loaded,
      load: () => loadNamed(options, { ...loadOptions, ...listenOf(server, loaded) }),
      log,
    });
    const onHangup = () => {
      server.gateway.reopenLogs();
      void reloader.reload('SIGHUP');
    };
    const onRotated = () => server.gateway.reopenLogs();
    process.on('SIGHUP', onHangup).on('SIGUSR1', onRotated);
    const admin = await startAdmin(server, loaded, reloader, log);
    process.stdout.write(readyLine(server, loaded.config, token, serverFile.path));
    const signal = await ended;
    log.info({ signal }, 'ending; a second signal ends at once');
    process.off('SIGHUP', onHangup).off('SIGUSR1', onRotated);
    await reloader.close();
    // While requests end, the admin listener says that no others should be sent here.
    await server.close();
    await admin?.close();
  } finally {
    await server.close();
  }
  return 0;
}

/** A port that was found at the start is kept: nobody chose another one. */
function listenOf(server: Server, loaded: Loaded): Pick<LoadOptions, 'listen'> {
  const [address] = server.addresses;
  return loaded.listenIsDefault && address !== undefined ? { listen: [address] } : {};
}

/** Undefined when the configuration has none. Throws `HW_LISTEN_…`. */
async function startAdmin(
  server: Server,
  { model, file }: Loaded,
  reloader: Reloader,
  log: Log,
): Promise<AdminServer | undefined> {
  if (model.admin === undefined) return undefined;
  // Metrics are a library that a start without them does not wait for.
  const { AdminServer } = await import('../gateway/admin/admin-server.ts');
  const view = new RunningView(server.gateway, {
    version: ownVersion(),
    configPath: file,
    addresses: () => server.addresses,
    lastReload: () => reloader.last,
  });
  const admin = new AdminServer(view, { ...model.admin, log });
  const address = await admin.listen();
  log.info({ admin: formatListenAddress(address) }, 'metrics, health and status are served');
  return admin;
}

/** The one place where the token is printed, and only with a URL that takes it. */
function readyLine(server: Server, config: Config, token: string, serverFile: string): string {
  const { enabled } = config.console;
  const url = config.publicUrl ?? server.origin;
  if (enabled && url !== undefined) return `Hatchway is ready: ${url}/?token=${token}\n`;
  const hint = enabled ? `; the token is in ${serverFile}` : '';
  return `Hatchway is ready: listening on ${addressesOf(server).join(', ')}${hint}\n`;
}

function addressesOf(server: Server): string[] {
  return server.addresses.map(formatListenAddress);
}

/** Resolves with the first signal to end; the second one ends the process where it stands. */
function endRequested(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false;
    const end = (signal: NodeJS.Signals) => {
      if (asked) process.exit(0);
      asked = true;
      resolve(signal);
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end);
  });
}

/** JSON on standard error, or lines for a person when it is a terminal. */
function logOfProcess(): Log {
  if (!process.stderr.isTTY) return createLog();
  return createLog({
    destination: readableDestination((line) => process.stderr.write(line)),
  });
}
