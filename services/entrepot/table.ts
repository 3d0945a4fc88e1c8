// What a search found, as text in columns.
import { stripVTControlCharacters, styleText } from 'node:util';
import type { JsonMoney, JsonOffer, JsonOutcome, SearchView } from './updates.ts';

type Cell = string;

/** Lays rows out under headings; columns whose heading begins with ">" are right-aligned. */
export function table(headings: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const width = (text: string): number => stripVTControlCharacters(text).length;
  const widths = headings.map((heading, column) =>
    Math.max(width(heading.replace(/^>/, '')), ...rows.map((row) => width(row[column] ?? ''))),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const padding = ' '.repeat(Math.max(0, (widths[column] ?? 0) - width(cell)));
        return headings[column]?.startsWith('>') ? padding + cell : cell + padding;
      })
      .join('  ')
      .trimEnd();
  const head = styleText('bold', line(headings.map((heading) => heading.replace(/^>/, ''))));
  return [head, ...rows.map(line)].join('\n');
}

/** The offers of a view, best first. */
export function offerTable(view: SearchView): string {
  const stays = view.offers.some((offer) => offer.item?.stay !== undefined);
  const headings = stays
    ? ['>price', 'property', 'stars', 'room', 'board', 'cancel', '>km', 'sold by']
    : ['>price', 'flights', 'depart', 'arrive', '>time', 'stops', 'fare', 'bags', 'sold by'];
  return table(
    headings,
    view.offers.map((offer) => (stays ? stayRow(offer) : flightRow(offer))),
  );
}

function flightRow(offer: JsonOffer): Cell[] {
  const flight = offer.item?.flight;
  const numbers = (flight?.slices ?? []).map((slice) =>
    (slice.segments ?? []).map((segment) => segment.marketingCarrier + segment.marketingFlightNumber).join('+'),
  );
  return [
    money(offer.price?.total),
    clip(numbers.join(' / '), 34),
    minute(flight?.departure?.dateTime),
    minute(flight?.arrival?.dateTime),
    flight?.durationMinutes === undefined
      ? ''
      : `${Math.floor(flight.durationMinutes / 60)}h${String(flight.durationMinutes % 60).padStart(2, '0')}`,
    flight?.stops === undefined ? '' : flight.stops === 0 ? 'direct' : String(flight.stops),
    clip(flight?.fareBrand ?? words(flight?.cabin, 'CABIN_'), 16),
    flight?.checkedBags === undefined ? '?' : String(flight.checkedBags),
    sellers(offer),
  ];
}

function stayRow(offer: JsonOffer): Cell[] {
  const stay = offer.item?.stay;
  return [
    money(offer.price?.total),
    clip(stay?.propertyName ?? '', 32),
    stay?.starRating === undefined ? '' : '★'.repeat(Math.floor(stay.starRating)),
    clip(stay?.roomName ?? '', 24),
    words(stay?.board, 'BOARD_'),
    stay?.freeCancellation === true ? 'free' : stay?.freeCancellation === false ? 'costs' : '?',
    stay?.distanceKm === undefined ? '' : stay.distanceKm.toFixed(1),
    sellers(offer),
  ];
}

function sellers(offer: JsonOffer): string {
  const others = offer.otherOffers ?? [];
  const names = [...new Set(others.map((other) => other.partner))].filter((name) => name !== offer.partner);
  return offer.partner + (names.length === 0 ? '' : styleText('dim', ` also ${names.join(', ')}`));
}

/** Every partner's outcome, one a row. */
export function outcomeTable(outcomes: readonly JsonOutcome[]): string {
  const rows = [...outcomes]
    .sort((a, b) => a.partner.localeCompare(b.partner))
    .map((outcome) => [
      outcome.partner,
      status(outcome),
      String(outcome.offersKept ?? 0),
      String(outcome.rowsReceived ?? 0),
      String(outcome.latencyMs ?? 0),
      outcome.cache === 'CACHE_USE_HIT' ? 'held' : outcome.cache === 'CACHE_USE_SHARED' ? 'shared' : 'asked',
      clip([outcome.detail ?? '', ...rejections(outcome)].filter((part) => part !== '').join('; '), 90),
    ]);
  return table(['partner', 'outcome', '>offers', '>rows', '>ms', 'answer', 'why'], rows);
}

/** One partner's outcome in a line, for progress. */
export function outcomeLine(outcome: JsonOutcome): string {
  return `${status(outcome)} ${outcome.partner}: ${outcome.offersKept ?? 0} offers, ${outcome.latencyMs ?? 0} ms`;
}

function rejections(outcome: JsonOutcome): string[] {
  return (outcome.rejections ?? []).map(
    (one) =>
      `${one.count} rejected: ${words(one.reason, 'REJECTION_REASON_')}${one.example ? ` (${one.example})` : ''}`,
  );
}

function status(outcome: JsonOutcome): string {
  const word = words(outcome.status, 'OUTCOME_STATUS_');
  if (outcome.status === 'OUTCOME_STATUS_OK') return styleText('green', word);
  if (outcome.status === 'OUTCOME_STATUS_FAILED' || outcome.status === 'OUTCOME_STATUS_TIMED_OUT')
    return styleText('red', word);
  return styleText('yellow', word);
}

function words(name: string | undefined, prefix: string): string {
  return (name ?? '').replace(prefix, '').toLowerCase().replaceAll('_', ' ');
}

function money(amount: JsonMoney | undefined): string {
  return amount === undefined ? '' : `${amount.amount} ${amount.currencyCode}`;
}

function minute(dateTime: string | undefined): string {
  return (dateTime ?? '').slice(5, 16).replace('T', ' ');
}

/** Cuts to length and drops control characters: a partner's text must not drive somebody's terminal. */
function clip(text: string, length: number): string {
  const plain = stripVTControlCharacters(text).replaceAll(/\p{Cc}/gu, ' ');
  return plain.length <= length ? plain : `${plain.slice(0, length - 1)}…`;
}
