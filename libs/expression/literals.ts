import type { Operation } from './node.ts';
import { Pattern } from './pattern.ts';
import { RUNTIME } from './runtime.ts';

/**
 * Literals that have to mean something. One that converts to nothing is a slip of the pen: it is refused when the
 * expression is compiled, instead of being an error in every row.
 */

/** Longest pattern: the engine is linear in the text, but its program grows with the pattern. */
const MAX_PATTERN_LENGTH = 256;
/** Most that the counted repetitions of a pattern multiply to: x{10}y{3} is 30. */
const MAX_REPETITIONS = 1000;

/** What is wrong with a literal that a conversion is applied to; undefined when nothing is. */
export function literalProblem(conversion: string, text: string): string | undefined {
  if (conversion === 'timestamp' && RUNTIME.timestampOfText(text) === undefined) {
    const wanted = 'an RFC 3339 time to the millisecond, such as "2026-01-22T20:00:00Z"';
    return `${JSON.stringify(text)} is not ${wanted}`;
  }
  if (conversion === 'duration' && RUNTIME.durationOfText(text) === undefined) {
    return `${JSON.stringify(text)} is not a duration to the millisecond, such as "1h30m" or "90s"`;
  }
  return undefined;
}

/** What running a pattern costs without counted repetitions. */
const PATTERN_STEPS = 100;

/**
 * The operation that tests a pattern or extracts its first group, or what is wrong with the pattern. The engine is RE2's, which is linear in the
 * text whatever the pattern: look-around and back-references do not exist, and no pattern can hang the process.
 */
export function patternOperation(
  name: 'matches' | 'extract',
  pattern: string,
): Operation | { readonly problem: string } {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    return { problem: `the pattern is longer than ${MAX_PATTERN_LENGTH} characters` };
  }
  const repetitions = repetitionsOf(pattern);
  if (repetitions > MAX_REPETITIONS) {
    return { problem: `the pattern's counted repetitions multiply to more than ${MAX_REPETITIONS}` };
  }
  try {
    const compiled = new Pattern(pattern);
    const found = { name, constant: compiled, extraSteps: PATTERN_STEPS + repetitions };
    if (name === 'matches') return { ...found, fails: false, emit: ([subject, test]) => `${test}.test(${subject})` };
    if (compiled.groups === 0) return { problem: 'extract() needs a group in its pattern: "([0-9]+) kg"' };
    return { ...found, fails: true, emit: ([subject, extract]) => `${extract}.extract(${subject})` };
  } catch (error) {
    return { problem: `the pattern is not RE2: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function repetitionsOf(pattern: string): number {
  let product = 1;
  for (const match of pattern.matchAll(/\{(\d+)(?:,(\d*))?\}/g)) product *= Math.max(1, Number(match[2] || match[1]));
  return product;
}
