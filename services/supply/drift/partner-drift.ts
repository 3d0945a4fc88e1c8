import { type Baseline, shapeOf } from './baseline.ts';
import { type Compared, type DriftedField, differencesOf, isRetyped, type MissingField } from './differences.ts';
import type { Shape } from './shape.ts';

/** A field that is otherwise, for as long as it is. */
export interface OpenDrift extends DriftedField {
  /** The mapping looks at the field and was not certified for what it is now. */
  readonly alarm: boolean;
  /** Epoch ms. */
  readonly since: number;
  /** The golden case that shows it; absent where none was written. */
  evidence?: string;
}

/** One answer of a conversation, looked at. */
export interface LookedAt {
  readonly answer: string;
  readonly shape: Shape;
  /** It has no rows, and may therefore lack what comes with them. */
  readonly isBarren: boolean;
}

/** What a conversation changed. */
export interface Verdict {
  /** Alarms that were not raised before. */
  readonly raised: readonly OpenDrift[];
  /** What is otherwise and no alarm, for the first time. */
  readonly reported: readonly OpenDrift[];
  readonly ended: readonly OpenDrift[];
}

/** Conversations in a row that must agree before a field counts as gone, or one that had another type as mended. */
const CONVERSATIONS = 3;
/** The same of answers without rows: nothing was found is no news, nothing is ever found is. */
const BARREN_CONVERSATIONS = 10;
/** A field that comes and goes looks gone once in so many times. */
const CONFIDENCE = 100;
/** Fields that are no alarm, kept a partner. */
const MOST_KNOWN = 100;

interface Suspicion {
  readonly mapped: boolean;
  conversations: number;
  barren: number;
  parents: number;
}

/** How a partner's live answers compare with its baseline, conversation after conversation. */
export class PartnerDrift {
  /** By kind of answer. */
  readonly #baselines: ReadonlyMap<string, Shape>;
  readonly #open = new Map<string, OpenDrift>();
  /** Every alarm that there was: none is raised twice. */
  readonly #raised = new Set<string>();
  readonly #suspicions = new Map<string, Suspicion>();
  /** Fields that turned out to come and go. */
  readonly #optional = new Set<string>();
  /** Conversations in a row in which a retyped field was as it should be. */
  readonly #mended = new Map<string, number>();

  constructor({ answers }: Baseline) {
    this.#baselines = new Map(Object.entries(answers).map(([kind, fields]) => [kind, shapeOf(fields)]));
  }

