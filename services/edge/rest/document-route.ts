// The API's document, for tools and the console.
import type { FastifyInstance } from 'fastify';
import { compressedOnce } from './compression.ts';
import { entityTag, sendTagged } from './conditional.ts';
import { openApiDocument } from './openapi.ts';

/** Adds /openapi.json: made when it is first asked for, since it takes longer than anything else at start. */
export function documentRoute(app: FastifyInstance): void {
  let made: { readonly body: Buffer; readonly tag: string } | undefined;
  app.get('/openapi.json', async (request, reply) => {
    if (made === undefined) {
      const body = compressedOnce(Buffer.from(JSON.stringify(openApiDocument(), null, 2)));
      made = { body, tag: entityTag(body) };
    }
    return sendTagged(request, reply, made.body, made.tag);
  });
}
