/** What can stop the program before it serves anything. None of it is an answer to a request. */
import { errorsOf } from '../base/errors.ts';

export const cliErrors = {
  HW_DATA_FOLDER: {
    status: 500,
    summary: 'The data folder cannot be used, or others could read what is in it.',
    remedy: 'Name a folder that belongs to this user alone with --data-dir.',
  },
  HW_ALREADY_RUNNING: {
    status: 500,
    summary: 'Another Hatchway runs with this data folder.',
    remedy: 'Use that one, end it, or give this one a folder of its own with --data-dir.',
  },
  HW_PAGE_MISSING: {
    status: 500,
    summary: 'The page of the console has not been built.',
    remedy: 'Run: npm run build:page',
  },
  HW_TWO_CONFIGS: {
    status: 500,
    summary: 'The command line names what cannot be used together.',
    remedy:
      'Name one configuration: -c for a hatchway.yaml, --nginx (and --prefix) for an nginx.conf.',
  },
  HW_NO_CONFIG: {
    status: 500,
    summary: 'There is no configuration to check.',
    remedy: 'Name one with -c FILE.',
  },
  HW_OUTPUT: {
    status: 500,
    summary: 'The result cannot be written to this file.',
    remedy:
      'Name another file with -o, in a folder that this user may write to; --force writes over one that is there.',
  },
  HW_NO_FREE_PORT: {
    status: 500,
    summary: 'No port near the default one is free.',
    remedy: 'Choose one with --listen.',
  },
} as const;

export const cliError = errorsOf(cliErrors);
