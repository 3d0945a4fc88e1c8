// The shape of a view's file.
import type { JSONSchema } from '../../../libs/config/index.ts';
import { verticals } from '../../../libs/vertical/index.ts';

/** A view's file, as it stands. */
export interface ViewFile {
  readonly name: string;
  readonly version: number;
  readonly description: string;
  readonly vertical: string;
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly fields: readonly string[];
  readonly order_by: string;
  readonly ranking: string;
  readonly filter: string;
  readonly page_size: number;
  readonly completion: string;
  readonly clients: 'all' | readonly string[];
  readonly parameters?: readonly string[];
  readonly deprecation?: { readonly since: string; readonly sunset?: string; readonly instead?: string };
}

const names = (description: string): JSONSchema => ({
  type: 'array',
  maxItems: 200,
  uniqueItems: true,
  items: { type: 'string', minLength: 1, maxLength: 200, description },
});
const cel = (description: string): JSONSchema => ({ type: 'string', maxLength: 2_000, default: '', description });
const day: JSONSchema = { type: 'string', format: 'date', description: 'a day such as 2027-01-22' };

/** The schema of a view's file. */
export function viewSchema(): JSONSchema {
  return {
    type: 'object',
    additionalProperties: false,
    required: ['name', 'version', 'description', 'vertical'],
    properties: {
      name: { type: 'string', pattern: '^[a-z][a-z0-9]*(-[a-z0-9]+)*$', maxLength: 64, description: namePattern },
      version: { type: 'integer', minimum: 1, maximum: 100_000 },
      description: { type: 'string', minLength: 1, maxLength: 500 },
      vertical: { enum: [...verticals().keys()] },
      defaults: { type: 'object', default: {}, description: 'what callers leave out, as JSON of SearchRequest' },
      fields: { ...names('a field of Offer as a proto path'), default: [] },
      order_by: { type: 'string', maxLength: 200, default: '' },
      ranking: cel('a CEL number to order by'),
      filter: cel('a CEL condition over the attributes of the vertical, price and partner'),
      page_size: { type: 'integer', minimum: 0, maximum: 200, default: 0 },
      completion: cel('a CEL condition; a search is complete once it holds'),
      clients: {
        default: 'all',
        description: '"all", or a list of clients',
        anyOf: [{ const: 'all' }, names('the name of a client')],
      },
      parameters: names('a field of SearchRequest by its JSON path: "flight.origin"'),
      deprecation: {
        type: 'object',
        additionalProperties: false,
        required: ['since'],
        properties: { since: day, sunset: day, instead: { type: 'string', maxLength: 500 } },
      },
    },
  };
}

const namePattern = 'a name of small letters, digits and single hyphens: "mobile-results"';
