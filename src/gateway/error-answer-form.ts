/**
 * In which form somebody reads an error: by the Accept field (RFC 9110, 12.5.1). Browsers name HTML, programs JSON;
 * command lines take anything and print it, so they get text.
 */

export type Form = 'text/html' | 'application/json' | 'text/plain';

/** What is sent to those who do not mind, first. */
const forms: readonly Form[] = ['text/plain', 'application/json', 'text/html'];

/** Ranges of an Accept field that are looked at; browsers send eight. */
const mostRanges = 50;

type Match = {
  readonly quality: number;
  /** 2 for a type that is named, 1 for `text/*`, 0 for anything. */
  readonly exactness: number;
  readonly position: number;
};

/**
 * The form that fits best: of the highest quality, of equals the one that is named, of those the first.
 * Text for who accepts none of them, since an error has to be said.
 */
export function acceptedForm(accept: string | undefined): Form {
  if (accept === undefined) return 'text/plain';
  const ranges = accept.toLowerCase().split(',', mostRanges);
  let best: Form = 'text/plain';
  let bestMatch: Match | undefined;
  for (const form of forms) {
    const match = matchOf(form, ranges);
    if (match !== undefined && match.quality > 0 && isBetter(match, bestMatch)) {
      best = form;
      bestMatch = match;
    }
  }
  return best;
}

function isBetter(match: Match, than: Match | undefined): boolean {
  if (than === undefined) return true;
  if (match.quality !== than.quality) return match.quality > than.quality;
  if (match.exactness !== than.exactness) return match.exactness > than.exactness;
  // Ranges that are not the type itself prefer none of those that they hold.
  return match.exactness === 2 && match.position < than.position;
}

/** The most exact range that holds the form; that one alone says its quality. */
function matchOf(form: Form, ranges: readonly string[]): Match | undefined {
  let best: Match | undefined;
  for (const [position, range] of ranges.entries()) {
    const [type = '', ...parameters] = range.split(';');
    const exactness = exactnessOf(type.trim(), form);
    if (exactness === undefined || (best !== undefined && exactness <= best.exactness)) continue;
    best = { quality: qualityOf(parameters), exactness, position };
  }
  return best;
}

function exactnessOf(range: string, form: Form): number | undefined {
  // Who reads application/problem+json reads this, too.
  if (range === form || (form === 'application/json' && range.endsWith('+json'))) return 2;
  if (range.endsWith('/*') && form.startsWith(range.slice(0, -1))) return 1;
  return range === '*/*' ? 0 : undefined;
}

function qualityOf(parameters: readonly string[]): number {
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.split('=');
    if (name.trim() !== 'q') continue;
    const quality = Number(value.trim());
    return quality >= 0 && quality <= 1 ? quality : 1;
  }
  return 1;
}
