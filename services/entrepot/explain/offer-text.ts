// Why an offer is what it is, as text: its price from the partner's own figure to the shown one, where it came from, why it is
// the product that it is, and where it stands.

import { styleText } from 'node:util';
import type {
  ExplainOfferResponse,
  ExplainResponse,
  LedgerLine,
  Money,
  Offer,
  PartnerOutcome,
  PricingView,
  ProductContent,
  RankExplanation,
  RankFeature,
  SourcedText,
} from '../../../libs/client/index.ts';
import { amenityName } from '../../../libs/reference/index.ts';
import { chargesText, unitPriceText } from '../charges.ts';
import { answeredHow, outcomeNotes, requestsText, statusText, table } from '../table.ts';
import { clip, words } from '../verticals/cells.ts';
import type { TerminalVertical } from '../verticals/vertical.ts';
import { count, facts, hanging, moment, page, pointed, score, section, time } from './text.ts';

/** Characters of a partner's row that are shown where not all of it is asked for. */
const rowCharacters = 300;

/** An offer with why it is what it is. */
export interface ExplainedOffer {
  readonly explanation: ExplainResponse;
  /** Undefined where it has expired. */
  readonly offer: Offer | undefined;
}

/** The whole text. @param now epoch milliseconds */
export function offerText(
  { explanation, offer }: ExplainedOffer,
  verticals: readonly TerminalVertical[],
  now: number,
): string {
  const { rank, outcome, ledger = [], ledgerMax = [], view } = explanation;
  return page(
    head(explanation, offer, verticals),
    section('Price', ledgerTable(ledger), pricedUnder(ledgerMax.length === 0 ? view : undefined)),
    section('Price, upper bound', ledgerTable(ledgerMax), pricedUnder(ledgerMax.length === 0 ? undefined : view)),
    section('Where it came from', origin(explanation, now)),
    section('Why it is this product', identity(explanation)),
    section('What is known of it', known(offer?.content)),
    rank === undefined ? '' : section('Where it stands', place(rank), features(rank)),
    outcome === undefined ? '' : section('How its partner answered', answered(outcome)),
  );
}

function head(
  { offerId, source = {}, total, totalMax, rank }: ExplainResponse,
  offer: Offer | undefined,
  verticals: readonly TerminalVertical[],
): string {
  const sold = new Set(Object.keys(offer?.item ?? {}));
  const vertical = verticals.find(({ name }) => sold.has(name));
  const what =
    vertical === undefined || offer === undefined
      ? ''
      : vertical
          .cells(offer)
          .map((cell, at) => (cell === '' ? '' : `${vertical.headings[at]!.replace(/^>/, '')} ${cell}`))
          .filter((part) => part !== '')
          .join(', ');
  const position = rank?.position ?? 0;
  const stands = rank === undefined ? '' : position === 0 ? ', not shown' : `, ${position} of ${rank.totalSize ?? 0}`;
  return [
    styleText('bold', `Offer ${offerId}`),
    hanging('', what === '' ? 'It can no longer be had, so what it was is not told.' : what),
    `${money(total)}${totalMax === undefined ? '' : ` to ${money(totalMax)}`}, sold by ${source.partner}${stands}`,
    ...[unitPriceText(offer?.price ?? {}), chargesText(offer?.price ?? {})].filter((text) => text !== ''),
  ].join('\n');
}

/** Line by line with the total after each, the decimal points below each other. */
function ledgerTable(lines: readonly LedgerLine[]): string {
  if (lines.length === 0) return '';
  const amounts = pointed(lines.map(amountText));
  const totals = pointed(lines.map(({ runningTotal }) => runningTotal?.amount));
  const rows = lines.map(({ description, runningTotal }, at) => [
    clip(description, 70),
    amounts[at]!,
    totals[at]!,
    runningTotal?.currencyCode,
  ]);
  return table(['line', '>amount', '>total', ''], rows);
}

/** What a step adds has a sign; the partner's total and what a conversion turns it into are totals. */
function amountText({ kind, amount: { amount = '' } = {} }: LedgerLine): string {
  const isTotal = kind === 'LEDGER_LINE_KIND_PARTNER_TOTAL' || kind === 'LEDGER_LINE_KIND_CONVERSION';
  return isTotal || amount.startsWith('-') ? amount : `+${amount}`;
}

/** What prices were made under, in a line. */
export function pricedUnder(view: PricingView | undefined): string {
  if (view === undefined) return '';
  const { ruleSet, rateTable, instant = '' } = view;
  return styleText('dim', `rules ${ruleSet}, rates ${rateTable}, as of ${instant.slice(0, 19).replace('T', ' ')} UTC`);
}

function origin({ source = {}, origin: told, outcome }: ExplainResponse, now: number): string {
  const { partner, answer, row = 0, manifest, fetchedAt } = source;
  const adapter = told === undefined ? '' : `, adapter ${told.adapter}`;
  const bytes = told?.answerBytes === undefined ? '' : `${count(told.answerBytes)} bytes, `;
  const came = moment(told?.fetchedAt ?? fetchedAt, now);
  return facts([
    ['partner', `${partner}${adapter}, mapped by ${told?.manifest ?? manifest}`],
    ['request', told?.request],
    ['', told?.requestDigest && `digest ${told.requestDigest}`],
    ['answer', `${bytes}came ${came}${freshness(outcome)}`],
    ['', told?.answerDigest && `digest ${told.answerDigest}, as a cassette of it has`],
    [
      'row',
      `${row} of ${answer}${told === undefined ? '; supply does not hold it any more, or cannot be reached' : ''}`,
    ],
    ['', told === undefined ? '' : rowText(told)],
  ]);
}

