// What operators and tools ask: is it alive, is it ready, what has it measured.
import type { FastifyInstance } from 'fastify';

/** Says which parts cannot serve: empty when searches can be served. */
export type Readiness = () => Promise<readonly { readonly service: string; readonly reason: string }[]>;

/** Adds /healthz, /readyz and /metrics. */
export function operationRoutes(app: FastifyInstance, readiness: Readiness, metricsText: () => Promise<string>): void {
  // Alive as soon as it answers: a liveness probe that looked further down would restart a healthy edge.
  app.get('/healthz', async (_request, reply) => reply.send({ status: 'ok' }));

  app.get('/readyz', async (_request, reply) => {
    const missing = await readiness();
    return reply
      .status(missing.length === 0 ? 200 : 503)
      .send({ status: missing.length === 0 ? 'ready' : 'not ready', missing });
  });

  app.get('/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metricsText()),
  );
}