  /** Everything that is otherwise now. */
  get open(): readonly OpenDrift[] {
    return [...this.#open.values()];
  }

  /** A mapped field may have vanished: more conversations would tell. */
  get isSuspicious(): boolean {
    return this.#suspicions.values().some(({ mapped }) => mapped);
  }

  /** The shape that answers of a kind are held against; undefined for a kind that no golden case has. */
  baseline(answer: string): Shape | undefined {
    return this.#baselines.get(answer);
  }

  /** Looks at one conversation. @param now epoch ms */
  judge(answers: readonly LookedAt[], now: number): Verdict {
    const raised: OpenDrift[] = [];
    const reported: OpenDrift[] = [];
    const open = (field: DriftedField): void => {
      const key = keyOf(field);
      if (this.#open.has(key)) return;
      const { answer, kind, path, mapped, expected, found } = field;
      const alarm = mapped && (kind === 'retyped' || kind === 'vanished');
      if (!alarm && this.#open.size >= MOST_KNOWN) return;
      const drift = { answer, kind, path, mapped, expected, found, alarm, since: now };
      this.#open.set(key, drift);
      if (this.#raised.has(key)) return;
      this.#raised.add(key);
      (alarm ? raised : reported).push(drift);
    };
    for (const [answer, all] of Map.groupBy(answers, (one) => one.answer)) {
      const baseline = this.#baselines.get(answer);
      if (baseline === undefined) continue;
      const compared = all.map(({ shape }) => differencesOf(answer, baseline, shape));
      for (const field of compared.flatMap(({ changed }) => changed)) open(field);
      for (const field of this.#gone(answer, all, compared)) open(field);
    }
    return { raised, reported, ended: this.#ended(answers) };
  }

  /** Fields of which enough conversations say that they are gone. */
  #gone(answer: string, all: readonly LookedAt[], compared: readonly Compared[]): MissingField[] {
    for (const path of compared.flatMap(({ sometimes }) => sometimes)) this.#optional.add(`${answer} ${path}`);
    for (const key of this.#suspicions.keys()) {
      const [path] = key.startsWith(`${answer} `) ? [key.slice(answer.length + 1)] : [];
      if (path !== undefined && all.some(({ shape }) => isThere(shape, path))) this.#suspicions.delete(key);
    }
    const missing = new Map<string, { field: MissingField; parents: number; isBarren: boolean }>();
    for (const [at, { missing: fields }] of compared.entries()) {
      for (const field of fields) {
        const known = missing.get(field.path);
        const isBarren = all[at]!.isBarren && (known?.isBarren ?? true);
        missing.set(field.path, { field, parents: (known?.parents ?? 0) + field.parents, isBarren });
      }
    }
    const gone: MissingField[] = [];
    for (const [path, { field, parents, isBarren }] of missing) {
      const key = `${answer} ${path}`;
      const isHere = all.some(({ shape }) => isThere(shape, path));
      if (isHere || this.#optional.has(key) || this.#open.has(keyOf(field))) {
        this.#suspicions.delete(key);
        continue;
      }
      const suspicion = this.#suspicions.get(key) ?? { mapped: field.mapped, conversations: 0, barren: 0, parents: 0 };
      this.#suspicions.set(key, suspicion);
      suspicion.parents += parents;
      if (isBarren) suspicion.barren++;
      else suspicion.conversations++;
      const { conversations, barren } = suspicion;
      const isEnough = conversations >= CONVERSATIONS || conversations + barren >= BARREN_CONVERSATIONS;
      if (!isEnough || suspicion.parents < parentsNeeded(field.known)) continue;
      this.#suspicions.delete(key);
      gone.push(field);
    }
    return gone;
  }

  /** What is no longer otherwise. */
  #ended(answers: readonly LookedAt[]): OpenDrift[] {
    const ended: OpenDrift[] = [];
    for (const [key, drift] of this.#open) {
      const here = answers
        .filter(({ answer }) => answer === drift.answer)
        .flatMap(({ shape }) => (isThere(shape, drift.path) ? [shape.at(drift.path)!] : []));
      if (here.length === 0 || !this.#isMended(key, drift, here)) continue;
      this.#open.delete(key);
      this.#mended.delete(key);
      ended.push(drift);
    }
    return ended;
  }

  #isMended(key: string, { kind, answer, path }: OpenDrift, here: readonly Shape[]): boolean {
    // One that came back comes and goes.
    if (kind === 'vanished') {
      this.#optional.add(`${answer} ${path}`);
      return true;
    }
    if (kind !== 'retyped') return false;
    const baseline = this.#baselines.get(answer)!.at(path)!;
    const times = here.some((shape) => isRetyped(baseline, shape)) ? 0 : (this.#mended.get(key) ?? 0) + 1;
    this.#mended.set(key, times);
    return times >= CONVERSATIONS;
  }
}

/**
 * Parents that must lack a field before it counts as gone, when so many had it: fewer than one in a hundred fields that
 * come and go, all frequencies taken as equally likely, would be there so many times and then not so many times.
 */
export function parentsNeeded(had: number): number {
  // The likelihood of n misses after h hits is 1 / C(h + n + 1, n).
  let misses = 0;
  for (let ways = 1; misses < CONVERSATIONS || ways < CONFIDENCE; ) {
    misses++;
    ways = (ways * (had + misses + 1)) / misses;
  }
  return misses;
}

function keyOf({ answer, kind, path }: DriftedField): string {
  return `${kind} ${answer} ${path}`;
}

function isThere(shape: Shape, path: string): boolean {
  return (shape.at(path)?.seen ?? 0) > 0;
}
