import { createHash } from 'node:crypto';

/** The arm of an experiment that a rule belongs to. */
export interface ArmDeclaration {
  readonly name: string;
  readonly arm: string;
  /** Per cent of all keys, up to two digits after the point: "50", "12.25". Every rule of an arm states the same. */
  readonly share: string;
}

/** Buckets that keys fall into: shares have two digits after the point. */
const BUCKETS = 10_000;

/**
 * Who is in which arm: by a hash of the experiment's name and the key alone, so the same key is in the same arm everywhere, and
 * arms of different experiments are independent. Arms take their shares in alphabetical order; what is left over is in none.
 */
export class Experiments {
  readonly #arms = new Map<string, (readonly [arm: string, end: number])[]>();

  constructor(declarations: Iterable<ArmDeclaration>) {
    const shares = new Map<string, Map<string, number>>();
    for (const { name, arm, share } of declarations) {
      const arms = shares.get(name) ?? new Map<string, number>();
      shares.set(name, arms.set(arm, bucketsOf(share)));
    }
    for (const [name, arms] of shares) {
      let end = 0;
      const sorted = [...arms].sort(([a], [b]) => (a < b ? -1 : 1));
      this.#arms.set(
        name,
        sorted.map(([arm, buckets]) => {
          end += buckets;
          return [arm, end] as const;
        }),
      );
    }
  }

  /** The arm of a key; undefined for the rest of all keys, and without a key. */
  arm(experiment: string, key: string): string | undefined {
    if (key === '') return undefined;
    const bucket = bucketOf(experiment, key);
    return this.#arms.get(experiment)?.find(([, end]) => bucket < end)?.[0];
  }
}

/** A share as buckets: 5,000 for "50". */
export function bucketsOf(share: string): number {
  return Math.round(Number(share) * (BUCKETS / 100));
}

/** 0 to 9,999, all alike likely. */
function bucketOf(experiment: string, key: string): number {
  const hash = createHash('sha256').update(`${experiment}\n${key}`).digest();
  return Math.floor((hash.readUIntBE(0, 6) / 2 ** 48) * BUCKETS);
}
