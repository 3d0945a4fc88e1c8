// GraphQL at the edge: every protocol that its clients speak.
import type { FastifyInstance } from 'fastify';
import type { Door } from '../door.ts';
import { graphqlHttp } from './http.ts';
import { type GraphqlOptions, GraphqlServer } from './server.ts';
import { GraphqlSockets } from './websocket.ts';

/** Adds GraphQL at /graphql. */
export function graphqlRoutes(app: FastifyInstance, door: Door, options?: GraphqlOptions): void {
  const server = new GraphqlServer(options);
  graphqlHttp(app, door, server, new GraphqlSockets(door, server, app.streams.options));
}
