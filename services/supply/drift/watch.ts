import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Drift, DriftedField } from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { DriftKind } from '../../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { logger, observedGauge } from '../../../libs/telemetry/index.ts';
import { digestOfFolder } from '../folder-digest.ts';
import { driftAlarms, driftSamples } from '../metrics.ts';
import type { ConfiguredPartner } from '../partner.ts';
import { isRemote, type SupplyPartner } from '../remote/partner.ts';
import { readBaseline } from './baseline.ts';
import { writeEvidence } from './evidence.ts';
import { type LookedAt, type OpenDrift, PartnerDrift } from './partner-drift.ts';
import { kindOfAnswer } from './read-again.ts';
import { Sample, type SampledAnswer } from './sample.ts';
import { observe, Shape } from './shape.ts';

/** Options of {@link DriftWatch}. */
export interface DriftOptions {
  /**
   * Milliseconds between two conversations with a partner that are looked at; default 60,000, sensible 1,000 to 3,600,000; 0
   * looks at each. While a mapped field may have vanished it is a twentieth.
   */
  readonly intervalMs?: number;
  /** Where a cassette and a golden case are written for each alarm; absent: nowhere. */
  readonly directory?: string;
  /** Cases kept in it an adapter; default 5, sensible 1 to 50. More alarms are logged and counted all the same. */
  readonly cases?: number;
}

/** What is counted, at all times: what is no longer reported would keep its last number. */
const GAUGED: readonly { readonly kind: OpenDrift['kind']; readonly alarm: boolean }[] = [
  { kind: 'retyped', alarm: true },
  { kind: 'vanished', alarm: true },
  { kind: 'retyped', alarm: false },
  { kind: 'vanished', alarm: false },
  { kind: 'new', alarm: false },
  { kind: 'appeared', alarm: false },
];
const INTERVAL_MS = 60_000;
/** How much sooner the next conversation is looked at when something may have vanished. */
const SUSPICIOUS = 20;
const CASES = 5;
/** Looking holds up other work no longer than this at a time. */
const SLICE_MS = 2;
const log = logger('supply.drift');

/** A partner that is watched, or why it is not. */
interface Watched {
  readonly partner: ConfiguredPartner;
  readonly state: 'watched' | 'stale' | 'none';
  readonly drift: PartnerDrift | undefined;
  /** The baseline's text, to tell when it is another. */
  readonly text: string;
  samples: number;
  /** Epoch ms; 0 for never. */
  lastAt: number;
  /** Since the start of the process, ms. */
  nextAt: number;
  /** A conversation is being looked at. */
  isBusy: boolean;
}

/**
 * Holds a sample of each partner's live answers against the baseline that its folder was certified with. What the mapping
 * looks at and was not certified for is an alarm: logged once, counted, and written down as a golden case that fails.
 * Looking is done between turns of the event loop after the conversation is over.
 */
export class DriftWatch {
  readonly #intervalMs: number;
  readonly #directory: string | undefined;
  readonly #cases: number;
  readonly #endGauge: () => void;
  readonly #looking = new Set<Promise<void>>();
  #watched: ReadonlyMap<string, Watched> = new Map();
  /** Of every partner that there was. */
  readonly #names = new Set<string>();
  #isClosed = false;

