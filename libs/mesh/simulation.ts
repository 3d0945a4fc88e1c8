import { Admission, type AdmissionOptions, type Place } from './admission.ts';
import { Queueing } from './queueing.ts';

/** A server on one core whose calls wait for partners: how it is built and what comes to it. */
export interface Simulated {
  /** Between a call's arrival and its partners' answers, in milliseconds. */
  readonly partnersMs: number;
  /** How far partners' times lie apart: 0.2 is a fifth either way. */
  readonly spread: number;
  /** Pieces of work that a call brings once its partners have answered. */
  readonly pieces: number;
  /** What a piece takes of the core, in milliseconds. */
  readonly pieceMs: number;
  /** What refusing a call takes of the core, in milliseconds. */
  readonly refusalMs: number;
  /** The core is taken away for so long again and again, evenly random at so many times a second. Default: never. */
  readonly stalls?: { readonly ms: number; readonly rate: number };
  /** Load, phase by phase: calls a second, evenly random. */
  readonly phases: readonly {
    readonly rate: number;
    readonly seconds: number;
    /** Who calls, at random. Default: nobody in particular. */
    readonly clients?: readonly string[];
    /** Of the phase alone. */
    readonly partnersMs?: number;
  }[];
  readonly seed: number;
}

/** What became of one call, in milliseconds from the start. */
export interface Ended {
  readonly at: number;
  readonly client: string;
  /** Undefined: refused. */
  readonly tookMs: number | undefined;
}

interface Event {
  readonly at: number;
  run(): void;
}

/** Runs calls through an admission on a clock of its own: the same every time, in no time. */
export function simulate(server: Simulated, options: AdmissionOptions): { ended: Ended[]; limits: number[] } {
  const random = randomOf(server.seed);
  const events: Event[] = [];
  let now = 0;
  const after = (ms: number, run: () => void): void => insert(events, { at: now + ms, run });
  const queueing = new Queueing(() => now);
  queueing.probe = () => {};
  const admission = new Admission('simulated', options, { queueing, clock: () => now, delay: { currentMs: 0 } });
  const ended: Ended[] = [];
  const limits: number[] = [];

  let freeAt = 0;
  /** Has the core work on something, after everything that came before. */
  const work = (ms: number, then: () => void): number => {
    const begins = Math.max(now, freeAt);
    freeAt = begins + ms;
    after(freeAt - now, then);
    return begins - now;
  };
  const serve = (at: number, client: string, place: Place, partnersMs: number): void => {
    let left = server.pieces;
    const done = (): void => {
      if (--left > 0) return;
      place.leave();
      ended.push({ at, client, tookMs: now - at });
    };
    for (let piece = 0; piece < server.pieces; piece++) {
      const answersAfter = partnersMs * (1 + server.spread * (2 * random() - 1));
      after(answersAfter, () => queueing.waited(work(server.pieceMs, done)));
    }
  };
  const arrive = (client: string, partnersMs: number): void => {
    const at = now;
    try {
      serve(at, client, admission.enter('call', client), partnersMs);
    } catch {
      work(server.refusalMs, () => {});
      ended.push({ at, client, tookMs: undefined });
    }
    limits.push(admission.limit ?? Number.NaN);
  };
  let from = 0;
  for (const { rate, seconds, clients = [''], partnersMs = server.partnersMs } of server.phases) {
    for (let at = from + gap(rate, random); at < from + seconds * 1_000; at += gap(rate, random)) {
      insert(events, { at, run: () => arrive(clients[Math.floor(random() * clients.length)] ?? '', partnersMs) });
    }
    from += seconds * 1_000;
  }
  if (server.stalls !== undefined) {
    const { ms, rate } = server.stalls;
    for (let at = gap(rate, random); at < from; at += gap(rate, random)) {
      insert(events, { at, run: () => work(ms, () => {}) });
    }
  }
  for (let event = events.pop(); event !== undefined; event = events.pop()) {
    now = event.at;
    event.run();
  }
  return { ended, limits };
}

function gap(rate: number, random: () => number): number {
  return (-Math.log(1 - random()) / rate) * 1_000;
}

/** Keeps the latest first, so that the next one is taken off the end; of the same time, what came first is next. */
function insert(events: Event[], event: Event): void {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events[middle] as Event).at <= event.at) high = middle;
    else low = middle + 1;
  }
  events.splice(low, 0, event);
}

/** Evenly spread numbers from 0 to 1 (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
