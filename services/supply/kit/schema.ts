import type { JSONSchema } from '../../../libs/config/index.ts';
import { FailureKind } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { ChargeKind, ChargeTerms } from '../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { constraintOperators } from '../../../libs/expression/index.ts';
import { freshness, limits, requestsPerSecond } from '../config.ts';
import { hedgedRequests } from '../hedging.ts';
import { handedOver } from './schema-inventory.ts';
import { cel, named, object, rowForms, rows, value } from './schema-parts.ts';

/**
 * JSON Schema of a manifest: what `entrepot check` holds files against, editors complete by, and the guide's reference is
 * made of. A description is a sentence that also stands in the error about its key.
 */

const request = (description: string): JSONSchema =>
  object(description, ['path'], {
    method: { description: 'GET, or POST where there is a body', enum: ['GET', 'POST'] },
    path: {
      description: 'path below the endpoint, starts with "/"; "{…}" holds CEL, whose text is percent-encoded',
      type: 'string',
      pattern: '^/',
    },
    query: named('query parameters; an absent value leaves its parameter out', value('value of the parameter'), '^.+$'),
    headers: named('headers of this request', cel('value of the header'), '^[A-Za-z0-9-]+$'),
    body: {
      description:
        'the body: JSON, or XML as a mapping of elements in which "@name" is an attribute and "#text" the text; leaves are CEL, ' +
        '{each, as, at, where, give} makes a list (at names the position of an element), {when, give} a part under a condition; ' +
        'what is absent is left out',
    },
    form: named('a form body', value('value of the field'), '^.+$'),
    graphql: object('a GraphQL operation, sent by POST', ['query'], {
      query: { description: 'the operation', type: 'string', minLength: 1 },
      variables: { description: 'its variables, as in body', type: 'object' },
    }),
  });

const rowsText =
  'where an answer has its rows: CEL for one list, whose elements are called row; or loops one in the other, [{each, as}, …]';
const searchRows: JSONSchema = {
  description: `${rowsText}; or {given: [name, …]} for rows that map.ts makes, with the names of each row's values (of what was handed over: the handed-over row first)`,
  anyOf: [
    ...rowForms,
    object('rows that map.ts makes', ['given'], {
      given: {
        description: 'names of the values that each row has',
        type: 'array',
        minItems: 1,
        maxItems: 12,
        items: { type: 'string', pattern: '^[a-z][a-z0-9_]*$' },
      },
    }),
  ],
};

const operators = [...new Set(Object.values(constraintOperators).flat())];

const failureKinds = Object.keys(FailureKind)
  .filter((name) => name !== 'UNSPECIFIED' && name !== 'UNRECOGNIZED')
  .join(', ');

const loginOption: JSONSchema = {
  description:
    'option of the account with the base URL of the login, where it may be on another host; the account alone gives it a value',
  type: 'string',
};

const everyMs: JSONSchema = {
  description: 'pause between two requests, 50 to 10000 ms',
  type: 'integer',
  minimum: 50,
  maximum: 10_000,
};

/** For a request that is sent again until its answer is whole. */
const waiting = {
  until: cel('the answer is whole: until then the same request is sent again, as long as there is time; with everyMs'),
  everyMs,
};

/** Requests whose answers yield values for what comes after them. */
const steps = (description: string): JSONSchema => ({
  description,
  type: 'array',
  minItems: 1,
  maxItems: 5,
  items: object('a step', ['request', 'take'], {
    request: request('what is sent'),
    take: named('names for values of its answer', cel('the value')),
    ...waiting,
  }),
});

