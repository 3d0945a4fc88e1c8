import { setTimeout as sleep } from 'node:timers/promises';
import type { PushConfig } from './config.ts';
import { drifter } from './drift.ts';
import {
  editionAt,
  type Message,
  type Pusher,
  type Seller,
  type Surroundings,
  type Verdict,
} from './formats/format.ts';
import { drawsOf, fractionOf } from './random.ts';
import { fateOf } from './scenario.ts';

/** What is to be pushed. */
export interface PushOrder {
  /** One of the format's kinds: "full" and "changes" are in all. Default: "changes". */
  readonly kind?: string;
  /** URL that takes the messages. Default: the configured one, or the configured account's. */
  readonly target?: string;
  /** At most this many products, stocks or hotels, of kinds that take them one by one. Default: all. */
  readonly count?: number;
  /** End it where nobody answers to a message, however often it is tried: the rest would fare no better. Default: go on. */
  readonly untilUnanswered?: boolean;
}

/** What became of a message. */
export interface Delivery {
  readonly id: string;
  readonly label: string;
  /** Why it was sent: as a message, as one sent twice, once more at the end, or made up. */
  readonly as: 'message' | 'duplicate' | 'replay' | 'forged';
  readonly attempts: number;
  /** Of the last attempt; 0 where nobody answered. */
  readonly status: number;
  readonly outcome: Verdict['outcome'];
  readonly note?: string;
}

/** What became of a push. */
export interface PushReport {
  readonly kind: string;
  /** The edition of the range that was told of. */
  readonly edition: number;
  /** Messages by outcome, forged ones and second sendings left out. */
  readonly accepted: number;
  readonly advisory: number;
  readonly warning: number;
  readonly refused: number;
  readonly attempts: number;
  /** It ended early, for nobody answered. */
  readonly unanswered: boolean;
  /** What the platform asked to be sent next. */
  readonly wants: readonly string[];
  /** The last 200. */
  readonly deliveries: readonly Delivery[];
}

/** What a push works with. */
export interface PushSite {
  readonly surroundings: Surroundings;
  readonly seller: Seller;
  readonly pusher: Pusher;
  readonly config: PushConfig;
  /** Number of the push at this seller. */
  readonly number: number;
  readonly now: () => number;
  /** Where the platform takes messages, "http://127.0.0.1:7012"; undefined while it does not yet. */
  readonly ingressUrl: () => string | undefined;
  readonly signal: AbortSignal;
}

const keptDeliveries = 200;
const keptReplays = 100;

/**
 * Sends messages one after the other, each until it is accepted or has been tried often enough, with what the scenario says
 * is to go wrong. A platform that refuses is no error: the report says so.
 *
 * @throws RangeError for a kind that the format does not have, and without a target
 */
