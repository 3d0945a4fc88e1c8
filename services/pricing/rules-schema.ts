import { exampleSchema } from './examples.ts';
import { WEEKDAYS } from './validity.ts';

/** Most rules of one file. */
export const MAX_RULES = 20_000;

const text = { type: 'string', minLength: 1 };
const name = {
  type: 'string',
  pattern: '^[a-z0-9][a-z0-9-]{0,63}$',
  description: 'lower case letters, digits, hyphens',
};
const currency = { type: 'string', pattern: '^[A-Z]{3}$', description: 'an ISO 4217 code' };
const positive = { type: 'string', pattern: '^\\d{1,10}(\\.\\d{1,4})?$', description: 'a quoted decimal: "0.05"' };
const percentage = {
  type: 'string',
  pattern: '^-?\\d{1,4}(\\.\\d{1,6})?$',
  description: 'a quoted decimal, per cent of the total before this priority: "2.5", "-1.0"',
};
const amount = {
  type: 'object',
  additionalProperties: false,
  required: ['amount', 'currency'],
  properties: {
    amount: {
      type: 'string',
      pattern: '^-?\\d{1,10}(\\.\\d{1,4})?$',
      description: 'a quoted decimal in major units: "4.00"',
    },
    currency,
  },
};
const timeOfDay = { type: 'string', pattern: '^([01]\\d|2[0-3]):[0-5]\\d$', description: 'a time of day: "18:00"' };
const zone = { type: 'string', format: 'time-zone', description: 'an IANA zone: "Europe/Berlin"' };

const valid = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: {
    from: { type: 'string', description: 'RFC 3339 instant, or local date-time: "2026-12-01T00:00"' },
    until: { type: 'string', description: 'as from; not included' },
    zone,
    weekdays: { type: 'array', minItems: 1, uniqueItems: true, items: { enum: WEEKDAYS } },
    hours: {
      type: 'object',
      additionalProperties: false,
      required: ['from', 'until'],
      properties: { from: timeOfDay, until: timeOfDay },
    },
  },
};

const apply = {
  type: 'object',
  additionalProperties: false,
  description: 'one of percentage, fixed, limit, round',
  properties: {
    percentage,
    floor: amount,
    cap: amount,
    fixed: amount,
    limit: {
      type: 'object',
      additionalProperties: false,
      minProperties: 1,
      properties: { least_margin: percentage, most_margin: percentage },
    },
    round: {
      type: 'object',
      additionalProperties: false,
      required: ['to', 'mode', 'currency'],
      properties: {
        to: positive,
        ending: positive,
        mode: { enum: ['half_up', 'half_even', 'up', 'down'] },
        currency,
      },
    },
  },
};

/** JSON schema of `rules.yaml`. */
export const rulesSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['rules'],
  properties: {
    zones: {
      type: 'object',
      propertyNames: { pattern: '^([A-Z]{2}|default)$' },
      required: ['default'],
      additionalProperties: zone,
      description: 'the zone of each market, and of all others: { default: Europe/Berlin, GB: Europe/London }',
    },
    rules: {
      type: 'array',
      maxItems: MAX_RULES,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name', 'description', 'apply'],
        properties: {
          name,
          description: { type: 'string', minLength: 1, maxLength: 200, description: 'what it does, for a person' },
          vertical: { ...text, description: 'the vertical it is for; leave it out for all' },
          priority: {
            type: 'integer',
            minimum: -1_000_000,
            maximum: 1_000_000,
            description: 'a greater one comes first',
          },
          exclusive: { ...name, description: 'the group of which only one rule applies' },
          experiment: {
            type: 'object',
            additionalProperties: false,
            required: ['name', 'arm', 'share'],
            properties: {
              name,
              arm: name,
              share: {
                type: 'string',
                pattern: '^\\d{1,3}(\\.\\d{1,2})?$',
                description: 'a quoted decimal, per cent of all keys: "50"',
              },
            },
          },
          when: {
            type: 'string',
            minLength: 1,
            maxLength: 4_000,
            description: 'a CEL condition; leave it out for always',
          },
          valid,
          apply,
        },
      },
    },
    examples: { type: 'array', default: [], items: exampleSchema },
  },
};
