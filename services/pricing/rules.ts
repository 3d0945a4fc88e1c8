import { createHash } from 'node:crypto';
import { type Conjunction, compileConjunction } from '../../libs/expression/index.ts';
import { vertical } from '../../libs/vertical/index.ts';
import { scopeOf, Term, type TermShape, TIME_VARIABLES } from './condition.ts';
import { type Effect, type EffectDeclaration, readEffect } from './effects.ts';
import { type ArmDeclaration, Experiments } from './experiments.ts';
import { localTime, Validity, type ValidityDeclaration } from './validity.ts';

/** A rule as its file declares it. */
export interface RuleDeclaration {
  /** Unique in the set: lower case letters, digits, hyphens. */
  readonly name: string;
  /** For a person; part of what Explain shows. */
  readonly description: string;
  /** Only this vertical; absent for all. */
  readonly vertical?: string;
  /** A greater one comes first; 0 where absent. */
  readonly priority?: number;
  /** Of the rules of a group that apply to a row only the one of the greatest priority does. */
  readonly exclusive?: string;
  /** Only for keys in this arm. */
  readonly experiment?: ArmDeclaration;
  /** CEL; absent for always. */
  readonly when?: string;
  readonly valid?: ValidityDeclaration;
  readonly apply: EffectDeclaration;
}

/** Rules that were read and checked, as plain data: what one thread can hand to another. */
export interface RulesContent {
  /** IANA zones by market, and "default" for all others; undefined where nothing depends on the clocks of markets. */
  readonly zones: Readonly<Record<string, string>> | undefined;
  readonly rules: readonly RuleDeclaration[];
  /** By vertical the terms of each rule's condition; undefined where the rule is not for that vertical. */
  readonly terms: Readonly<Record<string, readonly (readonly TermShape[] | undefined)[]>>;
}

/** A rule, compiled for one vertical. */
export interface CompiledRule {
  readonly declaration: RuleDeclaration;
  readonly priority: number;
  readonly effect: Effect;
  /** Absent for always. */
  readonly validity: Validity | undefined;
  /** All of them are true where the rule applies. */
  readonly terms: readonly Term[];
}

/** What rules a context is priced by, apart from what its conditions say. */
interface RulesContext {
  readonly vertical: string;
  readonly market: string;
  readonly experimentKey: string;
}

/** The rules that hold in a context at an instant, in order. */
export interface HeldRules {
  readonly rules: readonly CompiledRule[];
  /** The arm of each experiment that the rules name, where the key is in one. */
  readonly arms: ReadonlyMap<string, string>;
  /** What conditions read of the clock, by variable; undefined without an instant. */
  readonly clock: ReadonlyMap<string, string | number | undefined>;
  /** Equal where all of this is equal. */
  readonly key: string;
}

/** The rules of one vertical. */
interface VerticalRules {
  readonly all: readonly CompiledRule[];
  readonly timed: readonly CompiledRule[];
  readonly experiments: readonly string[];
  readonly clock: readonly (typeof TIME_VARIABLES)[number][];
  /** Which of the timed rules hold, by zone, and until when that is so. */
  readonly memo: Map<string, { readonly from: number; readonly until: number; readonly holding: string }>;
  readonly held: Map<string, HeldRules>;
}

/** Combinations of validities, arms and clocks that are kept ready. */
const MAX_HELD = 256;

/** Rules in the order in which they apply, for every vertical. Immutable. */
export class RuleSet {
  /** The same rules have the same digest everywhere. */
  readonly digest: string;
  readonly declarations: readonly RuleDeclaration[];
  readonly #zones: Readonly<Record<string, string>>;
  readonly #experiments: Experiments;
  readonly #byVertical = new Map<string, VerticalRules>();
  readonly #attributes = new Map<string, Set<string>>();

  constructor({ rules, zones, terms }: RulesContent) {
    this.declarations = rules;
    this.#zones = zones ?? {};
    this.#experiments = new Experiments(rules.flatMap(({ experiment }) => experiment ?? []));
    this.digest = createHash('sha256')
      .update(JSON.stringify([zones, rules]))
      .digest('hex')
      .slice(0, 16);
    const effects = rules.map(({ apply }) => checkedEffect(apply));
    const validities = rules.map(({ valid }) => valid && new Validity(valid));
    for (const [name, byRule] of Object.entries(terms)) {
      const compiled = rules.flatMap((declaration, index): CompiledRule[] => {
        const shapes = byRule[index];
        if (shapes === undefined) return [];
        const { priority = 0, when = 'true' } = declaration;
        let conjunction: Conjunction | undefined;
        const compile = (): Conjunction => {
          conjunction ??= compileConjunction(when, scopeOf(vertical(name)), true);
          return conjunction;
        };
        const own = shapes.map((shape) => new Term(shape, compile));
        return [{ declaration, priority, effect: effects[index]!, validity: validities[index], terms: own }];
      });
      this.#add(name, compiled);
    }
  }

