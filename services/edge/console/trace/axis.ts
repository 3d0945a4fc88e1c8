// The axis of time above the waterfall.

/** A stretch of time, in milliseconds since the trace began. */
export interface TimeWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Moments to write on an axis: of 1, 2 or 5 times a power of ten milliseconds, as many as there is room for and no more. */
export function ticksOf({ fromMs, toMs }: TimeWindow, most: number): readonly number[] {
  const length = toMs - fromMs;
  if (!(length > 0) || most < 1) return [];
  const rough = length / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const first = Math.ceil(fromMs / step);
  const ticks: number[] = [];
  // Products of whole numbers: sums of steps would drift.
  for (let index = first; index * step < toMs && ticks.length < most; index++) ticks.push(index * step);
  return ticks;
}

/** Where a moment is in a window: 0 at its beginning, 1 at its end, and no further. */
export function placeIn({ fromMs, toMs }: TimeWindow, ms: number): number {
  return toMs <= fromMs ? 0 : Math.min(1, Math.max(0, (ms - fromMs) / (toMs - fromMs)));
}

/** How long something took, with as many digits as tell it from its neighbours: "0.35 ms", "4.2 ms", "668 ms", "1.3 s". */
export function took(ms: number): string {
  if (ms >= 999.5) return `${(ms / 1_000).toFixed(ms < 9_995 ? 2 : 1)} s`;
  if (ms >= 9.95) return `${Math.round(ms)} ms`;
  return `${Number(ms.toFixed(ms >= 0.995 ? 1 : 2))} ms`;
}

/** A moment of an axis: "0", "50 ms", "1.2 s". */
export function tick(ms: number): string {
  if (ms === 0) return '0';
  return ms >= 1_000 ? `${Number((ms / 1_000).toPrecision(6))} s` : `${Number(ms.toPrecision(6))} ms`;
}
