// What a search found, as text in columns.

import { stripVTControlCharacters, styleText } from 'node:util';
import type { Offer, PartnerOutcome, SearchView } from '../../libs/client/index.ts';
import { chargesText, unitPriceText } from './charges.ts';
import { clip, words } from './verticals/cells.ts';
import type { TerminalVertical } from './verticals/vertical.ts';

type Cell = string | undefined;

/** Lays rows out under headings; columns whose heading begins with ">" are right-aligned. */
export function table(headings: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const width = (text: string): number => stripVTControlCharacters(text).length;
  const widths = headings.map((heading, column) =>
    Math.max(width(heading.replace(/^>/, '')), ...rows.map((row) => width(row[column] ?? ''))),
  );
  const line = (cells: readonly Cell[]): string =>
    cells
      .map((cell = '', column) => {
        const padding = ' '.repeat(Math.max(0, (widths[column] ?? 0) - width(cell)));
        return headings[column]?.startsWith('>') ? padding + cell : cell + padding;
      })
      .join('  ')
      .trimEnd();
  const head = styleText('bold', line(headings.map((heading) => heading.replace(/^>/, ''))));
  return [head, ...rows.map(line)].join('\n');
}

/** The offers of a view, best first; what one unit costs and charges only where an offer has some. */
export function offerTable(view: SearchView, vertical: TerminalVertical): string {
  const optional = [
    { heading: '>each', cells: view.offers.map((offer) => unitPriceText(offer.price ?? {})) },
    { heading: 'charges', cells: view.offers.map((offer) => clip(chargesText(offer.price ?? {}), 60)) },
  ];
  const [each, charges] = optional.map((column) => (column.cells.some((cell) => cell !== '') ? [column] : [])) as [
    typeof optional,
    typeof optional,
  ];
  const headings = (columns: typeof optional): string[] => columns.map(({ heading }) => heading);
  return table(
    ['>price', ...headings(each), ...vertical.headings, ...headings(charges), 'sold by'],
    view.offers.map((offer, row) => [
      price(offer),
      ...each.map(({ cells }) => cells[row]!),
      ...vertical.cells(offer),
      ...charges.map(({ cells }) => cells[row]!),
      sellers(offer),
    ]),
  );
}

/** "627.00 GBP", or of a range "13.00–15.00 GBP". */
function price({ price }: Offer): Cell {
  if (price?.total === undefined) return '';
  const { total, totalMax } = price;
  const upper = totalMax === undefined || totalMax.amount === total.amount ? '' : `–${totalMax.amount}`;
  return `${total.amount}${upper} ${total.currencyCode}`;
}

function sellers(offer: Offer): string {
  const others = offer.otherOffers ?? [];
  const names = [...new Set(others.map((other) => other.partner))].filter((name) => name !== offer.partner);
  return offer.partner + (names.length === 0 ? '' : styleText('dim', ` also ${names.join(', ')}`));
}

/** Every partner's outcome, one a row. */
export function outcomeTable(outcomes: readonly PartnerOutcome[]): string {
  const rows = [...outcomes]
    .sort(({ partner: a = '' }, { partner: b = '' }) => a.localeCompare(b))
    .map((outcome) => [
      outcome.partner,
      statusText(outcome),
      String(outcome.offersKept ?? 0),
      String(outcome.rowsReceived ?? 0),
      String(outcome.latencyMs ?? 0),
      answeredHow(outcome),
      clip(outcomeNotes(outcome).join('; '), 90),
    ]);
  return table(['partner', 'outcome', '>offers', '>rows', '>ms', 'answer', 'why'], rows);
}

/** One partner's outcome in a line, for progress. */
export function outcomeLine(outcome: PartnerOutcome): string {
  return `${statusText(outcome)} ${outcome.partner}: ${outcome.offersKept ?? 0} offers, ${outcome.latencyMs ?? 0} ms`;
}

/** Whether the partner was asked, and of a held answer how old it is. */
export function answeredHow({ cache, cacheAgeMs = 0 }: PartnerOutcome): string {
  const age = `${Math.round(cacheAgeMs / 1_000)} s`;
  if (cache === 'CACHE_USE_HIT') return `held ${age}`;
  if (cache === 'CACHE_USE_STALE') return `stale, held ${age}`;
  if (cache === 'CACHE_USE_STALE_IF_ERROR') return `stale after an error, held ${age}`;
  return cache === 'CACHE_USE_SHARED' ? 'shared' : 'asked';
}

/** What no request means: what was handed over is looked into, and some partners are left alone. */
const unasked: ReadonlyMap<string, string> = new Map([
  ...['OK', 'PARTIAL', 'EMPTY'].map((status) => [status, 'looked up'] as const),
  ...['RATE_LIMITED', 'BUDGET_SPENT', 'SUSPENDED', 'UNSUPPORTED_CRITERIA', 'NOT_PERMITTED'].map(
    (status) => [status, 'not asked'] as const,
  ),
]);

/** How a partner was asked: "1 request", "3 requests, 1 of them hedged", "held 12 s", "looked up", "not asked", "no request" before its end. */
export function requestsText(outcome: PartnerOutcome): string {
  const { requests = 0, hedges = 0, status = '' } = outcome;
  const how = answeredHow(outcome);
  if (how !== 'asked') return how;
  if (requests === 0) return unasked.get(status.replace('OUTCOME_STATUS_', '')) ?? 'no request';
  return `${requests} request${requests === 1 ? '' : 's'}${hedges === 0 ? '' : `, ${hedges} of them hedged`}`;
}

/** What there is to say of an outcome beside its counts. */
export function outcomeNotes(outcome: PartnerOutcome): string[] {
  return [outcome.detail ?? '', ...rejections(outcome), ...applied(outcome)].filter((part) => part !== '');
}

/** What of the filter the partner applied itself. */
function applied({ appliedFilters = [] }: PartnerOutcome): string[] {
  return appliedFilters.length === 0 ? [] : [`it applied ${appliedFilters.join(' && ')}`];
}

function rejections(outcome: PartnerOutcome): string[] {
  return (outcome.rejections ?? []).map(
    (one) =>
      `${one.count} rejected: ${words(one.reason, 'REJECTION_REASON_')}${one.example ? ` (${one.example})` : ''}`,
  );
}

/** How a partner's part ended, in a word. */
export function statusText(outcome: PartnerOutcome): string {
  const word = words(outcome.status, 'OUTCOME_STATUS_');
  if (outcome.status === 'OUTCOME_STATUS_OK') return styleText('green', word);
  if (outcome.status === 'OUTCOME_STATUS_FAILED' || outcome.status === 'OUTCOME_STATUS_TIMED_OUT')
    return styleText('red', word);
  return styleText('yellow', word);
}
