// Where numbers stand in a picture.
import type { LatencyBucket } from '../../../../libs/client/index.ts';

/** The end of an axis that begins at 0: the least of 1, 2, 2.5 and 5 times a power of ten that all numbers fit below. */
export function axisEnd(numbers: readonly (number | undefined)[]): number {
  const most = Math.max(0, ...numbers.filter((one) => one !== undefined));
  if (most === 0) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  for (const times of [1, 2, 2.5, 5]) if (times * power >= most) return times * power;
  return 10 * power;
}

/** As axisEnd, of numbers that count something: never a part of one. */
export const countEnd = (numbers: readonly number[]): number => Math.ceil(axisEnd(numbers));

/** A line in a picture: its path, and the path of dots where a number stands alone. */
export interface Line {
  readonly line: string;
  readonly dots: string;
}

/**
 * Numbers over time as a line in a box: the first at its left edge, the last at its right, 0 at the bottom. Where one is absent the
 * line has a gap; one alone between two gaps is a dot, a path without length that a round cap makes visible.
 */
export function lineOf(
  numbers: readonly (number | undefined)[],
  end: number,
  box: { readonly width: number; readonly height: number },
): Line {
  const at = (index: number): string => {
    const x = numbers.length === 1 ? box.width / 2 : (index / (numbers.length - 1)) * box.width;
    return `${round(x)} ${round(box.height - ((numbers[index] ?? 0) / end) * box.height)}`;
  };
  let [line, dots] = ['', ''];
  for (const [index, one] of numbers.entries()) {
    if (one === undefined) continue;
    if (index > 0 && numbers[index - 1] !== undefined) line += `L${at(index)}`;
    else if (numbers[index + 1] === undefined) dots += `M${at(index)}h0`;
    else line += `M${at(index)}`;
  }
  return { line, dots };
}

const round = (value: number): number => Math.round(value * 100) / 100;

/** The slots of a window that were recorded at all: a process that is young knows nothing of those before it began. */
export function recordedSlots<Slot extends { readonly start?: string }>(
  slots: readonly Slot[] = [],
  windowSeconds: number,
): readonly Slot[] {
  const [first, second] = slots;
  if (first?.start === undefined || second?.start === undefined) return slots;
  const lengthMs = Date.parse(second.start) - Date.parse(first.start);
  // One more than fit in, for the window begins and ends within a slot.
  return slots.slice(-(Math.ceil((windowSeconds * 1_000) / lengthMs) + 1));
}

/** Answers that took no longer than so long, and longer than the ones before. */
export interface Bucket {
  /** Milliseconds; absent where there is no bound. */
  readonly upTo: number | undefined;
  readonly count: number;
}

/** The bound of the bucket of everything else. */
const unbounded = 4_294_967_295;

/** Buckets from the first to the last that has answers. */
export function spreadOf(latencies: readonly LatencyBucket[] = []): readonly Bucket[] {
  const has = ({ count = 0 }: LatencyBucket): boolean => count > 0;
  return latencies
    .slice(Math.max(0, latencies.findIndex(has)), latencies.findLastIndex(has) + 1)
    .map(({ upperMs = 0, count = 0 }) => ({ upTo: upperMs === unbounded ? undefined : upperMs, count }));
}
