import { existsSync } from 'node:fs';
import path from 'node:path';
import {
  ConfigError,
  type ConfigProblem,
  type JSONSchema,
  loadYamlDocument,
  parseYaml,
  type YamlDocument,
} from '../../../libs/config/index.ts';
import { isCountry } from '../country.ts';

/** How far what a partner says may be off what was shown: whichever of the two is more. */
export interface Tolerance {
  /** Of what was shown, 0 to 1. */
  readonly share: number;
  /** In the minor unit of the partner's currency. */
  readonly minor: number;
}

/** The least that is asked of a partner, as shares of its checks that found what was shown. */
export interface Floors {
  /** Below it its offers come after the others. */
  readonly demoteBelow: number;
  /** Below it its offers are not shown. */
  readonly hideBelow: number;
}

/** What is checked of shown offers, and what follows. What each value means stands in deploy/config/accuracy.yaml. */
export interface AccuracyConfig {
  readonly sample: {
    readonly share: number;
    readonly perMinute: number;
    readonly atOnce: number;
    readonly delaySeconds: number;
    readonly jitterSeconds: number;
  };
  readonly tolerance: Tolerance;
  readonly markets: Readonly<Record<string, { readonly tolerance: Partial<Tolerance> }>>;
  readonly policy: Floors & {
    readonly margin: number;
    readonly windowHours: number;
    readonly lastChecks: number;
    readonly leastChecks: number;
  };
  readonly probe: { readonly share: number; readonly offers: number };
  readonly partners: Readonly<Record<string, Partial<Floors> & { readonly share?: number }>>;
  readonly mismatches: { readonly keepDays: number; readonly most: number };
}

function within(description: string, minimum: number, maximum: number, rest: object): JSONSchema {
  return { minimum, maximum, description: `${description}; ${minimum} to ${maximum}`, ...rest };
}
const share = (description: string, rest: object = {}): JSONSchema =>
  within(description, 0, 1, { type: 'number', ...rest });
const whole = (description: string, minimum: number, maximum: number, value: number): JSONSchema =>
  within(description, minimum, maximum, { type: 'integer', default: value });

function part(properties: Readonly<Record<string, JSONSchema>>): JSONSchema {
  return { type: 'object', additionalProperties: false, default: {}, properties };
}

const toleranceKeys = (values: { readonly share?: number; readonly minor?: number }) => ({
  share: share('a share of what was shown', values.share === undefined ? {} : { default: values.share }),
  minor: within("minor units of the partner's currency", 0, 1_000_000, {
    type: 'integer',
    ...(values.minor !== undefined && { default: values.minor }),
  }),
});

const schema: JSONSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    sample: part({
      share: share('of the shown offers, so many are asked again', { default: 0.01 }),
      perMinute: whole('checks of one partner in any minute, by this process', 1, 10_000, 6),
      atOnce: whole('checks under way at once, of all partners', 1, 100, 4),
      delaySeconds: whole('seconds after an offer was shown', 0, 3_600, 30),
      jitterSeconds: whole('seconds more, up to', 0, 3_600, 60),
    }),
    tolerance: part(toleranceKeys({ share: 0.005, minor: 1 })),
    markets: {
      type: 'object',
      default: {},
      additionalProperties: part({ tolerance: part(toleranceKeys({})) }),
    },
    policy: part({
      demoteBelow: share('the accuracy below which offers come after the others', { default: 0.85 }),
      hideBelow: share('the accuracy below which offers are not shown', { default: 0.6 }),
      margin: within('by so much a floor has to be exceeded again', 0, 0.5, { type: 'number', default: 0.03 }),
      windowHours: within('hours that checks count', 1, 168, { type: 'integer', default: 24 }),
      lastChecks: whole('the latest checks that count', 1, 100_000, 500),
      leastChecks: whole('checks without which nothing is judged', 1, 10_000, 50),
    }),
    probe: part({
      share: share('of the searches, so many ask a hidden partner', { default: 0.05 }),
      offers: whole('offers of a hidden partner that are checked of one search', 1, 20, 3),
    }),
    partners: {
      type: 'object',
      default: {},
      additionalProperties: part({
        share: share('of its shown offers, so many are asked again'),
        demoteBelow: share('the accuracy below which its offers come after the others'),
        hideBelow: share('the accuracy below which its offers are not shown'),
      }),
    },
    mismatches: part({
      keepDays: whole('days that a mismatch is kept', 1, 90, 14),
      most: whole('mismatches that are kept; the oldest go first', 10, 1_000_000, 10_000),
    }),
  },
};

/**
 * Reads `accuracy.yaml` of a configuration directory. Without the file nothing is checked.
 * @throws ConfigError with file, line and column of everything that is wrong
 */
export function loadAccuracyConfig(directory: string): AccuracyConfig {
  const file = path.join(directory, 'accuracy.yaml');
  const document = existsSync(file)
    ? loadYamlDocument<AccuracyConfig>(file, schema)
    : parseYaml<AccuracyConfig>('{ sample: { share: 0 } }', file, schema);
  const problems = problemsOf(document);
  if (problems.length > 0) throw new ConfigError(problems);
  return document.value;
}

function problemsOf({ value, problem }: YamlDocument<AccuracyConfig>): ConfigProblem[] {
  const { policy, partners, markets } = value;
  const problems: ConfigProblem[] = [];
  if (policy.leastChecks > policy.lastChecks) {
    const reason = `${policy.leastChecks} is more than lastChecks (${policy.lastChecks}); nothing would ever be judged`;
    problems.push(problem(['policy', 'leastChecks'], reason));
  }
  const checkFloors = (at: string[], { demoteBelow, hideBelow }: Floors): void => {
    if (hideBelow > demoteBelow) {
      const reason = `${hideBelow} is more than demoteBelow (${demoteBelow}); what is hidden is worse than what is demoted`;
      problems.push(problem([...at, 'hideBelow'], reason));
    }
    if (demoteBelow + policy.margin > 1) {
      const reason = `${demoteBelow} and the margin (${policy.margin}) are more than 1; nobody could ever come back`;
      problems.push(problem([...at, 'demoteBelow'], reason));
    }
  };
  checkFloors(['policy'], policy);
  for (const name of Object.keys(partners)) checkFloors(['partners', name], floorsOf(value, name));
  for (const market of Object.keys(markets)) {
    if (isCountry(market)) continue;
    problems.push(problem(['markets', market], `"${market}" is no ISO 3166-1 alpha-2 code; give one such as GB`));
  }
  return problems;
}

/** Anything is checked at all. */
export function isChecked({ sample, partners }: AccuracyConfig): boolean {
  return sample.share > 0 || Object.values(partners).some((own) => (own.share ?? 0) > 0);
}

/** Of a partner's shown offers, the share that is asked again. */
export function shareOf({ sample, partners }: AccuracyConfig, partner: string): number {
  return own(partners, partner)?.share ?? sample.share;
}

/** The least that is asked of a partner. */
export function floorsOf({ policy, partners }: AccuracyConfig, partner: string): Floors {
  const { demoteBelow = policy.demoteBelow, hideBelow = policy.hideBelow } = own(partners, partner) ?? {};
  return { demoteBelow, hideBelow };
}

/** What may be off in a market. */
export function toleranceOf({ tolerance, markets }: AccuracyConfig, market: string): Tolerance {
  return { ...tolerance, ...own(markets, market)?.tolerance };
}

/** A name from outside is never taken for a property that every object has. */
function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
