// What the edge reads from the contracts' descriptors, and from query strings.
import type { DescMessage } from '@bufbuild/protobuf';
import {
  Grouping,
  groupingFromJSON,
  type PageOptions,
  Screen,
  screenFromJSON,
} from '../../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { invalidField, invalidFields } from '../../../libs/errors/index.ts';
import { descriptors } from '../../../libs/vertical/index.ts';

/** The descriptor of a message by its full name. A name that does not exist is a defect of the edge. */
export function requireMessage(typeName: string): DescMessage {
  const message = descriptors().getMessage(typeName);
  if (message === undefined) throw new Error(`The contracts have no message ${typeName}.`);
  return message;
}

/** Query parameters of a look at a search. `facets` is a list with commas. */
const lookParameters = ['pageSize', 'orderBy', 'ranking', 'filter', 'grouping', 'currency', 'facets'] as const;

/** Query parameters of a page. */
export const pageParameters = ['pageToken', ...lookParameters] as const;

/** Query parameters of following a search. */
export const watchParameters = ['cursor', 'screen', ...lookParameters] as const;

/**
 * Reads the query parameters of a page.
 *
 * @throws EntrepotError INVALID_FIELD for a parameter that does not exist or is not of its type
 */
export function pageQuery(query: Readonly<Record<string, string | string[]>>): {
  pageToken: string;
  options?: PageOptions;
} {
  const one = onceEach(query, pageParameters, 'a page');
  const { pageToken = '' } = one;
  const options = lookOf(one);
  if (options === undefined) return { pageToken };
  if (pageToken !== '') {
    throw invalidField('pageToken', 'A page token already says everything about its page; send it alone.');
  }
  return { pageToken, options };
}

/**
 * Reads the query parameters of following a search.
 *
 * @throws EntrepotError INVALID_FIELD for a parameter that does not exist or is not of its type
 */
export function watchQuery(query: Readonly<Record<string, string | string[]>>): {
  cursor: string;
  screen: Screen;
  options?: PageOptions;
} {
  const one = onceEach(query, watchParameters, 'following a search');
  const options = lookOf(one);
  const screen = one.screen === undefined ? Screen.UNSPECIFIED : readScreen(one.screen);
  return { cursor: one.cursor ?? '', screen, ...(options !== undefined && { options }) };
}

/** Another look than the search's own; undefined where none of its parameters is there. */
function lookOf(query: Readonly<Record<string, string>>): PageOptions | undefined {
  if (lookParameters.every((name) => query[name] === undefined)) return undefined;
  const { pageSize, orderBy = '', ranking = '', filter = '', grouping, currency = '', facets } = query;
  return {
    pageSize: pageSize === undefined ? 0 : wholeNumber('pageSize', pageSize),
    orderBy,
    filter,
    grouping: grouping === undefined ? Grouping.UNSPECIFIED : readGrouping(grouping),
    currency,
    ranking,
    facets: facets ? facets.split(',').map((name) => name.trim()) : [],
  };
}

/** Query parameters of a search's explanation. */
export const explainParameters = ['productId'] as const;

/**
 * The product that a search is asked about; empty for none.
 *
 * @throws EntrepotError INVALID_FIELD for a parameter that does not exist, or stands there twice
 */
export function explainQuery(query: Readonly<Record<string, string | string[]>>): string {
  return onceEach(query, explainParameters, 'an explanation').productId ?? '';
}

/** Query parameters of the accuracy of shown prices. */
export const accuracyParameters = ['partner'] as const;

/** @throws EntrepotError INVALID_FIELD for a parameter that does not exist, or stands there twice */
export function accuracyQuery(query: Readonly<Record<string, string | string[]>>): { partner: string } {
  return { partner: onceEach(query, accuracyParameters, 'accuracy').partner ?? '' };
}

/** Query parameters of mismatches. */
export const mismatchParameters = ['partner', 'pageSize', 'pageToken'] as const;

/** @throws EntrepotError INVALID_FIELD for a parameter that does not exist or is not of its type */
export function mismatchesQuery(query: Readonly<Record<string, string | string[]>>): {
  partner: string;
  pageSize: number;
  pageToken: string;
} {
  const { partner = '', pageSize, pageToken = '' } = onceEach(query, mismatchParameters, 'a list of mismatches');
  return { partner, pageSize: pageSize === undefined ? 0 : wholeNumber('pageSize', pageSize), pageToken };
}

/** Parameters that exist, each once. @param what has them */
function onceEach(
  query: Readonly<Record<string, string | string[]>>,
  parameters: readonly string[],
  what: string,
): Readonly<Record<string, string>> {
  const unknown = Object.keys(query).filter((name) => !parameters.includes(name));
  if (unknown.length > 0) {
    throw invalidFields(
      unknown.map((field) => ({
        field,
        description: `There is no such parameter; ${what} has ${parameters.join(', ')}.`,
      })),
    );
  }
  const repeated = Object.entries(query).find(([, value]) => typeof value !== 'string');
  if (repeated !== undefined) throw invalidField(repeated[0], 'Give this parameter once.');
  return query as Readonly<Record<string, string>>;
}

function wholeNumber(field: string, text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw invalidField(field, 'Expected a whole number.');
  return Number(text);
}

function readScreen(text: string): Screen {
  const screen = screenFromJSON(text);
  if (screen === Screen.UNRECOGNIZED) throw invalidField('screen', 'Expected SCREEN_TOP or SCREEN_ALL.');
  return screen;
}

function readGrouping(text: string): Grouping {
  const grouping = groupingFromJSON(text);
  if (grouping === Grouping.UNRECOGNIZED)
    throw invalidField('grouping', 'Expected GROUPING_PRODUCT or GROUPING_OFFER.');
  return grouping;
}
