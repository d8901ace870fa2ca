/** Regular expressions of the configuration: compiled once, refused in words. */
import { configError } from '../errors.ts';

/** Throws `HW_CONFIG_INVALID`. */
export function parseRegex(source: string, flags: '' | 'i'): RegExp {
  if (source === '') {
    throw configError('HW_CONFIG_INVALID', 'the regular expression is empty', {
      remedy: 'write it behind the ~, for example ~^shell\\d+\\.example\\.com$',
    });
  }
  try {
    return new RegExp(source, flags);
  } catch (cause) {
    // V8 says "Invalid regular expression: /(/: Unterminated group"; the last part is the reason.
    const reason = (cause as Error).message.replace(/^.*: /s, '').toLowerCase();
    throw configError('HW_CONFIG_INVALID', `\`${source}\` is not a regular expression: ${reason}`, {
      remedy: "the syntax is JavaScript's; a literal dot is \\.",
      cause,
    });
  }
}
