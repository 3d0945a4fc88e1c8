// REST in front of functions, for tests.

import Fastify, { type FastifyInstance } from 'fastify';
import { unnamedClients } from '../../../libs/clients/index.ts';
import { createAccess } from '../access/access.ts';
import { permitted } from '../api/gates.ts';
import { type Backend, type Gate, PublicApi } from '../api/public-api.ts';
import { beginCall, credentialsOf, endCall } from '../call.ts';
import { defaultPatience } from '../deadline.ts';
import { keepStreams } from '../streams/http.ts';
import { compressAnswers } from './compression.ts';
import { documentRoute } from './document-route.ts';
import { answerErrors, refusePath } from './errors.ts';
import { restRoutes } from './routes.ts';

/** Answers to methods, by service and function: {query: {getPage: …}}. */
export type Answers = Readonly<Record<string, Readonly<Record<string, (request: never) => unknown>>>>;

/** The routes over answers; to be asked by `inject`. */
export async function restApp(answers: Answers = {}, gates: readonly Gate[] = [permitted]): Promise<FastifyInstance> {
  const nobody = unnamedClients();
  const app = Fastify({ frameworkErrors: refusePath });
  const access = createAccess({ clients: () => nobody, loopback: true, trustClientHeader: false });
  app.addHook('onRequest', async (request, reply) => {
    request.call = beginCall(request, reply);
    request.call.identity = await access.identify(credentialsOf(request));
  });
  app.addHook('onResponse', async (request, reply) => endCall(request.call, reply.statusCode));
  answerErrors(app);
  keepStreams(app);
  await compressAnswers(app);
  const backends = Object.entries(answers).map(([area, methods]) => {
    const name = `${area.charAt(0).toUpperCase()}${area.slice(1)}Service`;
    return [`entrepot.${area}.v1.${name}`, methods as unknown as Backend] as const;
  });
  restRoutes(app, { api: new PublicApi(new Map(backends), gates), access, patience: defaultPatience });
  documentRoute(app);
  return app;
}