  /** The rules in the order in which they apply. */
  get inOrder(): readonly RuleDeclaration[] {
    return this.declarations.toSorted((a, b) => (b.priority ?? 0) - (a.priority ?? 0));
  }

  /** The verticals' names. */
  get verticals(): readonly string[] {
    return [...this.#byVertical.keys()];
  }

  /**
   * The rules that hold in a context, of greatest priority first, of equal ones in the file's order.
   *
   * @param instant epoch milliseconds; without one, rules with a validity do not hold, and clocks show nothing
   */
  held({ vertical, market, experimentKey }: RulesContext, instant: number | undefined): HeldRules {
    const own = this.#byVertical.get(vertical);
    if (own === undefined) throw new RangeError(`No rules of ${JSON.stringify(vertical)}.`);
    const zone = this.#zones[market] ?? this.#zones.default ?? 'UTC';
    const holding = instant === undefined ? '0'.repeat(own.timed.length) : holdingAt(own, instant, zone);
    const arms = new Map<string, string>();
    for (const name of own.experiments) {
      const arm = this.#experiments.arm(name, experimentKey);
      if (arm !== undefined) arms.set(name, arm);
    }
    const time = instant === undefined || own.clock.length === 0 ? undefined : localTime(instant, zone);
    const clock = new Map(TIME_VARIABLES.map((name) => [name, own.clock.includes(name) ? time?.[name] : undefined]));
    const key = JSON.stringify([vertical, holding, [...arms], [...clock.values()]]);
    let held = own.held.get(key);
    if (held === undefined) {
      const holds = new Set(own.timed.filter((_, at) => holding[at] === '1'));
      const rules = own.all.filter(
        (rule) => (rule.validity === undefined || holds.has(rule)) && inArm(rule.declaration.experiment, arms),
      );
      held = { rules, arms, clock, key };
      if (own.held.size >= MAX_HELD) own.held.clear();
      own.held.set(key, held);
    }
    return held;
  }

  /** Attributes that a rule reads in any vertical, in alphabetical order. */
  attributesOf(rule: string): string[] {
    return [...(this.#attributes.get(rule) ?? [])].sort();
  }

  /** Currencies of amounts, each with a rule that states one: the rates that the rules need. */
  get currencies(): ReadonlyMap<string, string> {
    const needed = new Map<string, string>();
    for (const { name, apply } of this.declarations) {
      for (const stated of [apply.fixed, apply.floor, apply.cap]) {
        if (stated !== undefined) needed.set(stated.currency, name);
      }
    }
    return needed;
  }

  #add(name: string, compiled: readonly CompiledRule[]): void {
    const all = compiled.toSorted((a, b) => b.priority - a.priority);
    const reads = new Set<string>();
    for (const { declaration, terms } of all) {
      for (const term of terms) for (const variable of term.reads) reads.add(variable);
      const attributes = terms.flatMap((term) => term.reads).filter((one) => isAttribute(name, one));
      if (attributes.length === 0) continue;
      const known = this.#attributes.get(declaration.name);
      if (known === undefined) this.#attributes.set(declaration.name, new Set(attributes));
      else for (const attribute of attributes) known.add(attribute);
    }
    this.#byVertical.set(name, {
      all,
      timed: all.filter(({ validity }) => validity !== undefined),
      experiments: [...new Set(all.flatMap(({ declaration }) => declaration.experiment?.name ?? []))],
      clock: TIME_VARIABLES.filter((variable) => reads.has(variable)),
      memo: new Map(),
      held: new Map(),
    });
  }
}

/** Whether a variable is an attribute of a vertical. */
export function isAttribute(verticalName: string, variable: string): boolean {
  return vertical(verticalName).attribute(variable) !== undefined;
}

function inArm(experiment: ArmDeclaration | undefined, arms: ReadonlyMap<string, string>): boolean {
  return experiment === undefined || arms.get(experiment.name) === experiment.arm;
}

/** "1" for each timed rule that holds, "0" for one that does not. */
function holdingAt({ timed, memo }: VerticalRules, instant: number, zone: string): string {
  if (timed.length === 0) return '';
  const known = memo.get(zone);
  if (known !== undefined && instant >= known.from && instant < known.until) return known.holding;
  let until = Number.POSITIVE_INFINITY;
  let holding = '';
  for (const { validity } of timed) {
    holding += validity!.holds(instant, zone) ? '1' : '0';
    until = Math.min(until, validity!.changesAfter(instant, zone));
  }
  memo.set(zone, { from: instant, until, holding });
  return holding;
}

function checkedEffect(apply: EffectDeclaration): Effect {
  const effect = readEffect(apply, (_, reason) => {
    throw new TypeError(`A rule whose effect was checked ${reason}.`);
  });
  if (effect === undefined) throw new TypeError('A rule whose effect was checked has none.');
  return effect;
}
