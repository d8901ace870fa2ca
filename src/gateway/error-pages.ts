/** Which page is shown for which status, as nginx's error_page; what asking for it means is the exchange's matter. */
import type { ErrorPageModel } from '../config/route-model.ts';
import { type CompiledTemplate, compileTemplate } from './template.ts';

export type ErrorPage = {
  /** A path, `@name` of a named route, or a URL. */
  readonly to: CompiledTemplate;
  /** Of the answer. Default: the error's. */
  readonly status: number | 'from-page' | undefined;
};

/** By status; of several for one status the first one has it. Undefined for none. */
export function compileErrorPages(
  models: readonly ErrorPageModel[] | undefined,
): ReadonlyMap<number, ErrorPage> | undefined {
  if (models === undefined || models.length === 0) return undefined;
  const pages = new Map<number, ErrorPage>();
  for (const { statuses, status, to } of models) {
    const page = { to: compileTemplate(to), status };
    for (const of of statuses) if (!pages.has(of)) pages.set(of, page);
  }
  return pages;
}
