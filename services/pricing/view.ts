import type { MarketDisplay, PartnerRate } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import type { CompiledExpression, RowSource } from '../../libs/expression/index.ts';
import { minorDigits } from '../../libs/money/index.ts';
import type { Step } from './ledger.ts';
import { partnerConversion } from './partner-rate.ts';
import { type BoundStep, boundStep, type Plan } from './quote.ts';
import type { RateTable } from './rates.ts';
import { attributesRead, type CompiledRule, type RuleSet } from './rules.ts';

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

interface PreparedStep {
  readonly bound: BoundStep;
  /** Absent when it applies to every row of this partner and currency. */
  readonly condition: CompiledExpression | undefined;
}

/** The steps for one partner's rows in one currency, before the columns of a batch are known. */
interface Prepared {
  readonly constants: ReadonlyMap<string, string>;
  readonly conversion: Plan['conversion'];
  readonly fromDigits: number;
  readonly steps: readonly PreparedStep[];
  /** All of it, when no step looks at a row. */
  readonly plan: Plan | undefined;
}

type Constants = ReadonlyMap<string, string>;

/** Partners times currencies that one view remembers; beyond, it starts anew. */
const MAX_PREPARED = 512;
const NO_RATES: readonly PartnerRate[] = [];
/** Found in a text too; that only costs the early answer. */
const PRESENCE_TEST = /\bpresent\s*\(/;

/**
 * Rules and rates made ready for one context. Conditions are judged as early as what they read is known: by market and
 * client here, by partner and currency once for each pair, and only what is left by row. Holds for every instant at
 * which the same rules are valid; kept and shared by streams.
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
  readonly #rules: readonly { readonly rule: CompiledRule; readonly step: Step }[];
  readonly #prepared = new Map<string, Prepared>();

  /** @throws EntrepotError UNKNOWN_CURRENCY when the shown currency, or one that a rule adds, has no rate. */
  constructor(context: ViewContext, ruleSet: RuleSet, rules: readonly CompiledRule[], table: RateTable) {
    const digits = minorDigits(context.currency);
    if (digits === undefined || !table.has(context.currency)) throw unknownCurrency(context.currency, table);
    this.context = context;
    this.ruleSet = ruleSet;
    this.table = table;
    this.digits = digits;
    this.laterOnTop = context.display?.dueLaterOnTop === true;
    const constants: Constants = new Map([
      ['market', context.market],
      ['client', context.client],
    ]);
    const possible = rules.filter((rule) => judge(rule, constants) !== false);
    this.attributes = attributesRead(possible);
    this.#rules = possible.map((rule) => ({ rule, step: this.#step(rule) }));
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
    source: RowSource,
    rates: readonly PartnerRate[] = NO_RATES,
  ): Plan | Unplannable {
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
    const { constants, conversion, fromDigits } = prepared;
    const rowSource: RowSource = (variable) => {
      const constant = constants.get(variable);
      return constant === undefined ? source(variable) : { constant };
    };
    const steps = prepared.steps.map(({ bound, condition }) =>
      condition === undefined ? bound : { ...bound, applies: condition.bind(rowSource) },
    );
    return { conversion, fromDigits, digits: this.digits, steps };
  }

  #prepare(partner: string, currency: string, rates: readonly PartnerRate[]): Prepared | Unplannable {
    const fromDigits = minorDigits(currency);
    if (fromDigits === undefined) {
      return { reason: 'INVALID_CURRENCY', detail: `${JSON.stringify(currency.slice(0, 8))} is no ISO 4217 code` };
    }
    const conversion = this.#conversion(partner, currency, rates);
    if (typeof conversion === 'string') return { reason: 'NO_RATE', detail: conversion };
    const { market, client } = this.context;
    const constants: Constants = new Map(Object.entries({ market, client, partner, currency }));
    const steps: PreparedStep[] = [];
    for (const { rule, step } of this.#rules) {
      const applies = judge(rule, constants);
      if (applies === false) continue;
      steps.push({ bound: boundStep(step, this.digits), condition: applies ? undefined : rule.condition });
    }
    const whole = steps.every(({ condition }) => condition === undefined);
    const plan = whole
      ? { conversion, fromDigits, digits: this.digits, steps: steps.map(({ bound }) => bound) }
      : undefined;
    return { constants, conversion, fromDigits, steps, plan };
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

  #step({ declaration, adjustment }: CompiledRule): Step {
    const { name, description, apply } = declaration;
    if (adjustment.kind === 'percentage') {
      const percentage = 'percentage' in apply ? apply.percentage : '';
      return { kind: 'percentage', share: adjustment.share, rule: { name, effect: `${description}: ${percentage} %` } };
    }
    const { amount, currency } = adjustment;
    const conversion = this.table.conversion(currency, this.context.currency);
    if (conversion === undefined) throw unknownCurrency(currency, this.table, name);
    const stated = `${description}: ${amount} ${currency}`;
    const effect = conversion.identity ? stated : `${stated}, ${conversion.description}`;
    return { kind: 'fixed', amount: conversion.convert(amount), rule: { name, effect } };
  }
}

/**
 * Whether a rule applies, as far as that is known: true or false when no row can change it, undefined when rows decide.
 * An attribute that is not known yet makes an expression fail as an absent one does, and CEL's `&&`, `||` and `?:` absorb
 * failures that do not matter; so an answer without the attributes is the answer with any. Tests of presence are the
 * exception, so expressions with one wait for the rows.
 */
function judge({ condition }: CompiledRule, constants: Constants): boolean | undefined {
  if (condition === undefined) return true;
  const open = condition.reads.some((name) => !constants.has(name));
  if (open && PRESENCE_TEST.test(condition.source)) return undefined;
  const known: RowSource = (variable) => {
    const constant = constants.get(variable);
    return constant === undefined ? undefined : { constant };
  };
  const value = condition.bind(known)(0);
  if (open) return typeof value === 'boolean' ? value : undefined;
  return value === true;
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