function freshness(outcome: PartnerOutcome | undefined): string {
  if (outcome === undefined) return '';
  const how = answeredHow(outcome);
  return how === 'asked' ? ', asked for this search' : `, ${how}`;
}

function rowText({ partnerRow = '' }: ExplainOfferResponse): string {
  const text = clip(partnerRow, rowCharacters);
  return partnerRow.length <= rowCharacters
    ? text
    : `${text} (${count(partnerRow.length)} characters; --row shows them)`;
}

/** The partner's own row, laid out where it is whole. */
export function wholeRowText({ origin: told }: ExplainResponse): string {
  const { partnerRow = '' } = told ?? {};
  if (partnerRow === '') return 'Its row is not held any more, or its partner does not tell it.';
  try {
    // Partners' texts must not drive somebody's terminal; JSON has no control characters outside of escapes.
    return JSON.stringify(JSON.parse(partnerRow), null, 2);
  } catch {
    return `${clip(partnerRow, partnerRow.length)}\n(cut off after ${count(partnerRow.length)} characters)`;
  }
}

function identity({ source = {}, origin: told }: ExplainResponse): string {
  const { productId, productProvisional } = source;
  if (productProvisional === true) {
    return `${productId} is provisional: its identity is still being decided, or could not be asked for.`;
  }
  const keys = told?.identity ?? [];
  if (keys.length === 0) return `${productId}; what leads to it is not known here, or cannot be had now.`;
  const rows = keys.map(({ partner = '', key, rule, confidence = 0, evidence = '' }) => [
    clip(key, 48),
    partner === '' ? 'every partner' : partner,
    words(rule, 'IDENTITY_RULE_'),
    score(confidence),
    clip(evidence, 50),
  ]);
  return `${productId}, by these keys of its row:\n${table(['key', 'of', 'rule', '>sure', 'because'], rows)}`;
}

/** Field by field, each with the partners that say so. */
function known(content: ProductContent | undefined): string {
  const { names = [], address, phone, brand, imageUrls = [], amenities = [], starRating } = content ?? {};
  const by = (sources: SourcedText['sources'] = []): string =>
    sources.length === 0 ? '' : ` (${[...new Set(sources.map(({ partner }) => partner))].join(', ')})`;
  const text = (said: SourcedText | undefined): string =>
    said === undefined ? '' : `${said.value}${by(said.sources)}`;
  const all = (said: readonly SourcedText[], shown: string): string =>
    said.length === 0 ? '' : `${shown}${by(said.flatMap(({ sources = [] }) => sources))}`;
  return facts([
    ...names.map((name) => [`name${name.locale ? ` ${name.locale}` : ''}`, text(name)] as const),
    ['address', text(address)],
    ['phone', text(phone)],
    ['brand', text(brand)],
    ['stars', starRating?.value === undefined ? '' : `${starRating.value}${by(starRating.sources)}`],
    ['amenities', all(amenities, amenities.map(({ value = '' }) => amenityName(value) ?? value).join(', '))],
    ['pictures', all(imageUrls, String(imageUrls.length))],
  ]);
}

function place({ position = 0, totalSize = 0, orderBy, reason = '', firstOfferId = '' }: RankExplanation): string {
  const where = position === 0 ? `Not shown among ${totalSize}` : `${position} of ${totalSize}`;
  const first = firstOfferId === '' ? '' : `\nThe first is ${firstOfferId}.`;
  return `${hanging('', `${where}, by ${orderBy}.${reason === '' ? ' It is the first.' : ` ${reason}`}`)}${first}`;
}

/** Feature by feature beside the first. What is ordered by alone is in the sentence already. */
function features({ features: own = [], firstFeatures = [], score: sum, firstScore }: RankExplanation): string {
  if (own.length < 2 && Math.abs(own[0]?.weight ?? 1) === 1) return '';
  const weights = own.map(({ weight }) => score(weight ?? 0));
  const beside = firstFeatures.length > 0;
  const cells = (all: readonly RankFeature[], total: number | undefined): string[][] => {
    const values = pointed([...all.map(({ value }) => (value === undefined ? 'none' : score(value))), '']);
    const adds = pointed([...all.map(({ contribution = 0 }) => score(contribution)), score(total)]);
    return values.map((value, at) => [value, adds[at]!]);
  };
  const mine = cells(own, sum);
  const theirs = beside ? cells(firstFeatures, firstScore) : [];
  const names = [...own.map(({ name }) => name), 'score'];
  const rows = names.map((name, at) => [name, weights[at] ?? '', ...mine[at]!, ...(theirs[at] ?? [])]);
  const headings = ['feature', '>weight', '>this', '>adds', ...(beside ? ['>first', '>adds'] : [])];
  return table(headings, rows);
}

function answered(outcome: PartnerOutcome): string {
  const { offersKept = 0, rowsReceived = 0, latencyMs } = outcome;
  const kept = `${offersKept} offers of ${rowsReceived} rows`;
  const how = `${statusText(outcome)} after ${time(latencyMs ?? 0)}, ${requestsText(outcome)}: ${kept}`;
  return hanging('', [how, ...outcomeNotes(outcome)].join('; '));
}

function money(amount: Money | undefined): string {
  return amount === undefined ? 'no price' : `${amount.amount} ${amount.currencyCode}`;
}