const auth: JSONSchema = {
  description: 'how requests are authenticated; names are those under credentials',
  oneOf: [
    object('a bearer token', ['bearer'], { bearer: { description: 'the credential', type: 'string' } }),
    object('HTTP Basic', ['basic'], {
      basic: object('the pair', ['username', 'password'], {
        username: { description: 'the credential', type: 'string' },
        password: { description: 'the credential', type: 'string' },
      }),
    }),
    object('headers by expression', ['headers'], {
      headers: named(
        'header to its value; credentials.<name>, request.method, request.path and request.body may be read',
        cel('value'),
        '^[A-Za-z0-9-]+$',
      ),
    }),
    object('query parameters by expression', ['query'], {
      query: named(
        'parameter to its value; credentials.<name>, request.method, request.path and request.body may be read',
        cel('value'),
        '^.+$',
      ),
    }),
    object('OAuth 2.0 client credentials', ['oauth2'], {
      oauth2: object('where and how a token is fetched', ['tokenPath', 'clientId', 'clientSecret'], {
        tokenPath: { description: 'path of the token endpoint below the endpoint', type: 'string', pattern: '^/' },
        clientId: { description: 'the credential', type: 'string' },
        clientSecret: { description: 'the credential', type: 'string' },
        scope: { description: 'scopes, separated by blanks', type: 'string' },
        credentialsIn: {
          description: 'where the client stands: header (Basic, the default) or body (the form)',
          enum: ['header', 'body'],
        },
        endpointOption: loginOption,
        fields: named('further fields of the form', { type: 'string' }, '^.+$'),
      }),
    }),
    object('a session', ['session'], {
      session: object(
        "a login of the partner's own making, a request that yields a token: made once for all searches, verifications and hand-offs, again shortly before the token ends or when the partner refuses it (401, or AUTHENTICATION by failures.kind). Requests of search, steps, poll, paging, verify and handoff may read token too, wherever the partner wants it",
        ['request', 'token'],
        {
          request: request('logs in; reads credentials.<name>, options.<name> and now'),
          format: { description: "format of the login where it is not the manifest's", enum: ['json', 'xml'] },
          endpointOption: loginOption,
          token: cel('the token in its answer'),
          lifetimeSeconds: value('seconds that it lasts; 300 where none are stated'),
          headers: named(
            'headers of every other request; token and credentials.<name> may be read',
            cel('value'),
            '^[A-Za-z0-9-]+$',
          ),
          query: named(
            'query parameters of every other request; token and credentials.<name> may be read',
            value('value'),
            '^.+$',
          ),
        },
      ),
    }),
  ],
};

const names = (of: Readonly<Record<string, number>>): string =>
  Object.keys(of)
    .filter((name) => name !== 'UNSPECIFIED' && name !== 'UNRECOGNIZED')
    .join(', ');

const charges: JSONSchema = {
  description:
    'taxes and fees one by one, as far as the partner states them. What is ADDED changes the price: ADDED_NOW is added to the total, ' +
    "ADDED_LATER in the price's currency makes up what is due later (in place of dueLater), and pricing converts what is in another " +
    'currency. Where tax is left out, TAX that is INCLUDED makes it up. A charge without terms, amount or currency rejects its row',
  type: 'array',
  minItems: 1,
  maxItems: 12,
  items: object('a tax or fee, or with each one for each element', ['name', 'amount', 'currency', 'terms'], {
    each: cel('the list, where there is one for each element'),
    as: { description: 'name of the element, default it', type: 'string', pattern: '^[a-z][a-z0-9_]*$' },
    where: cel('there is none where it does not hold'),
    name: cel('as the partner names it'),
    kind: { description: `what it is for: ${names(ChargeKind)}, or CEL that gives one`, type: 'string', minLength: 1 },
    amount: value('the amount, in the same units as the total'),
    currency: cel(
      'ISO 4217 code of the amount; never assumed, so that of the price is said again where it is the same',
    ),
    terms: {
      description:
        `on what terms it is due: ${names(ChargeTerms)}, or CEL that gives one. Written as it is, INCLUDED and OPTIONAL cost nothing ` +
        'until an offer is made whole',
      type: 'string',
      minLength: 1,
    },
  }),
};