export async function push(site: PushSite, order: PushOrder): Promise<PushReport> {
  const { seller, pusher, config } = site;
  const kind = order.kind ?? 'changes';
  const fixed = order.target ?? config.target;
  // Looked up for every attempt: the platform may come up, or move, meanwhile.
  const target = (): string | undefined => {
    if (fixed !== undefined) return fixed;
    const ingress = site.ingressUrl();
    return ingress && `${ingress}/push/${config.account}`;
  };
  if (!pusher.kinds.includes(kind)) throw new RangeError(`there is no push "${kind}", only ${pusher.kinds.join(', ')}`);
  if (fixed === undefined && config.account === undefined)
    throw new RangeError(`seller ${seller.name} has no target to push to`);
  // Telling of changes is what makes them: the range moves on by one edition.
  if (kind === 'changes') seller.edition++;
  const now = site.now();
  const report = { accepted: 0, advisory: 0, warning: 0, refused: 0, attempts: 0 };
  const wants = new Set<string>();
  const deliveries: Delivery[] = [];
  const replays: Message[] = [];
  let unanswered = false;

  const send = async (message: Message, as: Delivery['as']): Promise<void> => {
    const tried = as === 'message' ? config.attempts : 1;
    const { status, verdict, attempts } = await deliver(site, target, message, tried);
    report.attempts += attempts;
    if (as === 'message') {
      report[verdict.outcome]++;
      unanswered ||= status === 0;
      for (const each of verdict.wants ?? []) wants.add(each);
    }
    if (deliveries.length === keptDeliveries) deliveries.shift();
    const note = verdict.note === undefined ? {} : { note: verdict.note };
    deliveries.push({ id: message.id, label: message.label, as, attempts, status, outcome: verdict.outcome, ...note });
  };

  const sendAsFated = async (message: Message): Promise<void> => {
    const fate = messageFate(site, message);
    if (fate.forged) await send(pusher.forge(message), 'forged');
    await send(message, 'message');
    if (fate.duplicated) await send(message, 'duplicate');
    if (fate.replayed && replays.length < keptReplays) replays.push(message);
  };

  let held: Message | undefined;
  const count = order.count ?? Number.POSITIVE_INFINITY;
  for (const made of pusher.messages(site.surroundings, seller, { kind, count, number: site.number }, now)) {
    const message = drifted(site, made);
    if (unanswered && order.untilUnanswered === true) break;
    if (held === undefined && messageFate(site, message).late) {
      held = message;
      continue;
    }
    await sendAsFated(message);
    if (held !== undefined) await sendAsFated(held);
    held = undefined;
  }
  const ended = unanswered && order.untilUnanswered === true;
  if (held !== undefined && !ended) await sendAsFated(held);
  for (const message of ended ? [] : replays) await send(message, 'replay');
  return { kind, edition: editionAt(seller, now), ...report, unanswered: ended, wants: [...wants], deliveries };
}

function messageFate({ seller, surroundings }: PushSite, message: Message) {
  const { reorderShare, duplicateShare, replayShare, forgeShare } = seller.scenario;
  const draws = drawsOf(`${surroundings.world.seed}|push|${seller.name}|${message.id}`);
  return {
    late: draws.chance(reorderShare),
    duplicated: draws.chance(duplicateShare),
    replayed: draws.chance(replayShare),
    forged: draws.chance(forgeShare),
  };
}

function drifted({ seller, surroundings, pusher }: PushSite, message: Message): Message {
  const { driftShare, drift } = seller.scenario;
  if (fractionOf(`${surroundings.world.seed}|drift|${seller.name}|${message.id}`) >= driftShare) return message;
  const body = drifter(message.headers['content-type'] ?? '', drift)(message.body.toString());
  return pusher.seal(seller, message, Buffer.from(body));
}

async function deliver(
  site: PushSite,
  target: () => string | undefined,
  message: Message,
  attempts: number,
): Promise<{ status: number; verdict: Verdict; attempts: number }> {
  const { seller, pusher, config, signal } = site;
  const { seed } = site.surroundings.world;
  let status = 0;
  let verdict: Verdict = { outcome: 'refused', retry: true };
  for (let attempt = 1; ; attempt++) {
    const number = drawsOf(`${message.id}|${attempt}`).integer(0, 2 ** 31);
    const { delayMs, fault } = fateOf(seller.scenario, seed, seller.name, number);
    if (delayMs > 0) await sleep(delayMs, undefined, { signal });
    // A body cut short keeps the signature of the whole one.
    const body = fault === 'malformed' ? message.body.subarray(0, Math.floor(message.body.length * 0.6)) : message.body;
    try {
      const url = target();
      if (url === undefined) throw new Error('the platform takes no messages yet');
      const response = await fetch(url, {
        method: 'POST',
        headers: message.headers,
        body: new Uint8Array(body),
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(pusher.timeoutMs)]),
      });
      verdict = pusher.read(message, response.status, await response.text());
      status = response.status;
    } catch (error) {
      signal.throwIfAborted();
      status = 0;
      verdict = { outcome: 'refused', retry: true, note: reasonOf(error) };
    }
    if (!verdict.retry || attempt >= attempts) return { status, verdict, attempts: attempt };
    await sleep(Math.min(600_000, config.retryMs * 2 ** (attempt - 1)), undefined, { signal });
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : `${cause}`;
}
