// Serves the page at `/` and its files under `/console/`.
import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { EntrepotError } from '../../../../libs/errors/index.ts';
import { type BuiltFile, builtFiles, encodingFor } from './files.ts';

/** Adds the page. The files are read when somebody first asks for one, so that a process without a console costs nothing. */
export function consoleRoutes(app: FastifyInstance, read: typeof builtFiles = builtFiles): void {
  let reading: ReturnType<typeof builtFiles> | undefined;
  const files = async (): ReturnType<typeof builtFiles> => {
    reading ??= read();
    const found = await reading;
    // Whoever builds it now need not restart the edge.
    if (found.size === 0) reading = undefined;
    return found;
  };

  app.get('/', async (request, reply) => {
    const page = (await files()).get('index.html');
    if (page !== undefined) return send(request, reply, page);
    return reply
      .status(503)
      .type('text/plain; charset=utf-8')
      .send('The console is not built. Run `npm run build:console`, then load this page again.\n');
  });

  app.get<{ Params: { '*': string } }>('/console/*', async (request, reply) => {
    const file = (await files()).get(request.params['*']);
    if (file !== undefined) return send(request, reply, file);
    throw new EntrepotError({
      reason: 'ROUTE_NOT_FOUND',
      message: `The console has no file ${request.params['*']}; a page of an earlier build is loaded anew.`,
    });
  });
}

function send(request: FastifyRequest, reply: FastifyReply, file: BuiltFile): FastifyReply {
  const encoding = encodingFor(file, request.headers['accept-encoding']);
  const body = file.encodings[encoding] ?? file.encodings.identity;
  const tag = tagOf(body);
  reply.headers({
    vary: 'accept-encoding',
    etag: tag,
    'cache-control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
  });
  if (request.headers['if-none-match'] === tag) return reply.status(304).send();
  if (encoding !== 'identity') reply.header('content-encoding', encoding);
  return reply.type(file.type).send(body);
}

const tags = new WeakMap<Buffer, string>();

function tagOf(body: Buffer): string {
  const known = tags.get(body);
  if (known !== undefined) return known;
  const tag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  tags.set(body, tag);
  return tag;
}
