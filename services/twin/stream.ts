import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { constants, createGzip } from 'node:zlib';
import { drifter } from './drift.ts';
import type { Answer, Streamed } from './formats/format.ts';
import type { Fate, Scenario } from './scenario.ts';

/**
 * Sends a body while it is made, as fast as the client takes it, in constant memory. Resolves when it is sent or the client
 * has gone; rejects with AbortError when the signal says that nobody waits any more.
 */
export async function stream(
  response: ServerResponse,
  answer: Answer & { readonly body: Streamed },
  fate: Fate,
  scenario: Scenario,
  zipped: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { body } = answer;
  const contentType =
    fate.fault === 'malformed' && fate.malformation === 'contentType' ? 'application/octet-stream' : answer.contentType;
  const encode = zipped && !body.gzip;
  response.writeHead(answer.status, {
    ...answer.headers,
    'content-type': contentType,
    ...(encode ? { 'content-encoding': 'gzip' } : {}),
  });
  const cut = fate.fault === 'drop' || (fate.fault === 'malformed' && fate.malformation !== 'contentType');
  const drift = drifter(body.plainType, fate.drifted ? scenario.drift : []);
  const source = paced(body.chunks(cut ? 0.6 : 1), drift, fate, scenario, signal);
  if (fate.fault === 'drop') {
    for await (const chunk of source) if (!response.write(chunk)) await drained(response);
    response.destroy();
  } else if (body.gzip || encode) {
    const gzip = createGzip({ level: constants.Z_BEST_SPEED });
    await pipeline(Readable.from(source, { objectMode: true }), gzip, response, { signal });
  } else {
    for await (const chunk of source) {
      signal.throwIfAborted();
      if (!response.write(chunk)) await drained(response);
    }
    response.end();
  }
}

/** The pieces, the first twenty of them over the time that the scenario gives, and white space where the body is huge. */
async function* paced(
  chunks: Iterable<string>,
  drift: (text: string) => string,
  fate: Fate,
  scenario: Scenario,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let at = 0;
  for (const chunk of chunks) {
    if (fate.drip && at++ < 20) await sleep(scenario.dripMs / 20, undefined, { signal });
    yield drift(chunk);
  }
  if (!fate.huge) return;
  const space = ' '.repeat(65_536);
  for (let left = scenario.hugeBytes; left > 0; left -= space.length) yield space.slice(0, left);
}

/** Waits until more can be written, or the client has gone. */
export async function drained(response: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  response.once('drain', resolve);
  response.once('close', resolve);
  await promise;
  response.off('drain', resolve);
  response.off('close', resolve);
}
