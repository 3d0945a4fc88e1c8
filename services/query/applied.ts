import type { AppliedFilter } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import {
  type Conjunct,
  type Constraint,
  compileConjunction,
  implies,
  verticalScope,
} from '../../libs/expression/index.ts';
import type { Vertical } from '../../libs/vertical/index.ts';
import type { View } from './view.ts';

/**
 * What partners applied themselves of a search's filter. Their rows are what fulfils it: a row that does not have the attribute
 * fulfils it by the partner's word, and what does not fulfil it never came, so a view that would show that cannot be had.
 */
export class AppliedFilters {
  readonly #vertical: Vertical;
  readonly #constraints = new Map<string, readonly Constraint[]>();

  constructor(vertical: Vertical) {
    this.#vertical = vertical;
  }

  /** No partner applied anything. */
  get none(): boolean {
    return this.#constraints.size === 0;
  }

  /** What a partner applied, as CEL. */
  textsOf(partner: string): string[] {
    return (this.#constraints.get(partner) ?? []).map(({ text }) => text);
  }

  /** Takes in what a partner applies. Throws where that is no constraint of the vertical: nobody could know what is missing. */
  add({ partner, constraints }: AppliedFilter): void {
    const read = constraints.map((text) => {
      const { conjuncts } = compileConjunction(text, verticalScope(this.#vertical));
      const [only] = conjuncts;
      if (only?.constraint === undefined || conjuncts.length > 1) {
        throw new EntrepotError({ reason: 'INTERNAL', message: `Supply applied ${text}, which is no constraint.` });
      }
      return only.constraint;
    });
    if (read.length > 0) this.#constraints.set(partner, read);
  }

  /** For each conjunct of a view's filter whether a partner's word counts for rows that do not have the attribute. */
  vouched(partner: string, conjuncts: readonly Conjunct[]): readonly boolean[] {
    const applied = this.#constraints.get(partner) ?? [];
    return conjuncts.map(
      ({ constraint }) => constraint !== undefined && applied.some((one) => implies(one, constraint)),
    );
  }

  /** The partners that applied a condition themselves, or a wider one, by name. */
  appliedBy(condition: Constraint): string[] {
    const partners = [...this.#constraints].filter(([, applied]) => applied.some((one) => implies(condition, one)));
    return partners.map(([partner]) => partner).sort();
  }

  /** What partners left out that a view would show: by the condition that they applied, as CEL, the partners. Empty where nothing is. */
  missing({ conjuncts }: View): ReadonlyMap<string, readonly string[]> {
    const missing = new Map<string, string[]>();
    for (const [partner, applied] of this.#constraints) {
      for (const one of applied) {
        if (conjuncts.some(({ constraint }) => constraint !== undefined && implies(constraint, one))) continue;
        missing.set(one.text, [...(missing.get(one.text) ?? []), partner]);
      }
    }
    return missing;
  }

  /**
   * Checks that a view shows nothing that partners left out.
   * @param field of the request, which says the view's filter
   * @throws EntrepotError FILTER_NOT_HELD
   */
  check(view: View, field: string): void {
    const missing = this.missing(view);
    if (missing.size === 0) return;
    const said = [...missing].map(([text, partners]) => `${text} (${[...partners].sort().join(', ')})`).join('; ');
    throw new EntrepotError({
      reason: 'FILTER_NOT_HELD',
      message: `The search's own filter was applied by partners, so offers beyond it are not held: ${said}. Search anew with this filter, or keep to that one.`,
      violations: [{ field, description: `must imply what partners applied: ${[...missing.keys()].join(' && ')}` }],
      metadata: { constraints: [...missing.keys()].join(' && '), partners: partnersOf(missing).join(',') },
    });
  }
}

/** Every partner of what is missing, once, by name. */
export function partnersOf(missing: ReadonlyMap<string, readonly string[]>): string[] {
  return [...new Set([...missing.values()].flat())].sort();
}
