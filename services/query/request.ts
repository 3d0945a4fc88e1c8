import type { Criteria } from '../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { Delivery, Screen, type SearchRequest } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { EntrepotError, type FieldViolation } from '../../libs/errors/index.ts';
import { minorDigits } from '../../libs/money/index.ts';
import { type Vertical, vertical, verticals } from '../../libs/vertical/index.ts';
import { type CompletionPolicy, completionNames, completionOf } from './completion.ts';
import { isCountry } from './country.ts';
import { checkCriteria } from './criteria/index.ts';
import type { Rankings } from './ranking-file.ts';
import { compileReadMask, type ReadMask } from './read-mask.ts';
import { compileView, readCompiled, type View, type ViewProblem, viewError } from './view.ts';

/** A search request, checked and compiled: nothing in it can fail any more. */
export interface PreparedSearch {
  readonly vertical: Vertical;
  readonly criteria: Criteria;
  readonly currency: string;
  readonly market: string;
  readonly locale: string;
  /** What price experiments go by; empty for none. */
  readonly experimentKey: string;
  /** Partners to ask; empty for all. */
  readonly partners: string[];
  readonly view: View;
  /** The configured rankings that views of it may order by. */
  readonly rankings: Rankings;
  readonly mask: ReadMask;
  /** When it need not wait any longer, in place of the client's policy; undefined for that. */
  readonly completion: CompletionPolicy | undefined;
  /** What updates show. */
  readonly screen: Screen;
  /** One snapshot at the end instead of updates. */
  readonly final: boolean;
  /** What it was read from. */
  readonly asked: SearchRequest;
}

const mostPartners = 100;
const longestExperimentKey = 256;

/**
 * Checks a search request and compiles what it carries, before anything is asked of anybody.
 * @param now the moment of the search, epoch milliseconds
 * @param configured the configured rankings, by vertical
 * @throws EntrepotError INVALID_FIELD, INVALID_FILTER or INVALID_ORDER_BY with everything that is wrong; VIEW_NOT_FOUND for a view,
 * which whoever knows views fills in before
 */
export function prepareSearch(
  request: SearchRequest,
  now: number,
  configured: ReadonlyMap<string, Rankings>,
): PreparedSearch {
  if (request.view !== '') {
    const message = `There is no view ${shown(request.view)} here; views are known to the edge alone.`;
    throw new EntrepotError({ reason: 'VIEW_NOT_FOUND', message });
  }
  const problems: ViewProblem[] = [];
  const refuse = (field: string, description: string): void => {
    problems.push({ field, description, reason: 'INVALID_FIELD' });
  };
  checkContext(request, refuse);
  const sought = request.vertical;
  if (sought === undefined) {
    const names = [...verticals().keys()];
    refuse(names[0] ?? 'vertical', `is missing; a search seeks one of: ${names.join(', ')}`);
    throw viewError(problems);
  }
  const kind = vertical(sought.$case);
  for (const violation of checkCriteria(sought, now)) refuse(violation.field, violation.description);
  const rankings: Rankings = configured.get(kind.name) ?? new Map();
  const view = compileView(kind, rankings, request, '', problems);
  const completion = readCompiled(request.completion, 'completion', completionNames, completionOf, problems);
  const masked: FieldViolation[] = [];
  const mask = compileReadMask(request.readMask, kind.name, masked);
  for (const violation of masked) refuse(violation.field, violation.description);
  if (problems.length > 0) throw viewError(problems);
  return {
    vertical: kind,
    criteria: { vertical: sought },
    currency: request.currency,
    market: request.market,
    locale: request.locale === '' ? 'en' : request.locale,
    experimentKey: request.experimentKey,
    partners: request.partners,
    view,
    rankings,
    mask,
    completion,
    screen: request.screen === Screen.ALL ? Screen.ALL : Screen.TOP,
    final: request.delivery === Delivery.FINAL,
    asked: request,
  };
}

type Refuse = (field: string, description: string) => void;

function checkContext(request: SearchRequest, refuse: Refuse): void {
  const { currency, market, locale, delivery, partners, screen, experimentKey } = request;
  if (currency === '') refuse('currency', 'is missing; give the ISO 4217 code of the prices to show: "GBP"');
  else if (minorDigits(currency) === undefined) {
    refuse('currency', `is ${shown(currency)}, no ISO 4217 code; give three capital letters: "GBP"`);
  }
  if (market === '') refuse('market', 'is missing; give the ISO 3166-1 alpha-2 code of the market: "GB"');
  else if (!isCountry(market)) {
    refuse('market', `is ${shown(market)}, no ISO 3166-1 alpha-2 code; give two capital letters: "GB"`);
  }
  if (locale !== '' && !isLocale(locale)) {
    refuse('locale', `is ${shown(locale)}, no BCP 47 language tag; give one such as "en-GB", or leave it out`);
  }
  if (delivery < Delivery.UNSPECIFIED || delivery > Delivery.FINAL) refuse('delivery', 'must be changes or final');
  if (screen < Screen.UNSPECIFIED || screen > Screen.ALL) refuse('screen', 'must be top or all');
  if (screen === Screen.ALL && delivery === Delivery.FINAL) {
    refuse('screen', 'is all, which is for updates; a search for its end alone (final) gives its first page');
  }
  if (experimentKey.length > longestExperimentKey) {
    refuse('experimentKey', `has ${experimentKey.length} characters; at most ${longestExperimentKey} are possible`);
  }
  if (partners.length > mostPartners)
    refuse('partners', `has ${partners.length} names; at most ${mostPartners} are possible`);
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}

function isLocale(text: string): boolean {
  try {
    return new Intl.Locale(text).language !== '';
  } catch {
    return false;
  }
}
