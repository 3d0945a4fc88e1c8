import { type JSONSchema, parseYaml } from '../../libs/config/index.ts';
import type { Drift } from './drift.ts';
import { drawsOf, fractionOf, normalOf } from './random.ts';

/** How long a seller takes before it begins to answer. */
export interface Delay {
  readonly kind: 'none' | 'fixed' | 'uniform' | 'lognormal';
  /** fixed: milliseconds. */
  readonly ms: number;
  /** uniform: from, milliseconds. */
  readonly minMs: number;
  /** uniform: to, milliseconds. */
  readonly maxMs: number;
  /** lognormal: median, milliseconds. */
  readonly p50Ms: number;
  /** lognormal: 95th percentile, milliseconds; above the median. */
  readonly p95Ms: number;
}

/** Ways in which a body can be wrong. */
export type Malformation = 'truncated' | 'html' | 'contentType' | 'entityBomb';
/** Ways in which the price of a single row can be wrong. */
export type BrokenPrice =
  | 'negative'
  | 'notANumber'
  | 'missingAmount'
  | 'missingCurrency'
  | 'unknownCurrency'
  | 'excessPrecision'
  /** A hundred times too much: minor units where major ones belong. Only where a scenario names it. */
  | 'minorUnits';

/** What goes wrong at a seller. Shares are of requests (transport) or of offers (rows, verifying), 0 to 1. */
export interface Scenario {
  readonly delay: Delay;
  /** Requests that are never answered. */
  readonly hangShare: number;
  /** Requests refused with 429 and the partner's rate limit headers. */
  readonly rateLimitShare: number;
  /** Seconds after which a refused client may come back: 1 to 3,600. */
  readonly rateLimitResetSeconds: number;
  /** Requests refused because the day's quota is spent, in the partner's own way. */
  readonly quotaShare: number;
  /** Requests answered with 5xx, in the partner's error format or a gateway's HTML. */
  readonly errorShare: number;
  /** Requests answered with a malformed body. */
  readonly malformedShare: number;
  /** The malformations drawn from. */
  readonly malformed: readonly Malformation[];
  /** Requests whose connection is cut in the middle of the body. */
  readonly dropShare: number;
  /** Requests whose body is padded to hugeBytes with white space. */
  readonly hugeShare: number;
  /** Size of a padded body: up to 256 MiB. */
  readonly hugeBytes: number;
  /** Requests whose body trickles over dripMs. */
  readonly dripShare: number;
  /** Time that a trickling body takes, milliseconds. */
  readonly dripMs: number;
  /** Answers and pushed messages of another shape than before. */
  readonly driftShare: number;
  /** What is different about them. */
  readonly drift: readonly Drift[];
  /** Answers that carry a warning beside their offers (formats that have warnings). */
  readonly warningShare: number;
  /** Offers sold a second time under another id. */
  readonly duplicateShare: number;
  /** Offers whose price is broken. */
  readonly brokenRowShare: number;
  /** The breakages drawn from. */
  readonly brokenRows: readonly BrokenPrice[];
  /** Offers that have another price when verified. */
  readonly priceChangeShare: number;
  /** By how much of the price: -0.9 to 10; 0.07 is dearer by 7 %. */
  readonly priceChange: number;
  /** Offers that are gone when verified. */
  readonly soldOutShare: number;
  /** Pushed messages that change places with the next one. */
  readonly reorderShare: number;
  /** Pushed messages sent once more, as they were, after all the others. */
  readonly replayShare: number;
  /** Pushed messages preceded by one that somebody without the secret made. */
  readonly forgeShare: number;
}

const share = (description: string): JSONSchema => ({
  type: 'number',
  minimum: 0,
  maximum: 1,
  default: 0,
  description,
});
const milliseconds = { type: 'number', minimum: 0, maximum: 600_000, default: 0 };

