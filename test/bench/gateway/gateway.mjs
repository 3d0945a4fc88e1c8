// Hive Gateway over the benchmark's partners, as its documentation would have it: each partner a JSON source of its own, composed
// into one supergraph by Mesh, and a resolver beside them that asks all of them, sorts by price and takes the first.
//
//   node gateway.mjs <partner url> <partners> [--cache]      with --cache its response cache keeps whole answers
import { createServer } from 'node:http';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';
import InMemoryLRUCache from '@graphql-mesh/cache-inmemory-lru';
import { getComposedSchemaFromConfig } from '@graphql-mesh/compose-cli';
import rest from '@graphql-mesh/transport-rest';
import { loadJSONSchemaSubgraph } from '@omnigraph/json-schema';
import { Kind } from 'graphql';

const [partnerUrl, count, cache] = process.argv.slice(2);
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

/** The fields that the client selects of flights are what is asked of each partner. */
const offersOf = (selectionSet) => ({
  kind: Kind.SELECTION_SET,
  selections: [{ kind: Kind.FIELD, name: { kind: Kind.NAME, value: 'offers' }, selectionSet }],
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
        return answers
          .flatMap(({ offers }) => offers)
          .sort((one, other) => Number(one.price) - Number(other.price))
          .slice(0, args.first);
      },
    },
  },
  ...(cache === '--cache' && { cache: new InMemoryLRUCache(), responseCaching: { session: () => null, ttl: 600_000 } }),
});

const server = createServer(gateway);
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
process.once('SIGTERM', () => process.exit(0));
