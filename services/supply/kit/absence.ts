import { explainAbsence } from '../../../libs/expression/index.ts';
import type { Compiler } from './compiler.ts';
import type { Lets } from './context.ts';
import type { Frame, Reader, Scope } from './scope.ts';

/** Says why a reader gave nothing; undefined where that is the answer's own doing. */
export type ExplainAbsence = (frame: Frame, read: Reader) => string | undefined;

/** Names that may lead to one another: none does so often. */
const MOST_NAMES = 20;

/**
 * Explains absent values of a mapping through the names that it gives: which of them became absent first, and how.
 *
 * @param lets the names, each with the slot that it is read from
 */
export function absenceOf(compiler: Compiler, scope: Scope, lets: Lets): ExplainAbsence {
  const named = new Map(lets.map(([slot, read]) => [slot, read]));
  return (frame, first) => {
    let read = first;
    let name: string | undefined;
    for (let steps = 0; steps < MOST_NAMES; steps++) {
      const source = compiler.sourceOf(read);
      if (source === undefined) break;
      const absence = explainAbsence(
        source.expression,
        source.slots.map((slot) => frame[slot]),
      );
      if (absence === undefined) break;
      if ('reason' in absence) return name === undefined ? absence.reason : `"${name}" is absent: ${absence.reason}`;
      const slot = scope.slot(absence.variable);
      const next = named.get(slot);
      name = absence.variable;
      if (next === undefined) break;
      read = next;
    }
    return name === undefined ? undefined : `"${name}" is absent`;
  };
}
