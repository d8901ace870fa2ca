/** What can be wrong with a configuration, as codes. Where in which file it is, `problem.ts` knows. */
import { errorsOf } from '../base/errors.ts';

export const configErrors = {
  HW_CONFIG_INVALID: {
    status: 500,
    summary: 'A value of the configuration or of the command line cannot be used.',
    remedy: 'Correct the value; docs/configuration.md has every key with its values.',
  },
} as const;

/** Thrown by the parsers of single values; `remedy` is the hint under the problem. */
export const configError = errorsOf(configErrors);
