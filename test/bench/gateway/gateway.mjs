// Hive Gateway over the benchmark's partners, as its documentation would have it: each partner a JSON source of its own, composed
// into one supergraph by Mesh, and a resolver beside them that asks all of them and makes the page that Entrepot makes: the price that
// a client in Great Britain is shown, each flight once at its lowest price, sorted, the first twenty.
//
//   node gateway.mjs <partner url> <partners> <pounds a euro> [--cache]      with --cache its response cache keeps whole answers
import { createServer } from 'node:http';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';
import InMemoryLRUCache from '@graphql-mesh/cache-inmemory-lru';
import { getComposedSchemaFromConfig } from '@graphql-mesh/compose-cli';
import rest from '@graphql-mesh/transport-rest';
import { loadJSONSchemaSubgraph } from '@omnigraph/json-schema';
import { Kind } from 'graphql';

const [partnerUrl, count, poundsPerEuro, cache] = process.argv.slice(2);
const pounds = { GBP: 1, EUR: Number(poundsPerEuro) };
const names = Array.from({ length: Number(count) }, (_, index) => `P${index}`);

const text = { type: 'string' };
const whole = { type: 'integer' };
const flag = { type: 'boolean' };
const answer = {
  type: 'object',
  title: 'Answer',
  properties: {
    offers: {
      type: 'array',
      items: {
        type: 'object',
        title: 'Flight',
        properties: {
          id: text,
          price: text,
          tax: text,
          currency: text,
          carrier: text,
          number: text,
          operator: text,
          from: text,
          to: text,
          departs: text,
          arrives: text,
          minutes: whole,
          via: text,
          cabin: text,
          brand: text,
          bags: whole,
          refundable: flag,
          changeable: flag,
          co2: whole,
          aircraft: text,
          terminal: text,
          basis: text,
          note: text,
        },
      },
    },
  },
};

const quiet = { debug() {}, info() {}, warn() {}, log() {}, error: console.error, child: () => quiet };

const supergraph = await getComposedSchemaFromConfig(
  {
    subgraphs: names.map((name, index) => ({
      sourceHandler: loadJSONSchemaSubgraph(name, {
        endpoint: `${partnerUrl}/compact/${index}`,
        operations: [
          {
            type: 'Query',
            field: `search${index}`,
            path: '/search?date={args.date}',
            method: 'GET',
            argTypeMap: { date: { type: 'string' } },
            responseSchema: answer,
            responseTypeName: 'Answer',
          },
        ],
      }),
    })),
  },
  quiet,
);

/** Pence that are shown: converted, a margin of 2.5 %, and of that 1 % off a seat in economy on a flight without a stop. */
function shownPence({ price, currency, via, cabin }) {
  const withMargin = Number(price) * pounds[currency] * 1.025;
  return Math.round((via === '' && cabin === 'ECONOMY' ? withMargin * 0.99 : withMargin) * 100);
}

/** Each flight once, at its lowest price, the cheapest first. */
function page(answers, first) {
  const flights = new Map();
  for (const { offers } of answers) {
    for (const offer of offers) {
      const flight = `${offer.carrier}${offer.number} ${offer.departs}`;
      const pence = shownPence(offer);
      const known = flights.get(flight);
      if (known === undefined || pence < known.pence) flights.set(flight, { offer, pence });
    }
  }
  return [...flights.values()]
    .sort((one, other) => one.pence - other.pence)
    .slice(0, first)
    .map(({ offer, pence }) => ({ ...offer, price: (pence / 100).toFixed(2), currency: 'GBP' }));
}

const field = (name, selectionSet) => ({ kind: Kind.FIELD, name: { kind: Kind.NAME, value: name }, selectionSet });

/** The fields that the client selects of flights, and the stop that the price depends on, are what is asked of each partner. */
const offersOf = ({ selections }) => ({
  kind: Kind.SELECTION_SET,
  selections: [field('offers', { kind: Kind.SELECTION_SET, selections: [...selections, field('via')] })],
});

const gateway = createGatewayRuntime({
  supergraph,
  transports: { rest },
  logging: false,
  maskedErrors: true,
  graphiql: false,
  landingPage: false,
  additionalTypeDefs: 'extend type Query { cheapest(date: String!, first: Int!): [Flight!]! }',
  additionalResolvers: {
    Query: {
      cheapest: async (root, args, context, info) => {
        const answers = await Promise.all(
          names.map((name, index) =>
            context[name].Query[`search${index}`]({
              root,
              args: { date: args.date },
              context,
              info,
              selectionSet: offersOf,
            }),
          ),
        );
        return page(answers, args.first);
      },
    },
  },
  ...(cache === '--cache' && { cache: new InMemoryLRUCache(), responseCaching: { session: () => null, ttl: 600_000 } }),
});

const server = createServer(gateway);
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
process.once('SIGTERM', () => process.exit(0));
