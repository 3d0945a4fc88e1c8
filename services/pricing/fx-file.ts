import { existsSync } from 'node:fs';
import { ConfigError, type ConfigProblem, loadYamlDocument, type YamlDocument } from '../../libs/config/index.ts';
import { Decimal, minorDigits } from '../../libs/money/index.ts';
import { FxPolicy, type FxSource, oldest, type Spread, type Staleness } from './fx.ts';

interface StatedStaleness {
  readonly use: number;
  readonly widen?: { readonly percentagePerDay: string; readonly until: number };
}

interface FxFile {
  readonly sources: readonly {
    readonly name: string;
    readonly format: FxSource['format'];
    readonly directory: string;
    readonly staleness?: StatedStaleness;
  }[];
  readonly spreads: readonly {
    readonly name: string;
    readonly percentage: string;
    readonly currencies?: readonly string[];
    readonly pairs?: readonly string[];
    readonly markets?: readonly string[];
  }[];
  readonly staleness: StatedStaleness;
}

/** All that may be added to one conversion, per cent: the fast path of quote.ts bounds its error for no more. */
const MOST_ADDED = new Decimal(50n, 0);

const name = {
  type: 'string',
  pattern: '^[a-z0-9][a-z0-9-]{0,63}$',
  description: 'lower case letters, digits, hyphens',
};
const percentage = {
  type: 'string',
  pattern: '^\\d{1,2}(\\.\\d{1,6})?$',
  description: 'a quoted decimal, per cent, not negative: "0.5"',
};
const days = { type: 'integer', minimum: 0, maximum: 400 };
const staleness = {
  type: 'object',
  additionalProperties: false,
  required: ['use'],
  properties: {
    use: { ...days, description: 'business days up to which rates are used as they are; 0 to 400' },
    widen: {
      type: 'object',
      additionalProperties: false,
      required: ['percentagePerDay', 'until'],
      properties: {
        percentagePerDay: percentage,
        until: { ...days, description: 'business days up to which they are used with something added; 0 to 400' },
      },
    },
  },
};
const texts = (pattern: string, description: string) => ({
  type: 'array',
  minItems: 1,
  items: { type: 'string', pattern, description },
});

const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    sources: {
      type: 'array',
      minItems: 1,
      maxItems: 16,
      default: [
        { name: 'ecb', format: 'ecb', directory: 'rates' },
        { name: 'files', format: 'yaml', directory: 'rates' },
      ],
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name', 'format'],
        properties: {
          name,
          format: { enum: ['ecb', 'yaml'], description: 'ecb for eurofxref-daily.xml, yaml for rates/<date>.yaml' },
          directory: { ...name, default: 'rates', description: 'a folder beside fx.yaml' },
          staleness,
        },
      },
    },
    spreads: {
      type: 'array',
      maxItems: 1_000,
      default: [],
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name', 'percentage'],
        properties: {
          name,
          percentage,
          currencies: texts('^[A-Z]{3}$', 'an ISO 4217 code'),
          pairs: texts('^[A-Z]{3}/[A-Z]{3}$', 'two ISO 4217 codes, from the partner\'s to the shown one: "USD/GBP"'),
          markets: texts('^[A-Z]{2}$', 'an ISO 3166-1 alpha-2 code'),
        },
      },
    },
    staleness: { ...staleness, default: { use: 2, widen: { percentagePerDay: '0.5', until: 5 } } },
  },
};

/**
 * Reads `fx.yaml`; where there is none, every key has its default.
 *
 * @throws ConfigError with every problem at its place
 */
export function readFxFile(file: string): FxPolicy {
  if (!existsSync(file)) return DEFAULTS;
  const document = loadYamlDocument<FxFile>(file, schema);
  const problems = [...sourceProblems(document), ...spreadProblems(document), ...stalenessProblems(document)];
  if (problems.length > 0) throw new ConfigError(problems);
  const policy = policyOf(document.value);
  const added = mostAdded(policy);
  if (added.compare(MOST_ADDED) > 0) {
    const reason = `a spread and what is added for age come to ${added.trim(0)} %; expected at most ${MOST_ADDED} % together`;
    throw new ConfigError([document.problem(['staleness'], reason)]);
  }
  return policy;
}

