/** Calls to the console's HTTP surface. Failures are `ApiError`s with a sentence and a remedy, whatever went wrong. */
import {
  apiPaths,
  type OpenSessionRequest,
  type Problem,
  type SessionInfo,
  type SignInRequest,
  sessionPath,
  type TargetListing,
} from '../../src/wire/api.ts';
import { reportSignedOut } from './sign-in-state.ts';

export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  readonly problem: Problem;

  constructor(status: number, problem: Problem, options?: ErrorOptions) {
    super(problem.message, options);
    this.status = status;
    this.problem = problem;
  }

  /** Signing in is the way on: there is no cookie, or it was given to this page under another address. */
  get wantsSignIn(): boolean {
    return this.status === 401 || this.problem.code === 'HW_ORIGIN_FOREIGN';
  }
}

export const api = {
  /** Throws ApiError 401 for a wrong token. */
  signIn: (token: string) =>
    call<void>(apiPaths.signIn, { method: 'POST', body: { token } satisfies SignInRequest }),
  signOut: () => call<void>(apiPaths.signOut, { method: 'POST' }),
  targets: (signal?: AbortSignal) => call<TargetListing[]>(apiPaths.targets, { signal }),
  sessions: (signal?: AbortSignal) => call<SessionInfo[]>(apiPaths.sessions, { signal }),
  session: (id: string, signal?: AbortSignal) => call<SessionInfo>(sessionPath(id), { signal }),
  openSession: (request: OpenSessionRequest, signal?: AbortSignal) =>
    call<SessionInfo>(apiPaths.sessions, { method: 'POST', body: request, signal }),
  endSession: (id: string) => call<void>(sessionPath(id), { method: 'DELETE' }),
};

/** The problem to show for anything that was thrown. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ApiError) return error.problem;
  return { code: '', message: String(error), remedy: 'Reload the page.' };
}

type Call = { method?: string; body?: unknown; signal?: AbortSignal | undefined };

async function call<Answer>(path: string, { method = 'GET', body, signal }: Call): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      cache: 'no-store',
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    throw new ApiError(
      0,
      {
        code: '',
        message: `Hatchway at ${window.location.host} does not answer.`,
        remedy: 'Check that it runs and that the network is up.',
      },
      { cause },
    );
  }
  if (!response.ok) {
    const error = new ApiError(response.status, await readProblem(response));
    // A wrong token is the sign-in form's own matter.
    if (error.wantsSignIn && path !== apiPaths.signIn) {
      reportSignedOut(error.status === 401 ? '' : error.message);
    }
    throw error;
  }
  return response.status === 204 ? (undefined as Answer) : ((await response.json()) as Answer);
}

async function readProblem(response: Response): Promise<Problem> {
  try {
    const problem = (await response.json()) as Partial<Problem> | null;
    if (typeof problem?.message === 'string') {
      return { code: problem.code ?? '', remedy: problem.remedy ?? '', ...problem } as Problem;
    }
  } catch {
    // Not ours: something in between answered.
  }
  const server = response.headers.get('server');
  return {
    code: '',
    message:
      `${server ?? 'Something in between'} answered ${response.status} ${response.statusText}`.trim(),
    remedy: 'The answer did not come from Hatchway: look at the proxy in front of it.',
  };
}
