/**
 * Errors with a stable code.
 *
 * Each domain declares its codes in one catalogue (`http1/errors.ts`, `console/errors.ts`, …) and throws
 * `HatchwayError`s made from it. `docs/errors.md` is checked against the catalogues by a test. This file knows no
 * domain.
 */

/** What one code means, independent of the occasion on which it is thrown. */
export type ErrorSpec = {
  /** HTTP status that the other side of a request sees. */
  readonly status: number;
  /** One sentence for the reference page: what went wrong. */
  readonly summary: string;
  /** One sentence for the reference page: what to do next. */
  readonly remedy: string;
};

export type ErrorCatalogue = Readonly<Record<`HW_${string}`, ErrorSpec>>;

/**
 * A failure that somebody has to act on.
 *
 * `message` says what failed and which one; `remedy` says what to do next. Neither may hold a secret.
 */
export class HatchwayError extends Error {
  override readonly name = 'HatchwayError';
  readonly code: string;
  readonly status: number;
  readonly remedy: string;

  constructor(
    code: string,
    message: string,
    options: { status: number; remedy: string; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status;
    this.remedy = options.remedy;
  }
}

/**
 * Returns the function that makes errors of one catalogue.
 *
 * @example
 * export const gatewayError = errorsOf(gatewayErrors);
 * throw gatewayError('HW_UPSTREAM_TIMEOUT', 'upstream 127.0.0.1:9443 sent no response head within 60 s');
 */
export function errorsOf<Catalogue extends ErrorCatalogue>(
  catalogue: Catalogue,
): (
  code: keyof Catalogue & string,
  message: string,
  options?: { status?: number; remedy?: string; cause?: unknown },
) => HatchwayError {
  return (code, message, options = {}) => {
    const spec = catalogue[code as `HW_${string}`] as ErrorSpec;
    return new HatchwayError(code, message, {
      status: options.status ?? spec.status,
      remedy: options.remedy ?? spec.remedy,
      ...(options.cause === undefined ? {} : { cause: options.cause }),
    });
  };
}

/** The `code` of a Node system error (`ECONNREFUSED`, …) or of a HatchwayError; undefined for anything else. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
