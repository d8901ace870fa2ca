/** One running Hatchway: the gateway of a configuration, and the console with its targets behind it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../base/log.ts';
import { consoleServer } from '../config/compile.ts';
import type { LoadResult } from '../config/load.ts';
import type { GatewayModel, ListenAddress } from '../config/model.ts';
import type { Config } from '../config/schema.ts';
import { type Console, createConsole } from '../console/console.ts';
import { Gateway } from '../gateway/gateway.ts';
import { consoleOrigin } from './console-origin.ts';
import { cliError } from './errors.ts';
import { targetsOf } from './targets.ts';

/** The built page, in the checkout. */
const builtPage = join(import.meta.dirname, '../../web/dist');

/** How long requests and downloads under way may take when the server ends, in milliseconds, unless the configuration says. */
const defaultDrainMs = 5000;

export type ServerOptions = {
  readonly loaded: LoadResult & { readonly ok: true };
  readonly token: string;
  readonly instance: string;
  /** Folder with the built page. Default: the one of the checkout. */
  readonly pageFolder?: string;
  readonly log: Log;
};

export class Server {
  readonly gateway: Gateway;
  #addresses: readonly ListenAddress[];
  /** Where the console answers; undefined when it is off, or only on Unix sockets. */
  readonly origin: string | undefined;
  readonly #console: Console | undefined;

  private constructor(
    gateway: Gateway,
    console: Console | undefined,
    model: GatewayModel,
    addresses: readonly ListenAddress[],
  ) {
    this.gateway = gateway;
    this.#console = console;
    this.#addresses = addresses;
    this.origin = consoleOrigin(model, addresses);
  }

  /** What is listened on, a listener of the model each. */
  get addresses(): readonly ListenAddress[] {
    return this.#addresses;
  }

  /** Serves another model from now on. Rejects with what the gateway throws, and then the old one goes on. */
  async replace(model: GatewayModel): Promise<void> {
    this.#addresses = await this.gateway.replace(model);
  }

  /** Throws `HW_PAGE_MISSING`, and what the gateway throws when it cannot listen; then nothing is left running. */
  static async start(options: ServerOptions): Promise<Server> {
    const { config, model } = options.loaded;
    const console = config.console.enabled ? startConsole(config, options) : undefined;
    const gateway = new Gateway(model, {
      log: options.log,
      inProcess: console === undefined ? {} : { [consoleServer]: (end) => console.accept(end) },
    });
    try {
      return new Server(gateway, console, model, await gateway.listen());
    } catch (error) {
      await Promise.all([gateway.close({ drainMs: 0 }), console?.close()]);
      throw error;
    }
  }

  /** Ends the shells, lets requests under way end by themselves, closes everything. */
  async close(): Promise<void> {
    const { drainMs = defaultDrainMs } = this.gateway.model;
    await Promise.all([this.gateway.close({ drainMs }), this.#console?.close()]);
  }
}

function startConsole(config: Config, options: ServerOptions): Console {
  const { loaded, token, instance, pageFolder = builtPage, log } = options;
  const { baseFolder } = loaded;
  if (!existsSync(join(pageFolder, 'index.html'))) {
    throw cliError('HW_PAGE_MISSING', `there is no page in ${pageFolder}`);
  }
  return createConsole({
    targets: targetsOf(config.console.targets, { baseFolder, environment: process.env, log }),
    token,
    instance,
    ...(config.publicUrl === undefined ? {} : { publicUrl: config.publicUrl }),
    graceMs: config.console.grace,
    pageFolder,
    log,
  });
}
