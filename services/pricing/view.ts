import type { MarketDisplay, PartnerRate } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import { type Decimal, minorDigits } from '../../libs/money/index.ts';
import { counter } from '../../libs/telemetry/index.ts';
import { boundStep } from './bound-steps.ts';
import { type Constants, openTerms, type Term } from './condition.ts';
import { type Amount, effectText } from './effects.ts';
import { partnerConversion } from './partner-rate.ts';
import type { Plan } from './quote.ts';
import type { RateTable } from './rates.ts';
import { type OpenRule, RowRules } from './row-rules.ts';
import { type Columns, Slots } from './row-tests.ts';
import { type CompiledRule, type HeldRules, isAttribute, type RuleSet } from './rules.ts';
import type { Step, StepEffect } from './steps.ts';

/** What a price depends on apart from the row and the instant. */
export interface ViewContext {
  readonly vertical: string;
  readonly currency: string;
  readonly market: string;
  readonly client: string;
  /** What the market has to be shown; absent: all mandatory charges in the headline. */
  readonly display?: MarketDisplay | undefined;
}

/** Why no row of a currency can be priced. */
export interface Unplannable {
  readonly reason: 'INVALID_CURRENCY' | 'NO_RATE';
  readonly detail: string;
}

/** A plan with what Explain tells of its rules. */
export interface ViewPlan extends Plan {
  /** Names of the rules whose conditions err in a row for no lack of values: they do not apply, and are counted. */
  readonly failuresOf: (row: number) => readonly string[];
  /** What is known of variables whatever the row is. */
  readonly constants: Constants;
}

/** A rule that can apply in the view. */
interface ViewRule {
  readonly rule: CompiledRule;
  readonly terms: readonly Term[];
}

/** The steps for one partner's rows in one currency, before the columns of a batch are known. */
interface Prepared {
  readonly rowRules: RowRules;
  readonly terms: Pick<ViewPlan, 'conversion' | 'fromDigits' | 'digits' | 'constants'>;
  /** All of it, when no step looks at a row. */
  readonly plan: ViewPlan | undefined;
}

/** Partners times currencies that one view remembers; beyond, it starts anew. */
const MAX_PREPARED = 512;
const NO_RATES: readonly PartnerRate[] = [];

const failures = counter('entrepot.pricing.rule.failures', {
  unit: '{row}',
  description:
    'Rows in which the condition of a rule errs for no lack of values (divides by zero, overflows), by rule.',
});

/**
 * Rules and rates made ready for one context. Conditions are judged as early as what they read is known: by market, client and
 * clock here, by partner and currency once for each pair, and only what is left by row. Holds for every instant at which the same
 * rules hold; kept and shared by streams.
 */
export class View {
  readonly context: ViewContext;
  readonly ruleSet: RuleSet;
  readonly table: RateTable;
  /** Minor digits of the shown currency. */
  readonly digits: number;
  /** What is due at the place comes on top of the headline instead of being in it. */
  readonly laterOnTop: boolean;
  /** Attributes that the rules which can apply here read. */
  readonly attributes: readonly string[];
  /** The arm of each experiment that the context is in. */
  readonly arms: ReadonlyMap<string, string>;
  readonly #rules: readonly ViewRule[];
  readonly #constants: Constants;
  readonly #slots = new Slots();
  readonly #prepared = new Map<string, Prepared>();

