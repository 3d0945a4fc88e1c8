// The API's document, for tools and the console.
import type { FastifyInstance } from 'fastify';
import { noViews, type ViewSource, type Views } from '../views/views.ts';
import { compressedOnce } from './compression.ts';
import { entityTag, sendTagged } from './conditional.ts';
import { openApiDocument } from './openapi.ts';

/**
 * Adds /openapi.json: made when it is first asked for, since it takes longer than anything else at start, and anew when there are other
 * views.
 */
export function documentRoute(app: FastifyInstance, source: ViewSource = { current: noViews }): void {
  let made: { readonly body: Buffer; readonly tag: string; readonly views: Views } | undefined;
  app.get('/openapi.json', async (request, reply) => {
    const { current: views } = source;
    if (made?.views !== views) {
      const body = compressedOnce(Buffer.from(JSON.stringify(openApiDocument(views.all), null, 2)));
      made = { body, tag: entityTag(body), views };
    }
    return sendTagged(request, reply, made.body, made.tag);
  });
}
