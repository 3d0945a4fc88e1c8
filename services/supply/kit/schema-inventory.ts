import type { JSONSchema } from '../../../libs/config/index.ts';
import { cel, named, object, rows, value } from './schema-parts.ts';

/** The keys of a manifest whose partner hands its inventory over: by files that are fetched, or by messages that it sends. */

const credential = { description: 'the credential, by its name under credentials', type: 'string' };
const header = { description: 'name of the header', type: 'string', pattern: '^[A-Za-z0-9-]+$' };
const collection = '^[a-z][a-z0-9_]*$';

const verify: JSONSchema = {
  description:
    'how the sender of a message is known; compared in constant time, credentials are read anew for each message',
  oneOf: [
    object('a signature over the body as it came', ['hmac'], {
      hmac: object('how it is made', ['header', 'secret'], {
        header,
        algorithm: { description: 'hash of the HMAC; default sha256', enum: ['sha256', 'sha512', 'sha1'] },
        encoding: { description: 'how the signature is written; default hex', enum: ['hex', 'base64'] },
        prefix: { description: 'text before the signature: "sha256="', type: 'string' },
        secret: credential,
      }),
    }),
    object('HTTP Basic', ['basic'], {
      basic: object('the pair', ['username', 'password'], { username: credential, password: credential }),
    }),
    object('a header that holds a token', ['token'], {
      token: object('which one', ['header', 'credential'], {
        header,
        prefix: { description: 'text before the token: "Bearer "', type: 'string' },
        credential,
      }),
    }),
  ],
};

const answer = (description: string): JSONSchema =>
  object(description, ['status'], {
    status: { description: 'HTTP status, 200 to 599', type: 'integer', minimum: 200, maximum: 599 },
    type: { description: 'content type of the body', type: 'string', minLength: 3 },
    body: cel('text of the body; reason says why a message was refused'),
  });

const effect: Readonly<Record<string, JSONSchema>> = {
  op: {
    description:
      'upsert puts rows in or replaces them, delete takes them out by their key, clear takes out every row with a link, complete ' +
      'ends a full sync (what is not part of it and not newer is deleted), ignore does nothing, refuse refuses the message',
    enum: ['upsert', 'delete', 'clear', 'complete', 'ignore', 'refuse'],
  },
  rows: rows(
    'the rows, each then called row; default the body alone; for loops one in the other, row has their elements by name',
  ),
  keep: {
    description: 'for rows of loops: the loops whose elements are kept, default all',
    type: 'array',
    minItems: 1,
    items: { type: 'string' },
  },
  key: cel('key of a row, where it is not that of inventory'),
  at: cel(
    "the partner's own time (ISO 8601 with offset) or whole number of a version: an older message never overwrites a newer " +
      'one; a message that lacks it is refused; without this key the later to arrive counts',
  ),
  into: {
    description: 'collection of the rows, where they are no offers by themselves but belong to some: "levels"',
    type: 'string',
    pattern: collection,
  },
  links: cel(
    'for rows of a collection: values that they share with the links of the rows they belong to; for clear: the links, rows with one of which go',
  ),
  sync: cel('id of the full sync that the message is part of, or ends'),
  count: cel('rows that the full sync has: until so many have come, nothing is deleted'),
  because: { description: 'for refuse: why, for a person', type: 'string', minLength: 3 },
};

const message = object('what one kind of message changes; the first whose condition holds counts', ['when', 'op'], {
  when: cel('the message is of this kind; headers by name in lower case, body is its body'),
  ...effect,
  also: {
    description: 'what the message changes besides, after it, in this order',
    type: 'array',
    maxItems: 20,
    items: object('a change', ['op'], effect),
  },
});

