import { columnBuilder, PriceColumnsBuilder } from '../../libs/columns/index.ts';
import type { ConfigProblem, YamlDocument } from '../../libs/config/index.ts';
import type { PriceBatch } from '../../libs/contracts/gen/entrepot/pricing/v1/pricing.ts';
import type { Column } from '../../libs/contracts/gen/entrepot/type/v1/column.ts';
import { TaxBasis } from '../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { EntrepotError } from '../../libs/errors/index.ts';
import type { Decimal } from '../../libs/money/index.ts';
import { parseAmount } from '../../libs/money/index.ts';
import { type AttributeSpec, vertical } from '../../libs/vertical/index.ts';
import { explain } from './explain.ts';
import { readRate } from './rate.ts';
import { RateTable } from './rates.ts';
import type { RuleSet } from './rules.ts';
import { View } from './view.ts';

/** A row and the price that the rules must make of it; stands beside the rules and is run whenever they are loaded. */
export interface Example {
  readonly name: string;
  readonly given: {
    readonly vertical: string;
    readonly market: string;
    readonly client: string;
    readonly partner: string;
    /** The shown currency. */
    readonly currency: string;
    readonly price: {
      readonly total: string;
      readonly currency: string;
      readonly total_max?: string;
      readonly due_later?: string;
    };
    readonly attributes: Readonly<Record<string, unknown>>;
    /** Units for one euro; an example needs no rate table and stays right when rates change. */
    readonly rates: Readonly<Record<string, unknown>>;
    /** RFC 3339 instant of pricing; without it, rules with a validity do not hold, and clocks show nothing. */
    readonly at?: string;
    /** The shopper or session whose arms of experiments count; empty for none. */
    readonly experiment_key: string;
  };
  readonly expect: {
    /** The headline in major units: "102.50". */
    readonly total: string;
    /** The upper bound in major units, of a price that is a range. */
    readonly total_max?: string;
    /** Names of the rules that apply, in order. */
    readonly rules?: readonly string[];
  };
}

const text = { type: 'string', minLength: 1 };
const amount = { type: 'string', description: 'a quoted decimal in major units' };
const currency = { type: 'string', pattern: '^[A-Z]{3}$', description: 'an ISO 4217 code' };

/** JSON schema of one example. */
export const exampleSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'given', 'expect'],
  properties: {
    name: text,
    given: {
      type: 'object',
      additionalProperties: false,
      required: ['vertical', 'market', 'currency', 'price'],
      properties: {
        vertical: text,
        market: { type: 'string', pattern: '^[A-Z]{2}$', description: 'an ISO 3166-1 alpha-2 code' },
        client: { ...text, default: 'public' },
        partner: { ...text, default: 'example' },
        currency,
        price: {
          type: 'object',
          additionalProperties: false,
          required: ['total', 'currency'],
          properties: { total: amount, total_max: amount, currency, due_later: amount },
        },
        attributes: { type: 'object', default: {} },
        rates: { type: 'object', default: {} },
        at: text,
        experiment_key: { type: 'string', default: '' },
      },
    },
    expect: {
      type: 'object',
      additionalProperties: false,
      required: ['total'],
      properties: { total: amount, total_max: amount, rules: { type: 'array', items: text } },
    },
  },
};

type Path = readonly (string | number)[];
/** Something is wrong with the example itself; already reported. */
class Unusable extends Error {}

/** Runs every example against the rules. */
export function checkExamples(
  document: YamlDocument<{ readonly examples: readonly Example[] }>,
  rules: RuleSet,
): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  for (const [index, example] of document.value.examples.entries()) {
    const report = (path: Path, reason: string): void => {
      problems.push(document.problem(['examples', index, ...path], reason));
    };
    try {
      runExample(example, rules, report);
    } catch (error) {
      if (error instanceof EntrepotError) report(['given'], `cannot be priced: ${error.message}`);
      else if (!(error instanceof Unusable)) throw error;
    }
  }
  return problems;
}

