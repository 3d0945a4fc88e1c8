import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FailureKind, OutcomeStatus, RejectionReason } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { json, type PartnerServer, startPartner } from './testing/partner-server.ts';
import { type Rig, row, search, start, startRig } from './testing/rig.ts';

/** One partner misbehaves, the other is well: the first gets a typed outcome, the second is unharmed. */
describe('a partner that misbehaves', () => {
  let bad: PartnerServer;
  let good: PartnerServer;
  let rig: Rig;

  beforeAll(async () => {
    good = await startPartner((_, response) => json(response, { rows: [row(1), row(2)] }));
  });
  afterAll(() => good.close());

  beforeEach(async () => {
    bad = await startPartner((_, response) => json(response, { rows: [row(1)] }));
    rig = await startRig({
      bad: { adapter: 'plain', endpoint: bad.url },
      badxml: { adapter: 'plain-xml', endpoint: bad.url },
      good: { adapter: 'plain', endpoint: good.url },
    });
    return async () => {
      await rig.close();
      await bad.close();
    };
  });

  async function outcomeOf(partner: 'bad' | 'badxml', timeoutMs = 5_000) {
    const result = await search(rig, start({ partners: [partner, 'good'] }), { timeoutMs });
    expect(result.outcome('good')).toMatchObject({ status: OutcomeStatus.OK, offersKept: 2, detail: '' });
    return result.outcome(partner);
  }

  it('that hangs is TIMED_OUT before the deadline, and its connection is closed', async () => {
    bad.handler = () => {};
    expect(await outcomeOf('bad', 300)).toMatchObject({
      status: OutcomeStatus.TIMED_OUT,
      failure: FailureKind.TIMEOUT,
    });
    expect(await bad.aborted).toMatch('/search');
  });

  it('that hangs in the middle of the body is TIMED_OUT, and its connection is closed', async () => {
    bad.handler = (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).write('{"rows":[');
    const outcome = await outcomeOf('bad', 300);
    expect(outcome).toMatchObject({ status: OutcomeStatus.TIMED_OUT, failure: FailureKind.TIMEOUT });
    expect(outcome.detail).toContain('unfinished body');
    await bad.aborted;
  });

  it('that drips is TIMED_OUT though it never falls silent', async () => {
    bad.handler = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    };
    expect(await outcomeOf('bad', 400)).toMatchObject({ status: OutcomeStatus.TIMED_OUT });
    await bad.aborted;
  });

  it('that answers 500 is FAILED with what it said', async () => {
    bad.handler = (_, response) => json(response, { error: 'database on fire' }, 500);
    const outcome = await outcomeOf('bad');
    expect(outcome).toMatchObject({ status: OutcomeStatus.FAILED, failure: FailureKind.SERVER_ERROR });
    expect(outcome.detail).toBe('status 500: database on fire');
  });

  it('that answers 500 with HTML is FAILED by its status', async () => {
    bad.handler = (_, response) => response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>');
    expect(await outcomeOf('bad')).toMatchObject({ status: OutcomeStatus.FAILED, failure: FailureKind.SERVER_ERROR });
  });

  it('that sends its answers with 500, as SOAP does, is understood; an error page under that status is not', async () => {
    bad.handler = (_, response) => response.writeHead(500, { 'content-type': 'text/xml' }).end('<rows/>');
    expect(await outcomeOf('badxml')).toMatchObject({ status: OutcomeStatus.EMPTY, detail: '' });
    bad.handler = (_, response) => response.writeHead(500, { 'content-type': 'text/html' }).end('<h1>Sorry</h1>');
    expect(await outcomeOf('badxml')).toMatchObject({
      status: OutcomeStatus.FAILED,
      failure: FailureKind.SERVER_ERROR,
    });
  });

  it('that answers 429 is RATE_LIMITED, and not asked again until it may be', async () => {
    bad.handler = (_, response) => json(response, { error: 'slow down' }, 429, { 'retry-after': '30' });
    const outcome = await outcomeOf('bad');
    expect(outcome).toMatchObject({ status: OutcomeStatus.RATE_LIMITED, failure: FailureKind.RATE_LIMIT });
    expect(outcome.retryAfterMs).toBe(30_000);
    const again = await search(rig, start({ partners: ['bad', 'good'] }));
    expect(again.plan.asked).toEqual(['good']);
    expect(again.plan.skipped[0]).toMatchObject({ partner: 'bad', status: OutcomeStatus.RATE_LIMITED });
    expect(again.plan.skipped[0]!.retryAfterMs!).toBeGreaterThan(20_000);
    expect(bad.asked).toHaveLength(1);
  });

  it('that answers with HTML is FAILED as MALFORMED, whatever it calls it', async () => {
    bad.handler = (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Hello</html>');
    expect(await outcomeOf('bad')).toMatchObject({ status: OutcomeStatus.FAILED, failure: FailureKind.MALFORMED });
    bad.handler = (_, response) => json(response, '<!DOCTYPE html><html>Hello</html>');
    const outcome = await outcomeOf('bad');
    expect(outcome).toMatchObject({ status: OutcomeStatus.FAILED, failure: FailureKind.MALFORMED });
    expect(outcome.detail).toContain('HTML');
  });

  it('that truncates its JSON is FAILED as MALFORMED', async () => {
    const whole = JSON.stringify({ rows: [row(1), row(2)] });
    bad.handler = (_, response) => json(response, whole.slice(0, -20));
    const outcome = await outcomeOf('bad');
    expect(outcome).toMatchObject({ status: OutcomeStatus.FAILED, failure: FailureKind.MALFORMED });
    expect(outcome.detail).toContain('ends too early');
  });

  it('that closes the connection in the middle of its answer is FAILED as CONNECTION', async () => {
    bad.handler = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' }).write('{"rows":');
      setTimeout(() => response.destroy(), 20);
    };
    const outcome = await outcomeOf('bad');
    expect(outcome).toMatchObject({ status: OutcomeStatus.FAILED, failure: FailureKind.CONNECTION });
  });

  it('that sends a billion laughs is FAILED as MALFORMED, unexpanded', async () => {
    const entities = Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('');
    const bomb = `<?xml version="1.0"?><!DOCTYPE rows [<!ENTITY l0 "lol">${entities}]><rows>&l9;</rows>`;
    bad.handler = (_, response) => response.writeHead(200, { 'content-type': 'text/xml' }).end(bomb);
    const outcome = await outcomeOf('badxml');
    expect(outcome).toMatchObject({ status: OutcomeStatus.FAILED, failure: FailureKind.MALFORMED });
    expect(outcome.detail).toContain('document type or entities');
  });

  it('that truncates its XML is FAILED as MALFORMED', async () => {
    bad.handler = (_, response) =>
      response.writeHead(200, { 'content-type': 'text/xml' }).end('<rows><row id="1" hotel="H1">A</row><row id="2"/>');
    expect(await outcomeOf('badxml')).toMatchObject({ status: OutcomeStatus.FAILED, failure: FailureKind.MALFORMED });
  });

  it('that announces 50 MB is FAILED as TOO_LARGE before they come', async () => {
    bad.handler = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': `${50 * 1_048_576}` });
      response.write('{');
    };
    expect(await outcomeOf('bad')).toMatchObject({ status: OutcomeStatus.FAILED, failure: FailureKind.TOO_LARGE });
    await bad.aborted;
  });

  it('that sends 50 MB unannounced is FAILED as TOO_LARGE, and its connection is closed', async () => {
    let sent = 0;
    bad.handler = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const piece = Buffer.alloc(65_536, ' ');
      const write = (): void => {
        while (sent < 50 * 1_048_576 && !response.destroyed) {
          sent += piece.length;
          if (!response.write(piece)) {
            response.once('drain', write);
            return;
          }
        }
        response.end();
      };
      write();
    };
    expect(await outcomeOf('bad')).toMatchObject({ status: OutcomeStatus.FAILED, failure: FailureKind.TOO_LARGE });
    await bad.aborted;
    expect(sent).toBeLessThan(50 * 1_048_576);
  });

  it('that sends 50 MB compressed is FAILED as TOO_LARGE, not expanded beyond the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1_048_576, ' '));
    bad.handler = (_, response) =>
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(bomb);
    expect(await outcomeOf('bad')).toMatchObject({ status: OutcomeStatus.FAILED, failure: FailureKind.TOO_LARGE });
  });

  it('that is not there is FAILED as CONNECTION', async () => {
    await bad.close();
    expect(await outcomeOf('bad')).toMatchObject({ status: OutcomeStatus.FAILED, failure: FailureKind.CONNECTION });
  });

  it('that does not speak HTTP is FAILED as MALFORMED', async () => {
    bad.handler = (request) => request.socket.end('220 mail ready\r\n');
    expect(await outcomeOf('bad')).toMatchObject({ status: OutcomeStatus.FAILED, failure: FailureKind.MALFORMED });
  });

  it('that sends rows without a usable price loses those rows, each with its reason', async () => {
    const rows = [
      row(1, { amount: '-5.00' }),
      row(2, { currency: undefined }),
      row(3, { amount: 'NaN' }),
      row(4, { amount: undefined }),
      row(5, { amount: '1.234' }),
      row(6, { currency: 'XYZ' }),
      row(7, { expires: 1_000 }),
      row(8, { stars: Number.NaN as number }),
      row(9, { board: 'CAVIAR' }),
      row(10, { hotel: '' }),
      row(11),
    ];
    bad.handler = (_, response) => json(response, { rows });
    const outcome = await outcomeOf('bad');
    expect(outcome).toMatchObject({ status: OutcomeStatus.OK, rowsReceived: 11, offersKept: 2 });
    const counts = Object.fromEntries(outcome.rejections.map(({ reason, count }) => [reason, count]));
    expect(counts).toEqual({
      [RejectionReason.INVALID_AMOUNT]: 2,
      [RejectionReason.NEGATIVE_AMOUNT]: 1,
      [RejectionReason.INVALID_CURRENCY]: 2,
      [RejectionReason.INVALID_PRECISION]: 1,
      [RejectionReason.MISSING_FIELD]: 2,
      [RejectionReason.EXPIRED]: 1,
    });
    expect(outcome.rejections.every(({ example }) => example !== '')).toBe(true);
  });

  it('whose rows are all unusable is PARTIAL, never an empty success', async () => {
    bad.handler = (_, response) => json(response, { rows: [row(1, { amount: '-1.00' })] });
    const outcome = await outcomeOf('bad');
    expect(outcome).toMatchObject({ status: OutcomeStatus.PARTIAL, failure: FailureKind.MALFORMED, rowsReceived: 1 });
  });

  it('that is built otherwise than its format promises is FAILED as MALFORMED', async () => {
    bad.handler = (_, response) => json(response, { rows: 'none' });
    expect(await outcomeOf('bad')).toMatchObject({ status: OutcomeStatus.FAILED, failure: FailureKind.MALFORMED });
    bad.handler = (_, response) => json(response, 'null');
    expect(await outcomeOf('bad')).toMatchObject({ status: OutcomeStatus.FAILED, failure: FailureKind.MALFORMED });
    bad.handler = (_, response) => json(response, '{"rows":[],"__proto__":{"rows":[]}}');
    expect(await outcomeOf('bad')).toMatchObject({ status: OutcomeStatus.FAILED, failure: FailureKind.MALFORMED });
  });

  it('whose later page fails is PARTIAL: what came is kept', async () => {
    bad.handler = (request, response) =>
      request.url === '/page2'
        ? json(response, { error: 'oh' }, 503)
        : json(response, { rows: [row(1)], next: '/page2' });
    const outcome = await outcomeOf('bad');
    expect(outcome).toMatchObject({
      status: OutcomeStatus.PARTIAL,
      failure: FailureKind.SERVER_ERROR,
      offersKept: 1,
      requests: 2,
    });
    expect(outcome.detail).toContain('not every page came');
  });
});