function policyOf({ sources, spreads, staleness: common }: FxFile): FxPolicy {
  return new FxPolicy(
    sources.map((source) => ({ ...source, staleness: stalenessOf(source.staleness ?? common) })),
    spreads.map(
      (spread): Spread => ({
        name: spread.name,
        percentage: decimal(spread.percentage),
        currencies: spread.currencies && new Set(spread.currencies),
        pairs: spread.pairs && new Set(spread.pairs),
        markets: spread.markets && new Set(spread.markets),
      }),
    ),
    stalenessOf(common),
  );
}

function stalenessOf({ use, widen }: StatedStaleness): Staleness {
  return {
    use,
    widen: widen && { percentagePerDay: decimal(widen.percentagePerDay), until: widen.until },
  };
}

function decimal(text: string): Decimal {
  const read = Decimal.parse(text);
  if (read === undefined) throw new Error('The schema lets only plain decimals through.');
  return read;
}

function mostAdded(policy: FxPolicy): Decimal {
  const greatest = (values: readonly Decimal[]): Decimal =>
    values.reduce((most, value) => (value.compare(most) > 0 ? value : most), new Decimal(0n, 0));
  const widened = [policy.staleness, ...policy.sources.map((source) => source.staleness)].map((one) =>
    one.widen === undefined
      ? new Decimal(0n, 0)
      : one.widen.percentagePerDay.times(new Decimal(BigInt(oldest(one) - one.use), 0)),
  );
  return greatest(policy.spreads.map((spread) => spread.percentage)).plus(greatest(widened));
}

function sourceProblems(document: YamlDocument<FxFile>): ConfigProblem[] {
  const problems = repeated(document, 'sources');
  const seen = new Set<string>();
  for (const [index, { format, directory }] of document.value.sources.entries()) {
    const files = `${format} files in ${directory}`;
    if (seen.has(files)) problems.push(document.problem(['sources', index], `another source has the ${files} already`));
    seen.add(files);
  }
  return problems;
}

function spreadProblems(document: YamlDocument<FxFile>): ConfigProblem[] {
  const problems = repeated(document, 'spreads');
  for (const [index, { currencies = [], pairs = [] }] of document.value.spreads.entries()) {
    const report = (key: string, at: number, reason: string): void => {
      problems.push(document.problem(['spreads', index, key, at], reason));
    };
    for (const [at, code] of currencies.entries()) if (!isCurrency(code)) report('currencies', at, noCurrency(code));
    for (const [at, pair] of pairs.entries()) {
      const [from = '', to = ''] = pair.split('/');
      const wrong = [from, to].find((code) => !isCurrency(code));
      if (wrong !== undefined) report('pairs', at, noCurrency(wrong));
      else if (from === to) report('pairs', at, 'nothing is converted from a currency to itself');
    }
  }
  return problems;
}

function stalenessProblems(document: YamlDocument<FxFile>): ConfigProblem[] {
  const { sources, staleness: common } = document.value;
  const stated = [
    { path: ['staleness'], value: common },
    ...sources.map(({ staleness: value }, index) => ({ path: ['sources', index, 'staleness'], value })),
  ];
  return stated.flatMap(({ path, value }) => {
    if (value?.widen === undefined || value.widen.until > value.use) return [];
    const reason = `${value.widen.until} is not beyond use (${value.use}); leave widen out to refuse at once`;
    return [document.problem([...path, 'widen', 'until'], reason)];
  });
}

function repeated(document: YamlDocument<FxFile>, key: 'sources' | 'spreads'): ConfigProblem[] {
  const names = document.value[key].map((one) => one.name);
  return names.flatMap((one, index) =>
    names.indexOf(one) === index
      ? []
      : [document.problem([key, index, 'name'], `"${one}" stands above; names are unique`)],
  );
}

function isCurrency(code: string): boolean {
  return minorDigits(code) !== undefined;
}

function noCurrency(code: string): string {
  return `"${code}" is no ISO 4217 currency code`;
}

const DEFAULTS = policyOf({
  sources: schema.properties.sources.default as FxFile['sources'],
  spreads: [],
  staleness: schema.properties.staleness.default,
});