const mapping = object('how rows become offers', ['id', 'price', 'item'], {
  id: cel('what tells a row apart from the others of a search; names it in rejections'),
  let: named('names for what several expressions share, each may read those above it', cel('its value')),
  reject: {
    description: 'rows that are no offers, by a condition',
    type: 'array',
    items: object('a condition', ['when', 'because'], {
      when: cel('the row is rejected where it holds'),
      because: { description: 'why, for a person', type: 'string', minLength: 3 },
    }),
  },
  price: object(
    'what the partner charges; amount and currency come together or the row is rejected',
    ['total', 'currency'],
    {
      total: value('the amount'),
      totalMax: value('the upper end of a price that is a range; absent, or equal to the total, where it is none'),
      unit: {
        description: 'amounts are in major units ("627.00", the default) or minor units (62700)',
        enum: ['major', 'minor'],
      },
      currency: cel('ISO 4217 code of the amount, never assumed: a constant stands in quotes of its own, "\'EUR\'"'),
      tax: value('the part of the total that is stated as tax'),
      dueLater: value('mandatory charges that are not in the total'),
      basis: cel(
        'where the row says it, else taxBasis counts: INCLUDED (every tax and mandatory charge is inside), PARTLY_INCLUDED (some ' +
          'are due later, such as a city tax) or EXCLUDED (taxes come on top)',
      ),
      metered: cel('the row has a tariff instead of a price, and is no offer'),
      charges,
    },
  ),
  expires: object(
    'when the partner stops standing by a row: the earliest of these, else defaults.lifetimeSeconds',
    [],
    {
      at: cel('ISO 8601 moment with an offset'),
      afterSeconds: value('seconds after the answer'),
    },
  ),
  item: {
    description:
      "the item, shaped as the vertical's message: CEL at the leaves; a time is {local, zone}, {instant, zone} or {epochSeconds, zone}; " +
      "a list of messages is {each, as, at, where, give}; a segment's departure and arrival may leave zone out, then the airport's own counts; a flight's loops over slices and segments may say once: what they are made " +
      'of (CEL), and rows of an answer that share it share the slice or segment',
    type: 'object',
  },
});

