import type { Criteria } from '../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { compileDynamic, type DynamicType } from '../../../libs/expression/index.ts';
import { vertical as verticalOf } from '../../../libs/vertical/index.ts';
import { criteriaVariables, criteriaView } from '../kit/criteria.ts';
import { factsOf, factVariables } from '../kit/facts.ts';
import { commonFunctions } from '../kit/functions.ts';

/** Whose search it is, and what it seeks. */
export interface SearchFacts {
  readonly client: string;
  /** The client's tier by name; "" where it is not known. */
  readonly tier: string;
  readonly market: string;
  readonly criteria: Criteria;
  /** Of a hundred searches like this one, those that led to a hand-off. */
  readonly handoffRate: number;
}

/** How the budget stands. */
export interface BudgetFacts {
  /** Of the day's budget, the share that is not spent; 1 where there is no budget by the day. */
  readonly leftOfDay: number;
  /** Of the day's searches, the share that is still to come. */
  readonly expectedLeft: number;
  /** The date in the budget's zone. */
  readonly today: string;
  /** Epoch ms. */
  readonly now: number;
  /** Searches a booking that the partner's terms allow; undefined where they do not say. */
  readonly lookToBook: number | undefined;
}

/** What a search matters, 0 to 1: compiled once, asked for every search. */
export interface Policy {
  priorityOf(search: SearchFacts, budget: BudgetFacts): number;
}

/** The priority of a search for which the policy has no number: it reads what the client left out. */
export const UNDECIDED = 0.5;

interface Variable {
  readonly type: DynamicType;
  readonly value: (search: SearchFacts, budget: BudgetFacts) => unknown;
}

/** What a policy may read beside the criteria and what follows from them; OPERATING.md says what each is. */
export const policyVariables: Readonly<Record<string, Variable>> = {
  client: { type: 'string', value: ({ client }) => client },
  tier: { type: 'string', value: ({ tier }) => tier },
  market: { type: 'string', value: ({ market }) => market },
  vertical: { type: 'string', value: ({ criteria }) => criteria.vertical?.$case },
  handoff_rate: { type: 'double', value: ({ handoffRate }) => handoffRate },
  left_of_day: { type: 'double', value: (_search, { leftOfDay }) => leftOfDay },
  expected_left: { type: 'double', value: (_search, { expectedLeft }) => expectedLeft },
  today: { type: 'string', value: (_search, { today }) => today },
  now: { type: 'timestamp', value: (_search, { now }) => now },
  look_to_book: { type: 'double', value: (_search, { lookToBook }) => lookToBook },
};

/** Compiles a policy for searches of a vertical. Throws ExpressionError with its place in the text. */
export function compilePolicy(source: string, vertical: string): Policy {
  const kind = verticalOf(vertical);
  const variables = new Map<string, DynamicType>([
    ...Object.entries(policyVariables).map(([name, { type }]) => [name, type] as const),
    ...criteriaVariables(kind),
    ...Object.entries(factVariables(vertical)),
  ]);
  const expression = compileDynamic(source, { variables, functions: commonFunctions }, 'double');
  const read = new Set(expression.reads);
  const readers = [...variables.keys()].map((name): Variable['value'] => {
    if (!read.has(name)) return () => undefined;
    const own = policyVariables[name];
    if (own !== undefined) return own.value;
    if (name.startsWith('criteria.')) {
      const field = name.slice('criteria.'.length);
      return ({ criteria }) => criteriaView(kind, criteria)[field];
    }
    return ({ criteria }) => factsOf(vertical, criteria, criteriaView(kind, criteria))[name];
  });
  return {
    priorityOf(search, budget) {
      const found = expression.evaluate(...readers.map((value) => value(search, budget)));
      return typeof found === 'number' && !Number.isNaN(found) ? Math.min(1, Math.max(0, found)) : UNDECIDED;
    },
  };
}