  constructor({ intervalMs = INTERVAL_MS, directory, cases = CASES }: DriftOptions = {}) {
    this.#intervalMs = intervalMs;
    this.#directory = directory;
    this.#cases = cases;
    this.#endGauge = observedGauge(
      'entrepot.supply.drift.fields',
      { unit: '{field}', description: "Fields of partners' answers that are otherwise than certified" },
      (result) => {
        for (const partner of this.#names) {
          const open = this.#watched.get(partner)?.drift?.open ?? [];
          for (const { kind, alarm } of GAUGED) {
            const fields = open.filter((one) => one.kind === kind && one.alarm === alarm);
            result.observe(fields.length, { partner, kind, alarm });
          }
        }
      },
    );
  }

  /** Watches these partners, each by the baseline that its folder has now. Call whenever partners' files have changed. */
  follow(partners: ReadonlyMap<string, SupplyPartner>): void {
    const next = new Map<string, Watched>();
    for (const [name, partner] of partners) {
      if (isRemote(partner)) continue;
      this.#names.add(name);
      const before = this.#watched.get(name);
      const read = watchedOf(partner);
      const isSame = before?.partner === partner && before.state === read.state && before.text === read.text;
      next.set(name, isSame ? before : read);
      if (!isSame) for (const drift of before?.drift?.open ?? []) tellEnd(name, drift, 'certified anew');
    }
    this.#watched = next;
  }

  /** To be told of a conversation that begins; undefined where it is not one to look at. */
  begin(partner: ConfiguredPartner): Sample | undefined {
    const watched = this.#watched.get(partner.name);
    if (watched?.drift === undefined || watched.isBusy || watched.partner !== partner) return undefined;
    if (performance.now() < watched.nextAt) return undefined;
    watched.isBusy = true;
    return new Sample((sample) => {
      const looking = this.#look(watched, watched.drift!, sample).finally(() => this.#looking.delete(looking));
      this.#looking.add(looking);
    });
  }

  /** How a partner's live answers compare; undefined for one by address. */
  describe(name: string): Drift | undefined {
    const watched = this.#watched.get(name);
    if (watched === undefined) return undefined;
    return {
      baseline: watched.state,
      conversations: watched.samples,
      lookedAt: watched.lastAt === 0 ? undefined : Temporal.Instant.fromEpochMilliseconds(watched.lastAt),
      fields: (watched.drift?.open ?? []).map(described),
    };
  }

  /** Resolves when what has ended so far is looked at. */
  async settled(): Promise<void> {
    while (this.#looking.size > 0) await Promise.all(this.#looking);
  }

  /** Ends the watch. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#endGauge();
    await this.settled();
  }

  async #look(watched: Watched, drift: PartnerDrift, sample: Sample): Promise<void> {
    const { partner } = watched;
    const judged = sample.answers.filter(({ isFailure }) => !isFailure);
    try {
      // The answers are on their way by now; this work may wait.
      await nextTurn();
      if (judged.length === 0 || this.#isClosed) return;
      const pause = pauses();
      const looked = await lookAt(partner, drift, judged, pause);
      const now = Date.now();
      const { raised, reported, ended } = drift.judge(looked, now);
      watched.samples++;
      watched.lastAt = now;
      watched.nextAt = performance.now() + this.#intervalMs / (drift.isSuspicious ? SUSPICIOUS : 1);
      driftSamples.add(1, { partner: partner.name });
      if (reported.length > 0) tellHarmless(partner.name, reported);
      for (const one of ended) tellEnd(partner.name, one, 'as before');
      if (raised.length > 0) await this.#raise(partner, drift, sample, raised, pause);
    } catch (err) {
      log.error({ err, partner: partner.name }, 'answers cannot be looked at');
    } finally {
      watched.isBusy = false;
    }
  }

  async #raise(
    partner: ConfiguredPartner,
    drift: PartnerDrift,
    { answers }: Sample,
    raised: readonly OpenDrift[],
    pause: () => Promise<void>,
  ): Promise<void> {
    let evidence: string | undefined;
    if (this.#directory !== undefined) {
      const into = { directory: this.#directory, most: this.#cases };
      evidence = await writeEvidence(into, { partner, drift, answers, raised }, pause);
    }
    for (const one of raised) {
      if (evidence !== undefined) one.evidence = evidence;
      driftAlarms.add(1, { partner: partner.name, kind: one.kind });
      log.warn({ ...line(partner.name, one), manifest: partner.manifest.digest }, 'partner answers otherwise');
    }
  }
}

/** Lets other work be done when this has had its share of the turn. */
function pauses(): () => Promise<void> {
  let stop = performance.now() + SLICE_MS;
  return async () => {
    if (performance.now() < stop) return;
    await nextTurn();
    stop = performance.now() + SLICE_MS;
  };
}

async function lookAt(
  { manifest }: ConfiguredPartner,
  drift: PartnerDrift,
  answers: readonly SampledAnswer[],
  pause: () => Promise<void>,
): Promise<LookedAt[]> {
  const looked: LookedAt[] = [];
  for (const { body, context, rows } of answers) {
    const answer = kindOfAnswer(manifest, context);
    const baseline = drift.baseline(answer);
    if (baseline === undefined) continue;
    const shape = new Shape();
    for (const _ of observe(shape, body, manifest.format, baseline)) await pause();
    looked.push({ answer, shape, isBarren: rows === 0 && answer === 'search' });
  }
  return looked;
}

function watchedOf(partner: ConfiguredPartner): Watched {
  const baseline = readBaseline(partner.folder);
  const isCurrent = baseline?.manifest === digestOfFolder(partner.folder);
  return {
    partner,
    state: baseline === undefined ? 'none' : isCurrent ? 'watched' : 'stale',
    drift: baseline !== undefined && isCurrent ? new PartnerDrift(baseline) : undefined,
    text: JSON.stringify(baseline ?? null),
    samples: 0,
    lastAt: 0,
    nextAt: 0,
    isBusy: false,
  };
}

/** Fields that are named in one line of the log. */
const MOST_NAMED = 20;

/** In one line: a partner that adds something often adds a lot. */
function tellHarmless(partner: string, fields: readonly OpenDrift[]): void {
  const named = fields
    .slice(0, MOST_NAMED)
    .map(({ kind, answer, path, found }) => `${kind} ${answer} ${path}: ${found}`);
  const more = Math.max(0, fields.length - MOST_NAMED);
  log.info({ event: 'partner.drift', partner, alarm: false, fields: named, more }, 'partner answers otherwise');
}

function tellEnd(partner: string, drift: OpenDrift, because: string): void {
  log.info({ ...line(partner, drift), because }, 'partner no longer answers otherwise');
}

/** What is logged of a field: its place and types, never a value. */
function line(partner: string, { answer, kind, path, expected, found, alarm, evidence }: OpenDrift) {
  return { event: 'partner.drift', partner, answer, kind, path, expected, found, alarm, evidence };
}

function described({
  kind,
  answer,
  path,
  mapped,
  alarm,
  expected,
  found,
  since,
  evidence = '',
}: OpenDrift): DriftedField {
  return {
    kind: DriftKind[kind.toUpperCase() as 'NEW' | 'VANISHED' | 'RETYPED' | 'APPEARED'],
    answer,
    path,
    mapped,
    alarm,
    expected,
    found,
    since: Temporal.Instant.fromEpochMilliseconds(since),
    evidence,
  };
}