/** The schema. */
export const manifestSchema: JSONSchema = object(
  'a partner format',
  ['name', 'title', 'vertical', 'format', 'defaults'],
  {
    name: { description: 'the name of the folder', type: 'string', pattern: '^[a-z][a-z0-9-]*$' },
    title: { description: 'what a person calls it', type: 'string', minLength: 1 },
    owner: { description: 'who is asked when it breaks: a team or an address', type: 'string', minLength: 2 },
    documentation: { description: "URL of the partner's documentation", type: 'string', format: 'uri' },
    vertical: { description: 'what it sells, as named in Criteria', type: 'string' },
    format: {
      description: 'format of answers; json for a partner that hands its inventory over, whatever its own format is',
      enum: ['json', 'xml'],
    },
    ...handedOver,
    answerStatuses: {
      description: 'statuses beside 2xx with which answers come, 400 to 599',
      type: 'array',
      items: { type: 'integer', minimum: 400, maximum: 599 },
    },
    defaults: object('limits where an account does not say otherwise', Object.keys(limits), {
      ...limits,
      requestsPerSecond,
      ...freshness,
    }),
    lookToBook: object(
      "how many searches a booking the partner's usual terms allow, where its documentation says so; for people, and for the policies of budgets as look_to_book",
      ['searches', 'citation'],
      {
        searches: {
          description: 'searches a booking, 1 to 10000000',
          type: 'integer',
          minimum: 1,
          maximum: 10_000_000,
        },
        citation: { description: 'where the partner says so', type: 'string', minLength: 10 },
      },
    ),
    hedge: object(
      'requests of a search that may be sent a second time beside one that takes longer than nearly all of its kind; absent for none. ' +
        'Only what changes nothing at the partner and is nowhere forbidden; each counts as any other against quotas and bills, so an ' +
        'account may do without (hedge: false)',
      ['requests', 'citation'],
      {
        requests: {
          description: `which: ${hedgedRequests.join(', ')}`,
          type: 'array',
          minItems: 1,
          uniqueItems: true,
          items: { enum: hedgedRequests },
        },
        citation: {
          description: 'where the partner says that they are safe to send twice',
          type: 'string',
          minLength: 10,
        },
      },
    ),
    taxBasis: {
      description: "what totals say about taxes where rows do not, by market, '*' for every other",
      type: 'object',
      propertyNames: { pattern: '^([A-Z]{2}|\\*)$' },
      additionalProperties: object('a cited statement', ['basis', 'citation'], {
        basis: { enum: ['INCLUDED', 'EXCLUDED', 'PARTLY_INCLUDED'] },
        citation: { description: 'where the partner says so', type: 'string', minLength: 10 },
      }),
    },
    lacks: {
      description:
        'attributes of the vertical that the answers to a search do not have, each with the reason: certificates do not count them',
      type: 'object',
      additionalProperties: { description: 'why it is not there', type: 'string', minLength: 10 },
    },
    options: named(
      'settings of an account, read as options.<name>',
      object('a setting', ['type', 'description'], {
        type: { description: 'type of the value', enum: ['string', 'integer', 'number', 'boolean'] },
        description: { description: 'what it is, with its unit', type: 'string', minLength: 3 },
        required: { description: 'an account has to give it', type: 'boolean' },
        default: { description: 'the value where an account does not give one', type: ['string', 'number', 'boolean'] },
        minimum: { description: 'least value', type: 'number' },
        maximum: { description: 'largest value', type: 'number' },
      }),
    ),
    credentials: named('credentials that an account gives by reference, with what each is', {
      description: 'what it is',
      type: 'string',
      minLength: 3,
    }),
    tables: named(
      "code tables: the partner's code to what it means, written here or in a CSV file beside the manifest; a field of the item that is " +
        "one table's word alone, <table>[…], has to be of its enum for every code",
      {
        description: 'a mapping of codes, or the name of a CSV file',
        anyOf: [
          { type: 'string', pattern: '^[A-Za-z0-9._-]+\\.csv$' },
          { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } },
        ],
      },
    ),
    auth,
    unsupported: {
      description: 'criteria that the partner cannot be asked for',
      type: 'array',
      items: object('a condition', ['when', 'because'], {
        when: cel('the partner is not asked where it holds'),
        because: { description: 'why, for a person', type: 'string', minLength: 3 },
      }),
    },
    filters: named(
      "conditions of a search's filter that the partner applies itself, by attribute: its answers leave out what does not " +
        'fulfil them, and nothing that does; requests read what is asked for as filters.<attribute>.<operator>, absent where ' +
        'nothing is. A row that has the attribute is held against the condition all the same, so only one without it takes the ' +
        "partner's word",
      {
        description:
          `a list of operators (${operators.join(', ')}), or a mapping of them to when the partner can apply one: true, or CEL ` +
          'that reads value ({at_most: value <= 2})',
        anyOf: [
          { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string' } },
          {
            type: 'object',
            minProperties: 1,
            additionalProperties: { type: ['string', 'boolean'] },
          },
        ],
      },
    ),
    let: named('names for what several requests share, each may read those above it', cel('its value')),
    headers: named('headers of every request', cel('value of the header'), '^[A-Za-z0-9-]+$'),
    steps: steps(
      "requests before each search, for values that those after it need (a search's key); a session that outlives searches is auth.session",
    ),
    search: request('the search; page, offset and cursor say which page is asked for'),
    poll: object('for a search that is answered bit by bit', ['request', 'until', 'everyMs'], {
      request: request('asks how far it is'),
      until: cel('the answer is whole; rows are read of such an answer alone'),
      everyMs,
      partial: {
        description:
          'rows of an answer that is not whole yet are final: none changes, none goes. They become offers at once, and stay where ' +
          'the time ends before the answer is whole (PARTIAL; without this TIMED_OUT, and no rows)',
        type: 'boolean',
      },
    }),
    paging: object('how further pages are known and asked for: one of cursor, link and more', [], {
      cursor: cel('what the next request passes on as cursor; absent on the last page'),
      link: cel('URL of the next page, below the endpoint; absent on the last page'),
      more: cel(
        'there is another page; page is the number of this one, offset counts the elements received of the outermost list of rows',
      ),
      request: request('the request for a further page, where it is not the search again'),
    }),
    failures: object('how answers say what went wrong', [], {
      stated: cel('the answer is a failure whatever its status'),
      empty: cel('the answer means: nothing found'),
      kind: cel(`kind of failure (${failureKinds}); where it names none, the status counts`),
      detail: cel('what went wrong, for a person'),
      retryAfterSeconds: value('seconds after which the partner may be asked again'),
      gone: cel(
        'the offer that was asked for again is no longer sold; so is one that is not among the rows of the answer',
      ),
    }),
    quota: object(
      'what any answer says is left of a quota, where it does so in headers or fields of its own (the README names the headers ' +
        'that are known by themselves); reads headers, body, status and now; while none is left the partner is not asked',
      ['remaining'],
      {
        remaining: cel('requests that may still be sent'),
        resetSeconds: value('seconds from now until the quota is whole again'),
        resetAt: cel('when it is, in place of that: an ISO 8601 moment with an offset, or a timestamp'),
      },
    ),
    answer: named(
      'names for what several expressions share of an answer, each may read those above it; joins, rows and failures may read them',
      cel('its value'),
    ),
    warning: {
      description:
        "the partner's own warnings beside rows, one CEL or several; one that says something makes the outcome partial",
      anyOf: [
        { type: 'string', minLength: 1 },
        { type: 'array', minItems: 1, items: { type: 'string', minLength: 1 } },
      ],
    },
    joins: named(
      'elements of the answer by key, read as <name>[key]; each may read those above it',
      object('a join', ['each', 'key'], {
        each: cel('the elements'),
        key: cel('the key of an element, called it: a text or a whole number'),
        all: {
          description:
            'several elements may have a key: <name>[key] is the list of them, in their order; otherwise the last counts',
          type: 'boolean',
        },
      }),
    ),
    rates: object(
      'rates that the partner converts at itself, where its terms say that they hold for its prices: they come before the rate table, ' +
        'and every explained price names the partner. One that is none, old or of the future leaves its rows without a price',
      ['each', 'from', 'to', 'rate'],
      {
        each: cel('the elements of the answer that are rates'),
        from: cel('the currency that is converted, called it: an ISO 4217 code'),
        to: cel('the currency that comes out'),
        rate: cel('units of it for one of the other, a decimal'),
        date: cel('its day, or the moment that begins with it, ISO 8601; without it, the day of the answer'),
      },
    ),
    rows: searchRows,
    mapping,
    verify: object('asks again for one row', ['request'], {
      steps: steps(
        "requests before it, as before a search; they, take and until may read the row's values and what the search's own steps took, and what they take holds for the verified row",
      ),
      request: request("what is sent; may read the row's values"),
      ...waiting,
      rows: rows(
        `${rowsText}. Under the names of rows; each may read the row's own values under these names, as far as no loop before it has given them new ones, and those of mapping.let`,
      ),
      keep: {
        description:
          "names of answer and joins that stay as they were in the answer to the search where the new answer has nothing for them (absent, or a join without elements). All others are the new answer's alone, so that no price of before is taken for one of now",
        type: 'array',
        minItems: 1,
        items: { type: 'string' },
      },
      single: { description: 'the answer is about this row alone, and counts also under another id', type: 'boolean' },
    }),
    handoff: {
      ...object('the way on: a link for the shopper where there is one, else a token for the booking API', [], {
        steps: steps(
          "requests where the partner has to be asked for the way on; they, take and until may read the row's values and click, url and token what they take",
        ),
        url: cel('the link; click is the id of the click'),
        token: cel('the token'),
      }),
      anyOf: [{ required: ['url'] }, { required: ['token'] }],
    },
  },
);
