import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Conversation, FaultServer } from './fault-server.ts';

const answers = ['login', 'step', 'page'].map((body) => ({ status: 200, headers: {}, body: Buffer.from(body) }));
let server: FaultServer;
beforeAll(async () => {
  server = await FaultServer.start();
});
afterAll(() => server.close());

/** What some requests got: the status, and the body where there is one. */
async function asked(...paths: readonly string[]): Promise<string[]> {
  const got: string[] = [];
  for (const path of paths) {
    const response = await fetch(server.url + path, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
    got.push(response === undefined ? 'broken' : `${response.status} ${await response.text()}`.trim());
  }
  return got;
}

describe('a conversation', () => {
  it('is replayed in order, its last answer again and again', async () => {
    server.open('/a', new Conversation(answers));
    expect(await asked('/a/1', '/a/2', '/a/3', '/a/4')).toEqual(['200 login', '200 step', '200 page', '200 page']);
  });

  it('goes wrong where it is said, also for whoever tries once more', async () => {
    const one = server.open('/b', new Conversation(answers, { kind: 'answer', status: 503 }, 1));
    expect(one.isReached).toBe(false);
    expect(await asked('/b/1', '/b/2', '/b/2')).toEqual(['200 login', '503', '503']);
    expect(one.isReached).toBe(true);
    server.open('/c', new Conversation(answers, { kind: 'reset' }, 1));
    expect(await asked('/c/1', '/c/2', '/c/2')).toEqual(['200 login', 'broken', 'broken']);
  });

  it('refuses a token once, gives another, and goes on', async () => {
    server.open('/d', new Conversation(answers, { kind: 'refuseToken' }, 1));
    expect(await asked('/d/1', '/d/2', '/d/1', '/d/2', '/d/3')).toEqual([
      '200 login',
      '401',
      '200 login',
      '200 step',
      '200 page',
    ]);
  });

  it('goes on behind what a client does not ask for', async () => {
    const requests = ['GET /e/login', 'GET /e/step?a=1', 'GET /e/page'];
    server.open('/e', new Conversation(answers, { kind: 'none' }, 2, requests));
    expect(await asked('/e/step?a=2', '/e/page')).toEqual(['200 step', '200 page']);
  });

  it('is apart from others at the same time', async () => {
    server.open('/f', new Conversation(answers));
    server.open('/g', new Conversation(answers, { kind: 'truncated' }, 0));
    expect(await asked('/f/1', '/g/1', '/f/2')).toEqual(['200 login', '200 lo', '200 step']);
  });

  it('tells when its client hangs up', async () => {
    const one = server.open('/h', new Conversation(answers, { kind: 'hang' }, 0));
    const stop = new AbortController();
    const asking = fetch(`${server.url}/h/1`, { signal: stop.signal }).catch(() => 'gone');
    await one.reached;
    stop.abort();
    expect(await asking).toBe('gone');
    expect(await one.aborted(2_000)).toBe(true);
  });
});
