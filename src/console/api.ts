/**
 * The console's HTTP surface, as `wire/api.ts` describes it. Lets a request in or not, checks its form, and hands it on;
 * what a session does is in `session.ts`.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import { HatchwayError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { apiPaths, type OpenSessionRequest, sessionPath, type TargetListing } from '../wire/api.ts';
import { wireVersion } from '../wire/frames.ts';
import type { StreamAttachments } from './attach/stream.ts';
import { endWithCredential } from './attach/viewer-connection.ts';
import { consoleError } from './errors.ts';
import { type Page, safetyHeaders } from './page.ts';
import { problemOf } from './problem.ts';
import type { Sessions } from './sessions.ts';
import type { Credential, SignIn } from './sign-in.ts';
import type { Target } from './targets/target.ts';
import { arrivedFields, maxAttemptLength, type TransportReports } from './transport-report.ts';

export type ApiOptions = {
  readonly targets: readonly Target[];
  readonly sessions: Sessions;
  readonly streams: StreamAttachments;
  readonly signIn: SignIn;
  readonly reports: TransportReports;
  readonly page: Page;
  readonly log: Log;
};

/** A JSON body is a few short strings. */
const maxJsonBytes = 64 * 1024;

/** A target that does not list its workloads within this is shown as not answering. */
const listMs = 5_000;

const size = z.int().min(1).max(1_000);
/** No zero byte: what is passed on as a name, a program or an argument ends there for some. */
const text = (maxLength: number) =>
  z
    .string()
    .max(maxLength)
    .regex(/^[^\0]*$/, 'has a zero byte');
const name = text(512).min(1);

const signInSchema = z.strictObject({ token: z.string().min(1).max(512) });

const openSchema = z.strictObject({
  target: name,
  workload: name,
  command: z
    .array(text(32 * 1024))
    .min(1)
    .max(64)
    .optional(),
  user: z
    .string()
    .min(1)
    .max(256)
    .regex(/^[^\0\s]+$/, 'has white space')
    .optional(),
  cols: size,
  rows: size,
});

const streamSchema = z.object({
  version: z.coerce.number(),
  viewer: z.string().regex(/^[0-9a-f]{32}$/),
  from: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  cols: z.coerce.number().pipe(size),
  rows: z.coerce.number().pipe(size),
});

type Env = { Bindings: HttpBindings; Variables: { credential: Credential } };

