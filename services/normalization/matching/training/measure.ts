import { BlockingIndex } from '../blocking.ts';
import { createMatcher, modelOf } from '../matcher.ts';
import type { MatchRecord, MatchVertical, Prepared, Verdict } from '../types.ts';
import { forVertical, readPairs, verticalOf } from './benchmarks.ts';
import { type Accuracy, accuracyAt, bestThreshold, brier } from './evaluate.ts';

/** What was measured on a split of labelled pairs. */
export interface Measured {
  readonly vertical: MatchVertical;
  readonly pairs: number;
  readonly same: number;
  /** At the model's one threshold. */
  readonly accuracy: Accuracy;
  /** At the threshold that would have been best here: how much of the loss is the threshold's. */
  readonly bestF1: number;
  readonly blocking: Blocking;
  readonly brier: number;
  /** Tenths of probability: pairs, their mean probability, and the share that is the same. */
  readonly reliability: readonly { readonly pairs: number; readonly said: number; readonly is: number }[];
  /** Share of pairs with each verdict, and of these the share that is the same. */
  readonly verdicts: Readonly<Record<Verdict, { readonly share: number; readonly same: number }>>;
  /** Decisions a second with features and trees, records prepared; CPU time. */
  readonly pairsPerSecond: number;
}

/** How well candidates hold the true pairs, each side asking the other's index. */
export interface Blocking {
  readonly recall: number;
  readonly meanCandidates: number;
  readonly mostCandidates: number;
}

const mostCandidates = 30;

/** Measures the matcher on a file of labelled pairs. The index that tells how rare words are holds both sides' records. */
export function measure(file: string): Measured {
  const read = readPairs(file);
  const vertical = verticalOf(read);
  const pairs = forVertical(read, vertical);
  const matcher = createMatcher(vertical);
  const { even } = modelOf(vertical);
  const sides = { left: new Map<MatchRecord, Prepared>(), right: new Map<MatchRecord, Prepared>() };
  const index = new BlockingIndex();
  for (const pair of pairs) {
    for (const side of ['left', 'right'] as const) {
      const record = pair[side];
      if (sides[side].has(record)) continue;
      const prepared = matcher.prepare(record);
      sides[side].set(record, prepared);
      index.add(index.size, matcher.block(prepared));
    }
  }
  const both = pairs.map(({ left, right }) => [sides.left.get(left)!, sides.right.get(right)!] as const);
  const labels = pairs.map(({ same }) => (same ? 1 : 0));
  const started = process.cpuUsage();
  const scores = both.map(([left, right]) => matcher.probability(left, right, index));
  const { user, system } = process.cpuUsage(started);
  const verdicts = scores.map((score) => matcher.verdict(score));
  const shareOf = (verdict: Verdict): { share: number; same: number } => {
    const own = labels.filter((_, i) => verdicts[i] === verdict);
    return { share: own.length / labels.length, same: own.length === 0 ? 0 : sum(own) / own.length };
  };
  return {
    vertical,
    pairs: pairs.length,
    same: sum(labels),
    accuracy: accuracyAt(scores, labels, even),
    bestF1: accuracyAt(scores, labels, bestThreshold([{ scores, labels }])).f1,
    blocking: measureBlocking(
      vertical,
      sides,
      pairs.filter(({ same }) => same),
    ),
    brier: brier({ scores, labels }),
    reliability: Array.from({ length: 10 }, (_, bin) => {
      const own = scores.flatMap((score, i) => (Math.min(9, Math.floor(score * 10)) === bin ? [i] : []));
      return {
        pairs: own.length,
        said: own.length === 0 ? 0 : sum(own.map((i) => scores[i]!)) / own.length,
        is: own.length === 0 ? 0 : sum(own.map((i) => labels[i]!)) / own.length,
      };
    }),
    verdicts: { same: shareOf('same'), different: shareOf('different'), review: shareOf('review') },
    pairsPerSecond: pairs.length / ((user + system) / 1e6),
  };
}

function measureBlocking(
  vertical: MatchVertical,
  sides: Readonly<Record<'left' | 'right', ReadonlyMap<MatchRecord, Prepared>>>,
  same: readonly { left: MatchRecord; right: MatchRecord }[],
): Blocking {
  const matcher = createMatcher(vertical);
  let [found, asked, sumOfCandidates, most] = [0, 0, 0, 0];
  for (const [own, other] of [
    ['left', 'right'],
    ['right', 'left'],
  ] as const) {
    const index = new BlockingIndex();
    const refs = new Map<MatchRecord, number>();
    for (const [record, prepared] of sides[other]) {
      refs.set(record, refs.size);
      index.add(refs.get(record)!, matcher.block(prepared));
    }
    const candidates = new Map<MatchRecord, ReadonlySet<number>>();
    for (const [record, prepared] of sides[own]) {
      const refsOf = new Set(matcher.candidates(index, prepared, mostCandidates).map(({ ref }) => ref));
      candidates.set(record, refsOf);
      asked++;
      sumOfCandidates += refsOf.size;
      most = Math.max(most, refsOf.size);
    }
    for (const pair of same) if (candidates.get(pair[own])!.has(refs.get(pair[other])!)) found++;
  }
  return { recall: found / (2 * same.length), meanCandidates: sumOfCandidates / asked, mostCandidates: most };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
