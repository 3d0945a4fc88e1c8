// What the edge reads from the contracts' descriptors, and from query strings.
import type { DescMessage } from '@bufbuild/protobuf';
import { Grouping, groupingFromJSON, type PageOptions } from '../../libs/contracts/gen/entrepot/query/v1/query.ts';
import { invalidField, invalidFields } from '../../libs/errors/index.ts';
import { descriptors } from '../../libs/vertical/index.ts';

/** The descriptor of a message by its full name. A name that does not exist is a defect of the edge. */
export function requireMessage(typeName: string): DescMessage {
  const message = descriptors().getMessage(typeName);
  if (message === undefined) throw new Error(`The contracts have no message ${typeName}.`);
  return message;
}

/** Query parameters of a page. `facets` is a list with commas. */
export const pageParameters = [
  'pageToken',
  'pageSize',
  'orderBy',
  'ranking',
  'filter',
  'grouping',
  'currency',
  'facets',
] as const;

/**
 * Reads the query parameters of a page.
 *
 * @throws EntrepotError INVALID_FIELD for a parameter that does not exist or is not of its type
 */
export function pageQuery(query: Readonly<Record<string, string | string[]>>): {
  pageToken: string;
  options?: PageOptions;
} {
  const unknown = Object.keys(query).filter((name) => !(pageParameters as readonly string[]).includes(name));
  if (unknown.length > 0) {
    throw invalidFields(
      unknown.map((field) => ({
        field,
        description: `There is no such parameter; a page has ${pageParameters.join(', ')}.`,
      })),
    );
  }
  const repeated = Object.entries(query).find(([, value]) => typeof value !== 'string');
  if (repeated !== undefined) throw invalidField(repeated[0], 'Give this parameter once.');
  const one = query as Readonly<Record<string, string>>;
  const { pageToken = '', pageSize, orderBy = '', ranking = '', filter = '', grouping, currency = '', facets } = one;
  if (Object.keys(one).every((name) => name === 'pageToken')) return { pageToken };
  if (pageToken !== '') {
    throw invalidField('pageToken', 'A page token already says everything about its page; send it alone.');
  }
  return {
    pageToken,
    options: {
      pageSize: pageSize === undefined ? 0 : wholeNumber('pageSize', pageSize),
      orderBy,
      filter,
      grouping: grouping === undefined ? Grouping.UNSPECIFIED : readGrouping(grouping),
      currency,
      ranking,
      facets: facets ? facets.split(',').map((name) => name.trim()) : [],
    },
  };
}

function wholeNumber(field: string, text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw invalidField(field, 'Expected a whole number.');
  return Number(text);
}

function readGrouping(text: string): Grouping {
  const grouping = groupingFromJSON(text);
  if (grouping === Grouping.UNRECOGNIZED)
    throw invalidField('grouping', 'Expected GROUPING_PRODUCT or GROUPING_OFFER.');
  return grouping;
}
