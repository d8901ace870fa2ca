/** Errors as the API and the page get them. */
import { HatchwayError } from '../base/errors.ts';
import type { Problem } from '../wire/api.ts';

/** What went wrong, for a person. */
export function problemOf(error: unknown): Problem {
  if (error instanceof HatchwayError) {
    const tried = (error as { tried?: readonly string[] }).tried;
    return {
      code: error.code,
      message: error.message,
      remedy: error.remedy,
      ...(tried === undefined ? {} : { tried: [...tried] }),
    };
  }
  return {
    code: 'HW_INTERNAL',
    message: 'Something went wrong inside Hatchway.',
    remedy: 'Look into the log of the server.',
  };
}
