/** The failures of the console: sessions, targets, signing in. */
import { errorsOf } from '../base/errors.ts';

export const consoleErrors = {
  HW_TARGET_UNKNOWN: {
    status: 404,
    summary: 'There is no target of that name.',
    remedy: 'Choose one of the targets that the page lists.',
  },
  HW_TARGET_UNREACHABLE: {
    status: 503,
    summary: 'The place where the process would run does not answer.',
    remedy: 'Start it, or correct its address in hatchway.yaml, then try again.',
  },
  HW_WORKLOAD_UNKNOWN: {
    status: 404,
    summary: 'The target has no workload of that name.',
    remedy: 'Look at the list: it may have been renamed or removed.',
  },
  HW_WORKLOAD_NOT_RUNNING: {
    status: 409,
    summary: 'The workload is not running, so no process can be started in it.',
    remedy: 'Start it, then try again.',
  },
  HW_USER_UNKNOWN: {
    status: 400,
    summary: 'The workload has no such user.',
    remedy: 'Leave the user out for the default one, or give a numeric id.',
  },
  HW_COMMAND_NOT_FOUND: {
    status: 400,
    summary: 'The command could not be started.',
    remedy: 'Check its spelling, or leave it out for a shell.',
  },
  HW_NO_SHELL: {
    status: 409,
    summary: 'The workload has none of the shells that were tried.',
    remedy: 'Give the path of a program that the image has.',
  },
  HW_SESSION_UNKNOWN: {
    status: 404,
    summary: 'There is no such session: it ended some time ago, or never was.',
    remedy: 'Open a new one.',
  },
  HW_SESSION_LIMIT: {
    status: 503,
    summary: 'As many sessions are open as are allowed.',
    remedy: 'End one that is not needed any more.',
  },
  HW_TOKEN_WRONG: {
    status: 401,
    summary: 'The token is not the one of this server.',
    remedy: 'Open the URL that the running Hatchway printed; every start makes a new token.',
  },
  HW_NOT_SIGNED_IN: {
    status: 401,
    summary: 'The request carries neither a valid cookie nor the token.',
    remedy: 'Sign in with the URL that Hatchway printed when it started.',
  },
  HW_ORIGIN_FOREIGN: {
    status: 403,
    summary: 'The request comes from another origin than the one that signed in.',
    remedy: 'Sign in again under the address that is in the browser, or set publicUrl.',
  },
  HW_REQUEST_INVALID: {
    status: 400,
    summary: 'The request is not one that the API knows.',
    remedy: 'Correct what the message names.',
  },
  HW_NOTHING_HERE: {
    status: 404,
    summary: 'There is nothing at this address.',
    remedy: 'Start from the first page.',
  },
  HW_REQUEST_TOO_LARGE: {
    status: 413,
    summary: 'The body of the request is larger than the limit.',
    remedy: 'Send it in smaller parts.',
  },
  HW_UPGRADE_MISSING: {
    status: 426,
    summary: 'The request for a WebSocket arrived without what makes it one.',
    remedy: 'See the transport report: a proxy on the way dropped Upgrade or Connection.',
  },
  HW_WIRE_VERSION: {
    status: 426,
    summary: 'The page speaks another version of the protocol than the server.',
    remedy: 'Reload the page: Hatchway has been updated.',
  },
  HW_NOT_ATTACHED: {
    status: 409,
    summary: 'Input came from a viewer that has no stream.',
    remedy: 'Attach again, then send it again.',
  },
  HW_INTERNAL: {
    status: 500,
    summary: 'Something failed that nobody foresaw; what exactly is not shown to whoever asked.',
    remedy: 'Look into the log of the server, and report it.',
  },
} as const;

export const consoleError = errorsOf(consoleErrors);