/** JSON schema of a scenario; every key has a default, and without any nothing goes wrong. */
export const scenarioSchema: JSONSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    delay: {
      type: 'object',
      additionalProperties: false,
      default: {},
      properties: {
        kind: { enum: ['none', 'fixed', 'uniform', 'lognormal'], default: 'none' },
        ms: milliseconds,
        minMs: milliseconds,
        maxMs: milliseconds,
        p50Ms: milliseconds,
        p95Ms: milliseconds,
      },
    },
    hangShare: share('requests never answered'),
    rateLimitShare: share('requests refused with 429'),
    rateLimitResetSeconds: { type: 'integer', minimum: 1, maximum: 3600, default: 30 },
    quotaShare: share('requests refused for a spent quota'),
    errorShare: share('requests answered with 5xx'),
    malformedShare: share('requests with a malformed body'),
    malformed: {
      type: 'array',
      minItems: 1,
      items: { enum: ['truncated', 'html', 'contentType', 'entityBomb'] },
      default: ['truncated', 'html', 'contentType'],
    },
    dropShare: share('connections cut in the middle of the body'),
    hugeShare: share('bodies padded to hugeBytes'),
    hugeBytes: { type: 'integer', minimum: 0, maximum: 268_435_456, default: 52_428_800 },
    dripShare: share('bodies that trickle'),
    dripMs: { ...milliseconds, default: 5_000 },
    driftShare: share('answers and pushed messages of another shape'),
    drift: {
      type: 'array',
      default: [],
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['change', 'field'],
        properties: {
          change: { enum: ['retyped', 'vanished', 'new'] },
          field: { type: 'string', pattern: '^[^.]+(\\.[^.]+)*$' },
        },
      },
    },
    warningShare: share('answers with a warning'),
    duplicateShare: share('offers sold twice'),
    brokenRowShare: share('offers with a broken price'),
    brokenRows: {
      type: 'array',
      minItems: 1,
      items: {
        enum: [
          'negative',
          'notANumber',
          'missingAmount',
          'missingCurrency',
          'unknownCurrency',
          'excessPrecision',
          'minorUnits',
        ],
      },
      default: ['negative', 'notANumber', 'missingAmount', 'missingCurrency', 'unknownCurrency', 'excessPrecision'],
    },
    priceChangeShare: share('offers with another price when verified'),
    priceChange: { type: 'number', minimum: -0.9, maximum: 10, default: 0.07 },
    soldOutShare: share('offers gone when verified'),
    reorderShare: share('pushed messages that change places with the next'),
    replayShare: share('pushed messages sent once more at the end'),
    forgeShare: share('pushed messages preceded by a forged one'),
  },
};

/**
 * Reads a scenario from JSON or YAML text.
 *
 * @throws ConfigError where it is none; its message names each place
 */
export function parseScenario(text: string, file: string): Scenario {
  return parseYaml<Scenario>(text.trim() === '' ? '{}' : text, file, scenarioSchema).value;
}

/** What happens to one request. */
export interface Fate {
  readonly delayMs: number;
  readonly fault: 'none' | 'hang' | 'rateLimit' | 'quota' | 'error' | 'malformed' | 'drop';
  readonly malformation: Malformation;
  readonly huge: boolean;
  readonly drip: boolean;
  readonly warning: boolean;
  /** The body has the scenario's drift. */
  readonly drifted: boolean;
  /** 0 to 1, for choices among variants of a fault. */
  readonly variant: number;
}

