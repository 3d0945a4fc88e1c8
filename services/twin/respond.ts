import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { bodyOf } from './bodies.ts';
import { drifter } from './drift.ts';
import type { Answer, Streamed } from './formats/format.ts';
import type { Fate, Malformation, Scenario } from './scenario.ts';
import { drained, stream } from './stream.ts';

/** Below this, compressing saves nothing. */
const smallestZipped = 1_400;
const chunkBytes = 65_536;

/**
 * Sends an answer, with what is to go wrong while it is sent. Resolves when it is sent or the client has gone; rejects with
 * AbortError when the signal says that nobody waits any more.
 */
export async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  fate: Fate,
  scenario: Scenario,
  compress: boolean,
  signal: AbortSignal,
): Promise<void> {
  if (typeof answer.body !== 'string' && 'chunks' in answer.body) {
    // A long body is malformed by where it ends or how it is called; the other ways need it whole.
    const zipped = compress && acceptsGzip(request);
    return stream(response, { ...answer, body: answer.body }, fate, scenario, zipped, signal);
  }
  const given: Whole = { ...answer, body: answer.body };
  const whole = fate.drifted ? drifted(given, scenario) : given;
  const sent = fate.fault === 'malformed' ? malform(whole, fate.malformation) : whole;
  const plain = typeof sent.body === 'string' ? Buffer.from(sent.body) : sent.body.plain;
  const headers: Record<string, string> = { ...sent.headers, 'content-type': sent.contentType };
  if (fate.fault === 'drop') return drop(response, sent.status, headers, plain);
  if (fate.huge) return pad(response, sent.status, headers, plain, scenario.hugeBytes, signal);
  if (fate.drip) return drip(response, sent.status, headers, plain, scenario.dripMs, signal);
  let body = plain;
  if (compress && typeof sent.body !== 'string' && plain.length >= smallestZipped && acceptsGzip(request)) {
    body = await sent.body.zipped();
    headers['content-encoding'] = 'gzip';
  }
  headers['content-length'] = `${body.length}`;
  response.writeHead(sent.status, headers).end(body);
}

function acceptsGzip(request: IncomingMessage): boolean {
  return /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
}

/** An answer that is there before it is sent. */
type Whole = Answer & { readonly body: Exclude<Answer['body'], Streamed> };

function drifted(answer: Whole, { drift }: Scenario): Whole {
  const text = typeof answer.body === 'string' ? answer.body : answer.body.plain.toString();
  return { ...answer, body: bodyOf(drifter(answer.contentType, drift)(text)) };
}

function malform(answer: Whole, how: Malformation): Whole {
  const body = typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body.plain;
  switch (how) {
    case 'truncated':
      return { ...answer, body: body.subarray(0, Math.floor(body.length * 0.6)).toString() };
    case 'html':
      return {
        status: 200,
        contentType: 'text/html; charset=utf-8',
        body: '<!DOCTYPE html>\n<html><head><title>Scheduled maintenance</title></head><body><h1>We will be back soon</h1></body></html>\n',
      };
    case 'contentType':
      return { ...answer, contentType: 'application/octet-stream' };
    case 'entityBomb':
      return {
        ...answer,
        body: /xml/.test(answer.contentType) ? entityBomb() : `${'['.repeat(200_000)}${']'.repeat(200_000)}`,
      };
  }
}

/** Ten entities, each ten times the one before: a parser that resolves them makes 10 billion characters of them. */
function entityBomb(): string {
  const lines = Array.from({ length: 10 }, (_, level) => {
    const value = level === 0 ? 'twintwintw' : `&e${level - 1};`.repeat(10);
    return `<!ENTITY e${level} "${value}">`;
  });
  return `<?xml version="1.0"?><!DOCTYPE bomb [${lines.join('')}]><SOAP:Envelope xmlns:SOAP="http://schemas.xmlsoap.org/soap/envelope/"><SOAP:Body>&e9;</SOAP:Body></SOAP:Envelope>`;
}

/** Promises the whole body and cuts the connection after half of it. */
async function drop(
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: Buffer,
): Promise<void> {
  response.writeHead(status, { ...headers, 'content-length': `${body.length + 1}` });
  const { promise, resolve } = Promise.withResolvers<void>();
  response.write(body.subarray(0, Math.ceil(body.length / 2)), () => resolve());
  response.once('close', resolve);
  await promise;
  response.destroy();
}

/** The body, then white space, which is allowed after JSON and XML, as fast as the client takes it. */
async function pad(
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: Buffer,
  bytes: number,
  signal: AbortSignal,
): Promise<void> {
  response.writeHead(status, headers);
  response.write(body);
  const space = Buffer.alloc(chunkBytes, ' ');
  for (let left = bytes - body.length; left > 0; left -= chunkBytes) {
    signal.throwIfAborted();
    if (!response.write(left >= chunkBytes ? space : space.subarray(0, left))) await drained(response);
  }
  response.end();
}

/** The body in twenty pieces, the first at once, evenly over the time. */
async function drip(
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: Buffer,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  response.writeHead(status, { ...headers, 'content-length': `${body.length}` });
  const piece = Math.max(1, Math.ceil(body.length / 20));
  for (let at = 0; at < body.length; at += piece) {
    if (at > 0) await sleep(ms / 19, undefined, { signal });
    response.write(body.subarray(at, at + piece));
  }
  response.end();
}
