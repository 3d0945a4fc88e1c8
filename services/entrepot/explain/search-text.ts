// How a search went, as text: its time, its partners, its filter, why it completed, and what is missing.

import { styleText } from 'node:util';
import type { ExplainSearchResponse, PartnerExplanation } from '../../../libs/client/index.ts';
import { requestsText, statusText, table } from '../table.ts';
import { clip } from '../verticals/cells.ts';
import { pricedUnder } from './offer-text.ts';
import { count, facts, flat, hanging, moment, page, section, time } from './text.ts';

/** Characters of a partner's time beside the others'. */
const barLength = 20;
/** Answers of a partner that are named. */
const mostAnswers = 2;

/** The whole text. @param now epoch milliseconds */
export function searchText(search: ExplainSearchResponse, now: number): string {
  const { partners = [], filter = [], pricing } = search;
  return page(
    head(search, now),
    section('The product', product(search)),
    section('Partners', partners.length === 0 ? 'None was considered.' : partnerTable(partners)),
    section('Filter', filterTable(filter)),
    section('What is missing, and why', missing(search)),
    section('Answers and what mapped them', answers(partners), pricedUnder(pricing)),
  );
}

function head(search: ExplainSearchResponse, now: number): string {
  const {
    searchId,
    criteria = {},
    market,
    currency,
    client = '',
    tier = '',
    startedAt,
    orderBy,
    sharedBy = 0,
  } = search;
  const sought = Object.entries(criteria).map(([vertical, own]) => `${vertical}: ${flat(own)}`);
  const asker = client === '' ? '' : `for ${client}${tier === '' ? '' : ` (tier ${tier})`}, `;
  return [
    styleText('bold', `Search ${searchId}`),
    hanging('', sought.join('; ')),
    hanging('', `${asker}market ${market}, prices in ${currency}, by ${orderBy}; began ${moment(startedAt, now)}`),
    hanging('', timeLine(search)),
    ...(sharedBy > 0 ? [`${sharedBy} other searches shared what it asked.`] : []),
  ].join('\n');
}

function timeLine({ progress = {}, completedBecause = '', timeMs }: ExplainSearchResponse): string {
  const { partnersAsked = 0, partnersDone = 0, elapsedMs = 0, offers = 0, offersMatching = 0, products = 0 } = progress;
  const spent = `${time(elapsedMs)} of its ${time(timeMs ?? 0)}`;
  const state =
    completedBecause === ''
      ? `Still running after ${spent}: ${partnersDone} of ${partnersAsked} partners have answered.`
      : `Complete after ${spent}: ${completedBecause === 'deadline' ? 'its time was over' : completedBecause}.`;
  const provisional = progress.productsProvisional === true ? ', some of them provisional' : '';
  return `${state} ${count(offersMatching)} of ${count(offers)} offers match, of ${count(products)} products${provisional}.`;
}

function partnerTable(partners: readonly PartnerExplanation[]): string {
  const longest = Math.max(1, ...partners.map(({ outcome }) => outcome?.latencyMs ?? 0));
  const anyExpected = partners.some(({ expectedMs }) => expectedMs !== undefined);
  const anyTime = partners.some(({ outcome }) => outcome?.timeMs !== undefined);
  const rows = partners.map(({ partner, outcome, expectedMs, offers = 0, offersMatching = 0, onFirstPage = 0 }) => [
    partner,
    outcome === undefined ? styleText('yellow', 'running') : statusText(outcome),
    outcome?.latencyMs === undefined ? '' : time(outcome.latencyMs),
    bar(outcome?.latencyMs ?? 0, longest),
    ...(anyExpected ? [time(expectedMs)] : []),
    ...(anyTime ? [time(outcome?.timeMs)] : []),
    String(offers),
    String(offersMatching),
    String(onFirstPage),
    outcome === undefined ? '' : requestsText(outcome),
  ]);
  return table(
    [
      'partner',
      'outcome',
      '>took',
      '',
      ...(anyExpected ? ['>expected'] : []),
      ...(anyTime ? ['>had'] : []),
      '>offers',
      '>match',
      '>on page 1',
      'asked',
    ],
    rows,
  );
}

function bar(ms: number, longest: number): string {
  if (ms === 0) return '';
  return styleText('dim', '█'.repeat(Math.max(1, Math.round((ms / longest) * barLength))));
}

function filterTable(filter: NonNullable<ExplainSearchResponse['filter']>): string {
  if (filter.length === 0) return '';
  const rows = filter.map(({ text, appliedByPartners = [], removedHere = 0 }) => [
    clip(text, 60),
    appliedByPartners.length === 0 ? 'here alone' : appliedByPartners.join(', '),
    String(removedHere),
  ]);
  return table(['condition', 'applied by', '>offers it removes here'], rows);
}

function missing({ partners = [], completedBecause = '' }: ExplainSearchResponse): string {
  const told = facts(partners.map(({ partner, reason }) => [partner, reason]));
  return told === '' && completedBecause !== '' && partners.length > 0 ? 'Nothing.' : told;
}

function product({ product: sought }: ExplainSearchResponse): string {
  if (sought === undefined) return '';
  const { productId, position = 0, offerIds = [], reason = '' } = sought;
  const where = position === 0 ? `is not shown. ${reason}` : `is shown as entry ${position}.`;
  return [hanging('', `${productId} ${where}`), facts(offerIds.map((id, at) => [at === 0 ? 'offers' : '', id]))]
    .filter((part) => part !== '')
    .join('\n');
}

function answers(partners: readonly PartnerExplanation[]): string {
  return facts(
    partners.map(({ partner, answers: all = [], manifest = '' }) => {
      if (all.length === 0) return [partner, undefined];
      const more = all.length > mostAnswers ? ` and ${all.length - mostAnswers} more` : '';
      return [partner, `${all.slice(0, mostAnswers).join(', ')}${more} by ${manifest}`];
    }),
  );
}
