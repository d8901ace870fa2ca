/** The configuration that a command line names: a hatchway.yaml, or an nginx.conf in its place. */
import { loadNginx } from '../config/from-nginx/load.ts';
import { type LoadOptions, type LoadResult, loadConfig } from '../config/load.ts';
import { cliError } from './errors.ts';

export type NamedConfig = {
  readonly config?: string;
  readonly nginx?: string;
  readonly prefix?: string;
};

/** Throws `HW_TWO_CONFIGS` when both are named, or a prefix without an nginx.conf. */
export function loadNamed(named: NamedConfig, options: LoadOptions): LoadResult {
  const { config, nginx, prefix } = named;
  if (nginx === undefined) {
    if (prefix !== undefined) throw cliError('HW_TWO_CONFIGS', '--prefix is only for --nginx');
    return loadConfig(options);
  }
  if (config !== undefined) throw cliError('HW_TWO_CONFIGS', '-c and --nginx are both given');
  if (options.listen !== undefined) {
    throw cliError('HW_TWO_CONFIGS', '--listen and --nginx are both given');
  }
  const { dataFolder } = options;
  return loadNginx({ file: nginx, dataFolder, ...(prefix === undefined ? {} : { prefix }) });
}