  /** @throws EntrepotError UNKNOWN_CURRENCY when the shown currency, or one that a rule adds, has no rate. */
  constructor(context: ViewContext, ruleSet: RuleSet, held: HeldRules, table: RateTable) {
    const digits = minorDigits(context.currency);
    if (digits === undefined || !table.has(context.currency)) throw unknownCurrency(context.currency, table);
    this.context = context;
    this.ruleSet = ruleSet;
    this.table = table;
    this.digits = digits;
    this.laterOnTop = context.display?.dueLaterOnTop === true;
    this.arms = held.arms;
    const { market, client, currency } = context;
    this.#constants = new Map<string, string | number | undefined>([
      ...held.clock,
      ['market', market],
      ['client', client],
      ['shown_currency', currency],
    ]);
    const rules: ViewRule[] = [];
    const read = new Set<string>();
    for (const rule of held.rules) {
      if (rule.effect.kind === 'round' && rule.effect.currency !== currency) continue;
      const terms = openTerms(rule.terms, this.#constants);
      if (terms === undefined) continue;
      this.#requireRates(rule);
      rules.push({ rule, terms });
      for (const term of terms) for (const name of term.reads) read.add(name);
    }
    this.#rules = rules;
    this.attributes = [...read].filter((name) => isAttribute(context.vertical, name)).sort();
  }

  /** A rule of this view's rule set by name, with what its condition reads. */
  ruleOf(name: string): CompiledRule | undefined {
    return this.#rules.find(({ rule }) => rule.declaration.name === name)?.rule;
  }

  /**
   * The plan for one partner's rows in one currency.
   *
   * @param source the batch's columns by attribute; an attribute without a column is absent in every row
   * @param rates that the partner states itself; they come before the table's
   */
  plan(
    partner: string,
    currency: string,
    source: Columns,
    rates: readonly PartnerRate[] = NO_RATES,
  ): ViewPlan | Unplannable {
    const key = rates.length === 0 ? `${currency} ${partner}` : JSON.stringify([currency, partner, rates]);
    let prepared = this.#prepared.get(key);
    if (prepared === undefined) {
      const made = this.#prepare(partner, currency, rates);
      if ('reason' in made) return made;
      if (this.#prepared.size >= MAX_PREPARED) this.#prepared.clear();
      this.#prepared.set(key, made);
      prepared = made;
    }
    if (prepared.plan !== undefined) return prepared.plan;
    const bound = prepared.rowRules.bind(source);
    return {
      ...prepared.terms,
      stepsOf: (row) => bound.stepsOf(row),
      failuresOf: (row) => bound.failuresOf(row).map(({ bound: { step } }) => step.rule.name),
    };
  }

  #prepare(partner: string, currency: string, rates: readonly PartnerRate[]): Prepared | Unplannable {
    const fromDigits = minorDigits(currency);
    if (fromDigits === undefined) {
      return { reason: 'INVALID_CURRENCY', detail: `${JSON.stringify(currency.slice(0, 8))} is no ISO 4217 code` };
    }
    const conversion = this.#conversion(partner, currency, rates);
    if (typeof conversion === 'string') return { reason: 'NO_RATE', detail: conversion };
    const constants: Constants = new Map([...this.#constants, ['partner', partner], ['currency', currency]]);
    const groups = new Map<string, number>();
    const rules: OpenRule[] = [];
    for (const { rule, terms: possible } of this.#rules) {
      const terms = openTerms(possible, constants);
      if (terms === undefined) continue;
      const { exclusive, name } = rule.declaration;
      let group = -1;
      if (exclusive !== undefined) {
        group = groups.get(exclusive) ?? groups.size;
        groups.set(exclusive, group);
      }
      const bound = boundStep(this.#step(rule), this.digits);
      rules.push({ bound, terms, group, failed: () => failures.add(1, { rule: name }) });
    }
    const rowRules = new RowRules(rules, groups.size, constants, this.#slots);
    const terms = { conversion, fromDigits, digits: this.digits, constants };
    if (rules.some((rule) => rule.terms.length > 0)) return { rowRules, terms, plan: undefined };
    const steps = [...rowRules.bind(() => undefined).stepsOf(0)];
    return { rowRules, terms, plan: { ...terms, stepsOf: () => steps, failuresOf: () => [] } };
  }

  /** The way to the shown currency; what is missing, where there is none. */
  #conversion(partner: string, from: string, rates: readonly PartnerRate[]): Plan['conversion'] | string {
    const { currency: to, market } = this.context;
    const own = partnerConversion(partner, rates, from, to, this.table.day, this.table.policy);
    const conversion = own ?? this.table.conversion(from, to, market);
    if (conversion !== undefined) return conversion;
    const refusal = this.table.refusal(from);
    return `no rate from ${from} to ${to}${refusal === undefined ? ` in ${this.table.id}` : `: of ${from}, ${refusal}`}`;
  }

  #requireRates({ effect, declaration }: CompiledRule): void {
    const stated = effect.kind === 'fixed' ? [effect] : effect.kind === 'percentage' ? [effect.floor, effect.cap] : [];
    for (const amount of stated) {
      if (amount === undefined) continue;
      if (this.table.conversion(amount.currency, this.context.currency) !== undefined) continue;
      throw unknownCurrency(amount.currency, this.table, declaration.name);
    }
  }

  #step({ declaration, effect, priority }: CompiledRule): Step {
    const { name, description, apply } = declaration;
    const converted = (stated: Amount | undefined): { amount: Decimal; rate: string } | undefined => {
      if (stated === undefined) return undefined;
      const conversion = this.table.conversion(stated.currency, this.context.currency);
      if (conversion === undefined) throw unknownCurrency(stated.currency, this.table, name);
      return {
        amount: conversion.convert(stated.amount),
        rate: conversion.identity ? '' : `, ${conversion.description}`,
      };
    };
    const rule = (rate = '') => ({ name, effect: `${description}: ${effectText(apply)}${rate}` });
    const step = (made: StepEffect, rate?: string): Step => ({ rule: rule(rate), priority, ...made });
    switch (effect.kind) {
      case 'percentage': {
        const floor = converted(effect.floor);
        const cap = converted(effect.cap);
        const rate = floor?.rate || cap?.rate;
        return step({ kind: 'percentage', share: effect.share, floor: floor?.amount, cap: cap?.amount }, rate);
      }
      case 'fixed': {
        const { amount, rate } = converted(effect)!;
        return step({ kind: 'fixed', amount }, rate);
      }
      case 'limit':
        return step({ kind: 'limit', least: effect.least, most: effect.most });
      case 'round': {
        const { to, ending, mode } = effect;
        return step({ kind: 'round', to, ending, mode });
      }
    }
  }
}

function unknownCurrency(currency: string, table: RateTable, rule?: string): EntrepotError {
  const who = rule === undefined ? `"${currency.slice(0, 8)}" cannot be shown` : `Rule "${rule}" adds ${currency}`;
  const description = `${who}: ${table.refusal(currency) ?? `it has no rate in ${table.id}`}; there are ${table.currencies.join(', ')}`;
  return new EntrepotError({
    reason: 'UNKNOWN_CURRENCY',
    message: description,
    violations: [{ field: 'currency', description }],
    metadata: { currencies: table.currencies.join(',') },
  });
}
