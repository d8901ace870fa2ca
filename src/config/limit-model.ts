/**
 * The model of limits that are counted by a key of the configuration's own choice, such as the client's address, the site or
 * the signed-in user: nginx's limit_req and limit_conn. Keys are counted in zones, which routes share.
 */
import type { Template } from './rule-model.ts';

/** Requests, as leaky buckets: each key may make requests at the zone's rate, and routes say how many may come above it. */
export type RequestZoneModel = {
  readonly name: string;
  /** A request for which it is empty is not counted. */
  readonly key: Template;
  /** Counted in thousandths of a request a second. */
  readonly perSecond: number;
  /** What the buckets may take, counted as nginx does; when it is full, the key that was not seen for longest is forgotten. */
  readonly bytes: number;
};

/** Requests under way, tunnels among them. */
export type ConnectionZoneModel = {
  readonly name: string;
  /** A request for which it is empty is not counted. */
  readonly key: Template;
  /** Counted as nginx does; when it is full, requests with another key are refused. */
  readonly bytes: number;
};

export type RequestLimitModel = {
  /** Name of a `RequestZoneModel`. */
  readonly zone: string;
  /** Requests above the rate that are not refused. Default 0. */
  readonly burst?: number;
  /** How many of these go on at once, the others when the rate allows; `all`: nobody waits. Default 0. */
  readonly undelayed?: number | 'all';
};

export type ConnectionLimitModel = {
  /** Name of a `ConnectionZoneModel`. */
  readonly zone: string;
  /** At least 1. */
  readonly most: number;
};

export type LimitAnswer = {
  /** 400 to 599; 444 closes the connection without an answer. Default 503. */
  readonly status?: number;
  /** Whether it is only counted and logged. Default false. */
  readonly dryRun?: boolean;
  /** Of the line for a request that is refused; one that has to wait is told of one level below. Default `error`. */
  readonly logLevel?: 'info' | 'notice' | 'warn' | 'error';
};

/** What is limited in one route; each request is looked at once, however often it is led on. */
export type RouteLimitsModel = {
  /** Default: none. */
  readonly requests?: LimitAnswer & { readonly limits: readonly RequestLimitModel[] };
  /** Looked at once the request may go on. Default: none. */
  readonly connections?: LimitAnswer & { readonly limits: readonly ConnectionLimitModel[] };
};