function runExample(example: Example, rules: RuleSet, report: (path: Path, reason: string) => void): void {
  const refuse = (path: Path, reason: string): never => {
    report(path, reason);
    throw new Unusable();
  };
  const { given, expect } = example;
  if (!rules.verticals.includes(given.vertical)) {
    refuse(['given', 'vertical'], `expected one of: ${rules.verticals.join(', ')}`);
  }
  const view = new View(
    given,
    rules,
    rules.held({ ...given, experimentKey: given.experiment_key }, instantOf(example, refuse)),
    tableOf(example, refuse),
  );
  const { lines, total, totalMax } = explain(view, batchOf(example, refuse));
  if (total?.amount !== expect.total) {
    report(['expect', 'total'], `expected ${expect.total}, the rules make it ${total?.amount} ${given.currency}`);
  }
  if (totalMax?.amount !== expect.total_max) {
    const made =
      totalMax === undefined ? 'the price is no range' : `the rules make it ${totalMax.amount} ${given.currency}`;
    report(['expect', 'total_max'], `expected ${expect.total_max ?? 'none'}, ${made}`);
  }
  const applied = [...new Set(lines.filter(({ version }) => version === rules.digest).map(({ source }) => source))];
  if (expect.rules !== undefined && expect.rules.join(', ') !== applied.join(', ')) {
    report(['expect', 'rules'], `expected [${expect.rules.join(', ')}], those that apply are [${applied.join(', ')}]`);
  }
}

type Refuse = (path: Path, reason: string) => never;

function instantOf({ given }: Example, refuse: Refuse): number | undefined {
  if (given.at === undefined) return undefined;
  try {
    return Temporal.Instant.from(given.at).epochMilliseconds;
  } catch {
    return refuse(['given', 'at'], `expected an RFC 3339 instant, found "${given.at}"`);
  }
}

function tableOf({ given }: Example, refuse: Refuse): RateTable {
  const rates = new Map<string, Decimal>();
  for (const [code, stated] of Object.entries(given.rates)) {
    const read = readRate(code, stated);
    if (typeof read === 'string') refuse(['given', 'rates', code], read);
    else rates.set(code, read);
  }
  // A price that is shown in its own currency needs no rate; the one here only lets the currency be shown.
  if (given.price.currency === given.currency && !rates.has(given.currency)) {
    const own = readRate(given.currency, '1');
    if (typeof own === 'string') refuse(['given', 'currency'], own);
    else rates.set(given.currency, own);
  }
  return new RateTable({ date: '0000-00-00', source: 'example', rates });
}

function batchOf({ given }: Example, refuse: Refuse): PriceBatch {
  const minor = (field: 'total' | 'total_max' | 'due_later'): number => {
    const read = parseAmount(given.price[field] ?? '0', given.price.currency);
    return 'minor' in read ? read.minor : refuse(['given', 'price', field], read.example);
  };
  const prices = new PriceColumnsBuilder(1);
  const totalMax = given.price.total_max === undefined ? -1 : minor('total_max');
  if (totalMax >= 0 && totalMax < minor('total')) refuse(['given', 'price', 'total_max'], 'is below the total');
  prices.push(given.price.currency, minor('total'), -1, minor('due_later'), TaxBasis.INCLUDED, totalMax);
  const own = vertical(given.vertical);
  const columns = Object.entries(given.attributes).map(([name, value]) => {
    const path = ['given', 'attributes', name];
    const spec = own.attribute(name);
    if (spec === undefined) return refuse(path, `${given.vertical} has no attribute "${name}"`);
    return oneValue(spec, value) ?? refuse(path, `expected a value of type ${spec.type}`);
  });
  return {
    batchId: 0,
    partner: given.partner,
    prices: prices.build(),
    columns: { rowCount: 1, columns },
    partnerRates: [],
  };
}

/** A column of one row; undefined when the value is not of the attribute's type. */
function oneValue({ name, type, enumValues }: AttributeSpec, value: unknown): Column | undefined {
  switch (type) {
    case 'bool':
      return typeof value === 'boolean' ? build(columnBuilder('bool', 1), value, name) : undefined;
    case 'int':
      return Number.isInteger(value) ? build(columnBuilder('int', 1), value as number, name) : undefined;
    case 'double':
      return typeof value === 'number' ? build(columnBuilder('double', 1), value, name) : undefined;
    case 'string':
      return typeof value === 'string' ? build(columnBuilder('string', 1), value, name) : undefined;
    case 'enum':
      return typeof value === 'string' && enumValues.includes(value)
        ? build(columnBuilder('enum', 1), value, name)
        : undefined;
    case 'time': {
      const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
      return Number.isNaN(time) ? undefined : build(columnBuilder('time', 1), time, name);
    }
    case 'string_list':
      return Array.isArray(value) && value.every((text) => typeof text === 'string')
        ? build(columnBuilder('string_list', 1), value, name)
        : undefined;
  }
}

function build<T>(
  builder: { push(value: T | undefined): void; build(attribute: string): Column },
  value: T,
  attribute: string,
): Column {
  builder.push(value);
  return builder.build(attribute);
}