/** What happens to a seller's n-th request: a function of seed, seller and n. */
export function fateOf(scenario: Scenario, seed: number, seller: string, requestNumber: number): Fate {
  const draws = drawsOf(`${seed}|fate|${seller}|${requestNumber}`);
  const point = draws.fraction();
  let edge = 0;
  let fault: Fate['fault'] = 'none';
  for (const [name, size] of [
    ['hang', scenario.hangShare],
    ['rateLimit', scenario.rateLimitShare],
    ['quota', scenario.quotaShare],
    ['error', scenario.errorShare],
    ['malformed', scenario.malformedShare],
    ['drop', scenario.dropShare],
  ] as const) {
    edge += size;
    if (point < edge) {
      fault = name;
      break;
    }
  }
  return {
    delayMs: delayOf(scenario.delay, draws.fraction(), normalOf(draws)),
    fault,
    malformation: draws.pick(scenario.malformed),
    huge: draws.chance(scenario.hugeShare),
    drip: draws.chance(scenario.dripShare),
    warning: draws.chance(scenario.warningShare),
    variant: draws.fraction(),
    drifted: draws.chance(scenario.driftShare),
  };
}

function delayOf(delay: Delay, uniform: number, normal: number): number {
  switch (delay.kind) {
    case 'none':
      return 0;
    case 'fixed':
      return delay.ms;
    case 'uniform':
      return delay.minMs + uniform * Math.max(0, delay.maxMs - delay.minMs);
    case 'lognormal': {
      if (delay.p50Ms <= 0) return 0;
      // 1.645 deviations above the middle lies the 95th percentile.
      const deviation = Math.log(Math.max(delay.p95Ms, delay.p50Ms) / delay.p50Ms) / 1.645;
      return Math.min(600_000, delay.p50Ms * Math.exp(normal * deviation));
    }
  }
}

/** What has become of an offer when it is verified. By its key, so that asking twice gives the same answer twice. */
export function verifyFate(
  scenario: Scenario,
  seed: number,
  seller: string,
  offerKey: string,
): { readonly soldOut: boolean; readonly factor: number } {
  return {
    soldOut: fractionOf(`${seed}|soldOut|${seller}|${offerKey}`) < scenario.soldOutShare,
    factor:
      fractionOf(`${seed}|change|${seller}|${offerKey}`) < scenario.priceChangeShare ? 1 + scenario.priceChange : 1,
  };
}

/** Whether an offer is sold a second time. */
export function isDuplicated(scenario: Scenario, seed: number, seller: string, offerKey: string): boolean {
  return scenario.duplicateShare > 0 && fractionOf(`${seed}|twice|${seller}|${offerKey}`) < scenario.duplicateShare;
}

/** How the price of an offer is broken, if it is. */
export function brokenPrice(
  scenario: Scenario,
  seed: number,
  seller: string,
  offerKey: string,
): BrokenPrice | undefined {
  if (scenario.brokenRowShare === 0) return undefined;
  const draws = drawsOf(`${seed}|broken|${seller}|${offerKey}`);
  return draws.chance(scenario.brokenRowShare) ? draws.pick(scenario.brokenRows) : undefined;
}

/** A price with the breakage in it; absent parts are undefined. */
export function breakPrice(
  amount: string,
  currency: string,
  how: BrokenPrice | undefined,
): { readonly amount: string | undefined; readonly currency: string | undefined } {
  switch (how) {
    case undefined:
      return { amount, currency };
    case 'negative':
      return { amount: `-${amount}`, currency };
    case 'notANumber':
      return { amount: 'NaN', currency };
    case 'missingAmount':
      return { amount: undefined, currency };
    case 'missingCurrency':
      return { amount, currency: undefined };
    case 'unknownCurrency':
      return { amount, currency: 'QQQ' };
    case 'excessPrecision':
      return { amount: `${amount}${amount.includes('.') ? '' : '.'}123`, currency };
    case 'minorUnits':
      return { amount: hundredfold(amount), currency };
  }
}

/** A plain decimal with its point two places to the right, and as many digits behind it as before. */
function hundredfold(amount: string): string {
  const [whole = '', fraction = ''] = amount.split('.');
  const digits = `${whole}${fraction}00`;
  const moved = digits.length - fraction.length;
  return fraction === '' ? digits : `${digits.slice(0, moved)}.${digits.slice(moved)}`;
}
