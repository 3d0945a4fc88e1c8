import { ConfigError, type ConfigProblem, type YamlDocument } from '../../../libs/config/index.ts';
import { ExpressionError } from '../../../libs/expression/index.ts';
import { PartnerBudget } from './budget.ts';
import { type BudgetConfig, budgetProblems } from './config.ts';
import { compilePolicy, type Policy } from './policy.ts';

/**
 * The budget of a partner's file; undefined where it has none.
 *
 * @param vertical what the partner sells: the policy may read its criteria
 * @param lookToBook searches a booking that the partner's terms allow
 * @throws ConfigError with every mistake and its place, those within the policy too
 */
export function loadBudget(
  partner: string,
  document: YamlDocument<{ readonly budget?: BudgetConfig }>,
  vertical: string,
  lookToBook?: number,
): PartnerBudget | undefined {
  const { budget } = document.value;
  if (budget === undefined) return undefined;
  const problems: ConfigProblem[] = budgetProblems(budget).map(({ key, reason }) =>
    document.problem(key === undefined ? ['budget'] : ['budget', key], reason),
  );
  let policy: Policy | undefined;
  try {
    policy = compilePolicy(budget.policy, vertical);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const { line, column, detail } = error;
    problems.push(document.problem(['budget', 'policy'], detail, { line, column }));
  }
  if (policy === undefined || problems.length > 0) throw new ConfigError(problems);
  return new PartnerBudget(partner, budget, policy, lookToBook);
}
