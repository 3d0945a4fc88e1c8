import type { JSONSchema } from '../../../libs/config/index.ts';

/** What a partner's file says of the requests that its account may send. */
export interface BudgetConfig {
  /** In any second, at most. */
  readonly perSecond?: number;
  /** Of those a second, so many may go out at once. */
  readonly burst?: number;
  /** From midnight to midnight in `timeZone`, at most. */
  readonly perDay?: number;
  /** IANA. */
  readonly timeZone: string;
  /** How searches spread over the hours of that day, relative to each other. */
  readonly hours?: readonly number[];
  /** CEL: what a search matters, 0 to 1. */
  readonly policy: string;
}

/** Searches matter by how often those like them led to a hand-off: 0 for never, 0.5 for 2 in a hundred, never quite 1. */
export const DEFAULT_POLICY = 'handoff_rate / (handoff_rate + 2.0)';

/** JSON schema of {@link BudgetConfig}. */
export const budgetSchema: JSONSchema = {
  description:
    'requests that the account may send, all replicas together; every request to the partner counts, and searches alone are refused',
  type: 'object',
  additionalProperties: false,
  properties: {
    perSecond: {
      description: 'in any second at most, 0.01 to 10000; absent for no limit by the second',
      type: 'number',
      minimum: 0.01,
      maximum: 10_000,
    },
    burst: {
      description:
        'of those a second so many may go out at once, the others follow at perSecond - burst + 1 a second: 1 to perSecond, at most half ' +
        'of it is sensible; absent for a tenth',
      type: 'integer',
      minimum: 1,
      maximum: 10_000,
    },
    perDay: {
      description: 'from midnight to midnight at most, 1 to 100000000; absent for no limit by the day',
      type: 'integer',
      minimum: 1,
      maximum: 100_000_000,
    },
    timeZone: {
      description: 'IANA zone by whose midnight the day ends: "Europe/Madrid"',
      type: 'string',
      format: 'time-zone',
      default: 'UTC',
    },
    hours: {
      description:
        'how searches spread over the 24 hours of that day, in any unit (searches of an hour of a usual day): what is kept for later follows ' +
        'it; absent for evenly',
      type: 'array',
      minItems: 24,
      maxItems: 24,
      items: { description: 'searches in the hour, 0 or more', type: 'number', minimum: 0 },
    },
    policy: {
      description: 'CEL for what a search matters, from 0 to 1; see Budgets in services/supply/OPERATING.md',
      type: 'string',
      minLength: 1,
      maxLength: 4_000,
      default: DEFAULT_POLICY,
    },
  },
};

/** What is wrong with a budget beyond its schema, by key. */
export function budgetProblems({ perSecond, burst, perDay, hours }: BudgetConfig): { key?: string; reason: string }[] {
  const problems: { key?: string; reason: string }[] = [];
  if (perSecond === undefined && perDay === undefined) {
    problems.push({ reason: 'expected perSecond, perDay or both: what the partner allows' });
  }
  if (burst !== undefined && burst > Math.max(1, perSecond ?? 0)) {
    problems.push({ key: 'burst', reason: `expected at most perSecond, found ${burst}` });
  }
  if (hours?.every((hour) => hour === 0)) problems.push({ key: 'hours', reason: 'no hour has a search' });
  return problems;
}
