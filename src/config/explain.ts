/** zod's issues as findings: each a sentence about the file, not about the schema. */
import type { z } from 'zod';
import { hintFor } from './hints.ts';
import type { ConfigPath, Finding } from './problem.ts';
import { unknownKey } from './unknown-key.ts';
import type { IssueParams } from './values/kinds.ts';

type Issue = z.core.$ZodIssue;

/**
 * The findings of all issues of one value.
 *
 * @param root the value that was parsed
 * @param at where in the file that value is
 */
export function explainAll(issues: readonly Issue[], root: unknown, at: ConfigPath): Finding[] {
  const findings = issues.flatMap((issue) => explain(issue, root, at));
  // A key that is there under a wrong name is not also missing; if it is there under its own, too, that is wrong by itself.
  const meant = new Set(findings.flatMap((one) => (one.meant ? [JSON.stringify(one.meant)] : [])));
  return findings.filter(
    ({ path }) =>
      !meant.has(JSON.stringify(path)) || valueAt(root, path.slice(at.length)) !== undefined,
  );
}

function explain(issue: Issue, root: unknown, at: ConfigPath): Finding[] {
  const inner = issue.path.filter((step) => typeof step !== 'symbol');
  const path = [...at, ...inner];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((name) => unknownKey(path, name));
    case 'custom': {
      const { hint, at: wrong } = (issue.params ?? {}) as IssueParams;
      const more = {
        ...(hint === undefined ? {} : { hint }),
        ...(wrong === undefined ? {} : { at: wrong }),
      };
      return [{ path, message: issue.message, ...more }];
    }
    case 'invalid_union': {
      const nearer = issue.errors.find((branch) => branch.every(isOfThatKind));
      if (nearer !== undefined && nearer.length > 0) {
        const below = valueAt(root, inner);
        return nearer.flatMap((one) => explain(one, below, path));
      }
      return [mustBe(path, issue.message, valueAt(root, inner))];
    }
    default:
      return [mustBe(path, issue.message, valueAt(root, inner))];
  }
}

/** Whether the value is of the kind that one way of writing it has, and something about it is wrong. */
function isOfThatKind(issue: Issue): boolean {
  if (issue.path.length > 0) return true;
  if (issue.code === 'invalid_union') return issue.errors.some((one) => one.every(isOfThatKind));
  return issue.code === 'custom' || issue.code === 'unrecognized_keys';
}

function mustBe(path: ConfigPath, expects: string, value: unknown): Finding {
  const name = nameOf(path);
  if (value === undefined) {
    return { path, message: `${name} is missing`, hint: `it must be ${expects}` };
  }
  const hint = hintFor(path, expects, value);
  return {
    path,
    message: `${name} must be ${expects}; this is ${kindOf(value)}`,
    ...(hint === undefined ? {} : { hint }),
  };
}

/** `sites[0].timeouts.read`, with indices from 0, in backquotes. */
function nameOf(path: ConfigPath): string {
  let name = '';
  for (const step of path) {
    if (typeof step === 'number') name += `[${step}]`;
    else name += name === '' ? step : `.${step}`;
  }
  return name === '' ? 'the file' : `\`${name}\``;
}

function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  switch (typeof value) {
    case 'string':
      return value === '' ? 'an empty text' : `the text \`${shortened(value)}\``;
    case 'number':
    case 'boolean':
    case 'bigint':
      return `\`${value}\``;
    default:
      return 'a mapping';
  }
}

/** Characters of a value that are enough to know it by. */
const mostShown = 60;

function shortened(text: string): string {
  return text.length <= mostShown ? text : `${text.slice(0, mostShown)}…`;
}

function valueAt(root: unknown, path: ConfigPath): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}