/** `transport`, `inventory`, `feed` and `push`. */
export const handedOver = {
  transport: {
    description:
      'how offers come: request (the default) asks the partner; feed fetches its files and push takes its messages, and searches ' +
      'then look into what it has handed over',
    enum: ['request', 'feed', 'push'],
  },
  inventory: object('by what handed-over rows are found', ['key', 'search'], {
    key: cel("what tells row apart from the partner's other rows, 1 to 512 characters"),
    words: cel('text by whose words row is found: title, brand, category; its first 4000 characters count'),
    keys: cel('exact values by which row is found, a list of texts: "gtin:" + gtin14(row.gtin)'),
    links: cel('values that row shares with rows of other collections which belong to it, a list of texts'),
    search: object('what criteria look for; where both are there, both have to hold', [], {
      words: cel('words that a row has to have, all of them'),
      keys: cel('exact values of which a row has to have one, a list of texts'),
      limit: value('rows at most, the best matches first, 1 to 1000; default 200'),
    }),
    beside: {
      description:
        'collections whose rows come along with those they belong to, read as body.<collection>; by the links of row, or by others ' +
        'that follow from row and criteria',
      type: 'array',
      maxItems: 8,
      items: {
        anyOf: [
          { type: 'string', pattern: collection, not: { const: 'rows' } },
          object('a collection', ['collection', 'links'], {
            collection: { description: 'its name', type: 'string', pattern: collection, not: { const: 'rows' } },
            links: cel('links of its rows that belong to row, a list of texts'),
          }),
        ],
      },
    },
  }),
  feed: object(
    'a file that is fetched again and again: streamed, and seen all at once when the whole of it is in; what it lacks is gone; gzip is ' +
      'known by its first bytes; a file that has not changed (ETag, Last-Modified) is not read again',
    ['path', 'format', 'everyMinutes'],
    {
      path: {
        description: 'path below the endpoint, starts with "/"; "{…}" holds CEL, whose text is percent-encoded',
        type: 'string',
        pattern: '^/',
      },
      query: named('query parameters', value('value of the parameter'), '^.+$'),
      format: {
        description:
          'csv and tsv: the first line names the columns (white space in a name becomes "_"); rss: any XML whose rows are elements ' +
          'of one name, read as XML answers are; ndjson: a JSON object a line',
        enum: ['csv', 'tsv', 'rss', 'ndjson'],
      },
      element: {
        description: 'for rss: name of the elements that are rows, without prefix; default item',
        type: 'string',
      },
      delimiter: { description: 'for csv: between fields; default ","', type: 'string', minLength: 1, maxLength: 3 },
      everyMinutes: {
        description: 'how often it is fetched, 1 to 10080 minutes',
        type: 'integer',
        minimum: 1,
        maximum: 10_080,
      },
      maxShrinkPercent: {
        description: 'a file with fewer rows than the last one by more than this is refused, 0 to 100 %; default 50',
        type: 'number',
        minimum: 0,
        maximum: 100,
      },
      maxUnreadablePercent: {
        description: 'a file of whose rows more than this cannot be read is refused, 0 to 100 %; default 10',
        type: 'number',
        minimum: 0,
        maximum: 100,
      },
      maxBytes: {
        description: 'largest file, decompressed; default 4294967296 (4 GiB)',
        type: 'integer',
        minimum: 1_024,
      },
      maxRowBytes: {
        description: 'largest row, 1024 to 16777216 bytes; default 1048576',
        type: 'integer',
        minimum: 1_024,
        maximum: 16_777_216,
      },
      timeoutMinutes: {
        description: 'time for one file with everything, 1 to 1440 minutes; default 60',
        type: 'integer',
        minimum: 1,
        maximum: 1_440,
      },
    },
  ),
  push: object(
    'messages that the partner sends to POST /push/<partner> of the ingress; each takes effect as a whole, once however often it comes',
    ['verify', 'messages'],
    {
      verify,
      format: {
        description: 'format of messages; default json, whose whole numbers beyond 2^53 become texts and lose no digit',
        enum: ['json', 'xml'],
      },
      field: {
        description:
          'for messages in a form (multipart/form-data): its field that holds the message; the others are fields.<name>',
        type: 'string',
        minLength: 1,
      },
      event: cel("the partner's id of a message: one that came before is absorbed"),
      eventWindowHours: {
        description: 'how long ids of messages and deleted keys are kept, 1 to 8760 hours; default 168',
        type: 'integer',
        minimum: 1,
        maximum: 8_760,
      },
      maxBodyBytes: {
        description: 'largest message, 1024 to 67108864 bytes, unpacked where it is sent by gzip; default 1048576',
        type: 'integer',
        minimum: 1_024,
        maximum: 67_108_864,
      },
      messages: {
        description: 'what messages change, by kind',
        type: 'array',
        minItems: 1,
        maxItems: 50,
        items: message,
      },
      answers: object("answers in the partner's own protocol", [], {
        accepted: answer('it took effect, or had before; default status 200'),
        refused: answer('it cannot be taken and need not come again; default status 422'),
        failed: answer('it could not be taken now and should come again; default status 503'),
      }),
    },
  ),
} as const satisfies Record<string, JSONSchema>;
