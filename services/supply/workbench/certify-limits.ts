import { FailureKind, OutcomeStatus } from '../../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { ConcurrencyLimit } from '../concurrency.ts';
import { RequestRate } from '../request-rate.ts';
import { said } from './certify-faults.ts';
import type { FaultBench } from './fault-bench.ts';
import { type Check, check, untried } from './grade.ts';

/** A pace that is tried: fast enough not to be waited for, slow enough to be seen. */
const PACE_PER_SECOND = 25;
/** What a timer may be early. */
const TIMER_MS = 5;

/**
 * Looks at whether a partner's limits are kept.
 *
 * @param bench of a case with offers
 * @param paged of a case with several pages, if there is one
 */
export async function limitChecks(bench: FaultBench, paged: FaultBench | undefined): Promise<Check[]> {
  // What counts requests at the server is alone there.
  const alone = await concurrency(bench);
  const others = await Promise.all([
    pace(bench),
    quota(bench),
    bodies(bench),
    paged === undefined ? untried('limits', 'maxPages', 'no case has more than one page') : pages(paged),
  ]);
  return [alone, ...others];
}

async function concurrency(bench: FaultBench): Promise<Check> {
  const limit = new ConcurrencyLimit(2);
  bench.server.takePeak();
  const last = bench.requests.length - 1;
  await Promise.all(
    Array.from({ length: 6 }, () => bench.searchIn(bench.converse({ kind: 'wait', ms: 40 }, last), {}, { limit })),
  );
  const peak = bench.server.takePeak();
  const against = peak > 2 ? [`${peak} requests were under way at once where 2 are allowed`] : [];
  if (limit.active + limit.waiting > 0) against.push('places were not given back');
  return check('limits', 'concurrency', against);
}

/**
 * Requests of several searches at once go out evenly spaced, those of a conversation's steps too. Measured from before the
 * first to the last, which no load makes earlier.
 */
async function pace(bench: FaultBench): Promise<Check> {
  const rate = new RequestRate(PACE_PER_SECOND);
  const last = bench.requests.length - 1;
  const limit = new ConcurrencyLimit(3);
  // Logins are the account's, and need not wait for their turn.
  let paced = bench.hasToken ? -3 : 0;
  let lastAt = 0;
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: 3 }, () =>
      bench.searchIn(bench.converse({ kind: 'none' }, last), {}, { rate, limit }, () => {
        paced++;
        lastAt = performance.now();
      }),
    ),
  );
  const tookMs = lastAt - startedAt;
  const least = ((paced - 1) * 1_000) / PACE_PER_SECOND - TIMER_MS;
  const against = tookMs >= least ? [] : [`${paced} requests went out within ${Math.round(tookMs)} ms`];
  return check('limits', 'requestsPerSecond', against);
}

/** An answer says that nothing is left: what would come before the reset is not sent. */
async function quota(bench: FaultBench): Promise<Check> {
  const rate = new RequestRate(undefined);
  rate.learn({ 'ratelimit-remaining': '0', 'ratelimit-reset': '30' }, Date.now());
  const conversation = bench.converse({ kind: 'none' }, bench.requests.length - 1);
  let sent = bench.hasToken ? -1 : 0;
  const outcome = await bench.searchIn(conversation, { timeoutMs: 10_000 }, { rate }, () => sent++);
  const against =
    outcome.status === OutcomeStatus.RATE_LIMITED ? [] : [`a search without any left became ${said(outcome)}`];
  if (sent > 0) against.push(`${sent} requests were sent though none was left`);
  return check('limits', 'what RateLimit headers say is left', against);
}

async function bodies(bench: FaultBench): Promise<Check> {
  const last = bench.requests.length - 1;
  const { outcome } = await bench.search({ kind: 'none' }, last, { maxBodyBytes: bench.largestBody - 1 });
  const against = outcome.failure === FailureKind.TOO_LARGE ? [] : [`a body above it became ${said(outcome)}`];
  return check('limits', 'maxBodyBytes', against);
}

async function pages(bench: FaultBench): Promise<Check> {
  const last = bench.requests.length - 1;
  const whole = await bench.search({ kind: 'none' }, last, {});
  const { outcome } = await bench.search({ kind: 'none' }, last, { maxPages: 1 });
  // Of requests on the way to the first page, or between polls, there may be any number.
  if (outcome.requests === whole.outcome.requests) {
    return untried('limits', 'maxPages', 'every case has one page; its further requests are steps and polls');
  }
  const against =
    outcome.status === OutcomeStatus.PARTIAL ? [] : [`one of several pages became ${said(outcome)}, not partial`];
  return check('limits', 'maxPages', against);
}
