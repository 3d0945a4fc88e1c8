import { createHash } from 'node:crypto';
import type { CompiledExpression } from '../../libs/expression/index.ts';
import type { Decimal } from '../../libs/money/index.ts';

/** What every condition may read beside the vertical's filterable attributes; all are texts. */
export const CONTEXT_VARIABLES = ['market', 'client', 'partner', 'currency'] as const;

/** A rule as its file declares it. */
export interface RuleDeclaration {
  /** Unique in the set: lower case letters, digits, hyphens. */
  readonly name: string;
  /** For a person; part of what Explain shows. */
  readonly description: string;
  /** Only this vertical; absent for all. */
  readonly vertical?: string;
  /** CEL; absent for always. */
  readonly when?: string;
  /** RFC 3339 instants between which the rule holds; the end is not included. */
  readonly valid?: { readonly from?: string; readonly until?: string };
  readonly apply:
    | { /** Of the running total, "-1.5" for a discount; not below -100. */ readonly percentage: string }
    | {
        readonly fixed: {
          /** Major units; negative for a discount. */ readonly amount: string;
          readonly currency: string;
        };
      };
}

/** What a rule does to a running total. */
export type Adjustment =
  | { readonly kind: 'percentage' /** 0.03 for 3 %. */; readonly share: Decimal }
  | { readonly kind: 'fixed'; readonly amount: Decimal; readonly currency: string };

/** A rule, checked and compiled for one vertical. */
export interface CompiledRule {
  readonly declaration: RuleDeclaration;
  readonly adjustment: Adjustment;
  /** Epoch milliseconds from which, and up to which it holds. */
  readonly from: number;
  readonly until: number;
  /** Absent for always. */
  readonly condition: CompiledExpression | undefined;
  /** Attributes that the condition reads. */
  readonly reads: readonly string[];
}

/** Rules in the order in which they apply, compiled for every vertical. Immutable. */
export class RuleSet {
  /** The same rules have the same digest everywhere. */
  readonly digest: string;
  readonly declarations: readonly RuleDeclaration[];
  readonly #byVertical: ReadonlyMap<string, readonly CompiledRule[]>;

  constructor(declarations: readonly RuleDeclaration[], byVertical: ReadonlyMap<string, readonly CompiledRule[]>) {
    this.declarations = declarations;
    this.#byVertical = byVertical;
    this.digest = createHash('sha256').update(JSON.stringify(declarations)).digest('hex').slice(0, 16);
  }

  /** Whether there is such a vertical. */
  knows(vertical: string): boolean {
    return this.#byVertical.has(vertical);
  }

  /** The verticals' names. */
  get verticals(): readonly string[] {
    return [...this.#byVertical.keys()];
  }

  /** The rules of a vertical that hold at an instant (epoch milliseconds), in order; without one, those that always do. */
  rulesAt(vertical: string, instant: number | undefined): readonly CompiledRule[] {
    return (this.#byVertical.get(vertical) ?? []).filter(({ from, until }) =>
      instant === undefined
        ? from === Number.NEGATIVE_INFINITY && until === Number.POSITIVE_INFINITY
        : from <= instant && instant < until,
    );
  }

  /** Attributes that a rule reads in any vertical, in alphabetical order. */
  attributesOf(rule: string): string[] {
    const read = new Set<string>();
    for (const rules of this.#byVertical.values()) {
      for (const { declaration, reads } of rules)
        if (declaration.name === rule) for (const name of reads) read.add(name);
    }
    return [...read].sort();
  }

  /** Currencies of fixed amounts: the rates that the rules need. */
  get fixedCurrencies(): ReadonlyMap<string, string> {
    const needed = new Map<string, string>();
    for (const { name, apply } of this.declarations) if ('fixed' in apply) needed.set(apply.fixed.currency, name);
    return needed;
  }
}

/** Attributes that a list of rules reads, each once, in alphabetical order. */
export function attributesRead(rules: readonly CompiledRule[]): string[] {
  return [...new Set(rules.flatMap(({ reads }) => reads))].sort();
}