/** The app: answers every request but the WebSockets. */
export function createApi(options: ApiOptions): Hono<Env> {
  const { targets, sessions, streams, signIn, reports, page, log } = options;
  const app = new Hono<Env>();

  app.use(async (c, next) => {
    await next();
    for (const [field, value] of Object.entries(safetyHeaders)) c.res.headers.set(field, value);
    if (!c.res.headers.has('Cache-Control')) c.res.headers.set('Cache-Control', 'no-store');
  });

  app.onError((error, c) => {
    const status = error instanceof HatchwayError ? error.status : 500;
    if (status === 500)
      log.error({ error: String(error.stack) }, 'the console failed to answer a request');
    return c.json(problemOf(error), status as 400);
  });

  app.notFound(nothingHere);

  app.post(apiPaths.signIn, bodyLimit({ maxSize: maxJsonBytes, onError: tooLarge }), async (c) => {
    const { token } = await readJson(c, signInSchema);
    c.header('Set-Cookie', signIn.signIn(token, c.env.incoming.headers));
    return c.body(null, 204);
  });

  // Whatever is below here needs to be signed in.
  app.use('/api/*', async (c, next) => {
    const changing = c.req.method !== 'GET' && c.req.method !== 'HEAD';
    c.set('credential', signIn.require(c.env.incoming.headers, changing));
    await next();
  });

  app.post(apiPaths.signOut, (c) => {
    c.header('Set-Cookie', signIn.signOut(c.env.incoming.headers));
    return c.body(null, 204);
  });

  app.get(apiPaths.targets, async (c) => c.json(await Promise.all(targets.map(listingOf))));

  app.get(apiPaths.sessions, (c) => c.json(sessions.list()));

  app.post(
    apiPaths.sessions,
    bodyLimit({ maxSize: maxJsonBytes, onError: tooLarge }),
    async (c) => {
      const request = (await readJson(c, openSchema)) as OpenSessionRequest;
      const session = sessions.open(request);
      log.info(
        {
          session: session.id,
          target: request.target,
          workload: request.workload,
          user: request.user,
        },
        'a session was opened',
      );
      return c.json(session.info, 201, { Location: sessionPath(session.id) });
    },
  );

  app.get(`${apiPaths.sessions}/:id`, (c) => c.json(sessions.find(c.req.param('id')).info));

  app.delete(`${apiPaths.sessions}/:id`, async (c) => {
    await sessions.find(c.req.param('id')).end('it was ended by its viewer');
    return c.body(null, 204);
  });

  app.get(`${apiPaths.sessions}/:id/screen`, async (c) =>
    c.text(await sessions.find(c.req.param('id')).screen()),
  );

  app.get(`${apiPaths.sessions}/:id/socket`, (c) => {
    const error = consoleError(
      'HW_UPGRADE_MISSING',
      'The request for a WebSocket arrived here as an ordinary one.',
    );
    const { headers, httpVersion } = c.env.incoming;
    const attempt = c.req.query('attempt');
    if (attempt !== undefined && attempt.length <= maxAttemptLength) {
      const answer = { status: error.status, sentence: error.message };
      reports.remember(attempt, { ...arrivedFields(headers, httpVersion), answer });
    }
    return c.json(problemOf(error), 426, { Upgrade: 'websocket', Connection: 'Upgrade' });
  });

  app.get(`${apiPaths.sessions}/:id/stream`, (c) => {
    const session = sessions.find(c.req.param('id'));
    const query = parse(streamSchema, c.req.query());
    if (query.version !== wireVersion) {
      throw consoleError(
        'HW_WIRE_VERSION',
        `This server speaks version ${wireVersion} of the protocol, the page ${query.version}.`,
      );
    }
    const { outgoing } = c.env as { outgoing: ServerResponse };
    for (const [field, value] of Object.entries(safetyHeaders)) outgoing.setHeader(field, value);
    const viewer = Buffer.from(query.viewer, 'hex');
    const connection = streams.attach(session, { type: 'hello', ...query, viewer }, outgoing);
    endWithCredential(connection, c.var.credential);
    return RESPONSE_ALREADY_SENT;
  });

  app.post(`${apiPaths.sessions}/:id/input`, async (c) => {
    const session = sessions.find(c.req.param('id'));
    const { incoming } = c.env as { incoming: IncomingMessage };
    await streams.receive(session, c.req.query('viewer') ?? '', incoming);
    return c.body(null, 204);
  });

  app.get(apiPaths.transportReport, (c) =>
    c.json(reports.report(c.req.query('id') ?? '', c.req.query('server'))),
  );

  app.get('*', (c) => {
    const file = c.req.path.startsWith('/api/') ? undefined : page.fileFor(c.req.path);
    if (file === undefined) return nothingHere();
    if (c.req.header('If-None-Match') === file.headers.ETag) {
      return c.body(null, 304, { ...file.headers });
    }
    if (file.gzipped !== undefined && /\bgzip\b/.test(c.req.header('Accept-Encoding') ?? '')) {
      return c.body(file.gzipped, 200, { ...file.headers, 'Content-Encoding': 'gzip' });
    }
    return c.body(file.body, 200, { ...file.headers });
  });

  return app;
}

function nothingHere(): never {
  throw consoleError('HW_NOTHING_HERE', 'There is nothing at this address.');
}

async function listingOf(target: Target): Promise<TargetListing> {
  const { id, title, address } = target;
  try {
    const workloads = await target.list(AbortSignal.timeout(listMs));
    return { id, title, address, workloads };
  } catch (error) {
    return { id, title, address, workloads: [], problem: problemOf(error) };
  }
}

function tooLarge(): never {
  throw consoleError('HW_REQUEST_TOO_LARGE', 'The body of the request is larger than the limit.');
}

/** The body as `schema` wants it. Only JSON that says so: a form of another site cannot send that without asking. */
async function readJson<Schema extends z.ZodType>(
  c: Context<Env>,
  schema: Schema,
): Promise<z.output<Schema>> {
  if (!/^application\/json\b/i.test(c.req.header('Content-Type') ?? '')) {
    throw consoleError('HW_REQUEST_INVALID', 'The body is not application/json.');
  }
  let body: unknown;
  try {
    body = await c.req.json();
  } catch (cause) {
    if (cause instanceof HatchwayError) throw cause;
    throw consoleError('HW_REQUEST_INVALID', 'The body is not valid JSON.', { cause });
  }
  return parse(schema, body);
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) =>
    issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`,
  );
  throw consoleError('HW_REQUEST_INVALID', issues.join('; '));
}
