/** Errors as the API and the page get them. */
import { HatchwayError } from '../base/errors.ts';
import type { Problem } from '../wire/api.ts';
import { consoleError } from './errors.ts';

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
  return problemOf(consoleError('HW_INTERNAL', 'Something went wrong inside Hatchway.'));
}
