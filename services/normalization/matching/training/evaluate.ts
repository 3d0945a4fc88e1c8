/** Precision, recall and their harmonic mean, 0 to 1. */
export interface Accuracy {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** How well a threshold divides scored pairs: those at or above it are taken for the same. */
export function accuracyAt(scores: ArrayLike<number>, labels: ArrayLike<number>, threshold: number): Accuracy {
  let [met, taken, all] = [0, 0, 0];
  for (let i = 0; i < scores.length; i++) {
    all += labels[i]!;
    if (scores[i]! < threshold) continue;
    taken++;
    met += labels[i]!;
  }
  return {
    precision: taken === 0 ? 1 : met / taken,
    recall: all === 0 ? 1 : met / all,
    f1: taken + all === 0 ? 1 : (2 * met) / (taken + all),
  };
}

/** Scores and whether each pair is the same. */
export interface Scored {
  readonly scores: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
}

/** The threshold with the best mean F1 over sets; of several in a row as good, the middle one. */
export function bestThreshold(sets: readonly Scored[]): number {
  let best: number[] = [];
  let most = 0;
  for (let step = 1; step < 200; step++) {
    const threshold = step / 200;
    const f1 =
      sets.reduce((sum, { scores, labels }) => sum + accuracyAt(scores, labels, threshold).f1, 0) / sets.length;
    if (f1 > most) {
      most = f1;
      best = [];
    }
    if (f1 === most) best.push(threshold);
  }
  return best[best.length >> 1] ?? 0.5;
}

/** Slope and offset that make log-odds of scores true to the labels (Platt 1999), by Newton's method. */
export function calibrate({ scores, labels }: Scored): { slope: number; offset: number } {
  let [slope, offset] = [1, 0];
  const lossOf = (slope: number, offset: number): number => {
    let loss = 0;
    for (let i = 0; i < scores.length; i++) {
      const logOdds = slope * scores[i]! + offset;
      // Of what is not the case, the log of 1 + e^x, without overflow.
      loss += Math.max(logOdds, 0) + Math.log1p(Math.exp(-Math.abs(logOdds))) - labels[i]! * logOdds;
    }
    return loss;
  };
  let loss = lossOf(slope, offset);
  for (let round = 0; round < 50; round++) {
    let [g0, g1, h00, h01, h11] = [0, 0, 1e-9, 0, 1e-9];
    for (let i = 0; i < scores.length; i++) {
      const probability = 1 / (1 + Math.exp(-(slope * scores[i]! + offset)));
      const [error, curvature] = [probability - labels[i]!, probability * (1 - probability)];
      g0 += error;
      g1 += error * scores[i]!;
      h00 += curvature;
      h01 += curvature * scores[i]!;
      h11 += curvature * scores[i]! ** 2;
    }
    const determinant = h00 * h11 - h01 * h01;
    const [down, right] = [(h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant];
    let step = 1;
    while (step > 1e-6 && !(lossOf(slope - step * right, offset - step * down) < loss)) step /= 2;
    if (step <= 1e-6) break;
    offset -= step * down;
    slope -= step * right;
    const now = lossOf(slope, offset);
    if (loss - now < 1e-9 * loss) break;
    loss = now;
  }
  return { slope, offset };
}

/** Mean squared error of probabilities. */
export function brier({ scores, labels }: Scored): number {
  let sum = 0;
  for (let i = 0; i < scores.length; i++) sum += (scores[i]! - labels[i]!) ** 2;
  return sum / scores.length;
}
