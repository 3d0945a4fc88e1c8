import { ConfigError, type ConfigProblem, loadYamlDocument, type YamlDocument } from '../../libs/config/index.ts';
import {
  type CompiledExpression,
  compileExpression,
  ExpressionError,
  verticalScope,
} from '../../libs/expression/index.ts';
import { Decimal, minorDigits } from '../../libs/money/index.ts';
import { type Vertical, verticals } from '../../libs/vertical/index.ts';
import { checkExamples, type Example, exampleSchema } from './examples.ts';
import { type Adjustment, CONTEXT_VARIABLES, type CompiledRule, type RuleDeclaration, RuleSet } from './rules.ts';

/** `rules.yaml`. */
interface RulesFile {
  readonly rules: readonly RuleDeclaration[];
  readonly examples: readonly Example[];
}

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['rules'],
  properties: {
    rules: {
      type: 'array',
      maxItems: 1_000,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name', 'description', 'apply'],
        properties: {
          name: {
            type: 'string',
            pattern: '^[a-z0-9][a-z0-9-]{0,63}$',
            description: 'lower case letters, digits, hyphens',
          },
          description: { type: 'string', minLength: 1, maxLength: 200, description: 'what it does, for a person' },
          vertical: { type: 'string', description: 'the vertical it is for; leave it out for all' },
          when: {
            type: 'string',
            minLength: 1,
            maxLength: 4_000,
            description: 'a CEL condition; leave it out for always',
          },
          valid: {
            type: 'object',
            additionalProperties: false,
            minProperties: 1,
            properties: {
              from: { type: 'string', description: 'RFC 3339 instant, "2026-12-01T00:00:00Z"' },
              until: { type: 'string', description: 'RFC 3339 instant, not included' },
            },
          },
          apply: {
            type: 'object',
            additionalProperties: false,
            minProperties: 1,
            maxProperties: 1,
            description: 'either percentage or fixed',
            properties: {
              percentage: {
                type: 'string',
                pattern: '^-?\\d{1,4}(\\.\\d{1,6})?$',
                description: 'a quoted decimal, per cent of the running total: "2.5", "-1.0"',
              },
              fixed: {
                type: 'object',
                additionalProperties: false,
                required: ['amount', 'currency'],
                properties: {
                  amount: {
                    type: 'string',
                    pattern: '^-?\\d{1,10}(\\.\\d{1,4})?$',
                    description: 'a quoted decimal in major units: "4.00"',
                  },
                  currency: { type: 'string', pattern: '^[A-Z]{3}$', description: 'an ISO 4217 code' },
                },
              },
            },
          },
        },
      },
    },
    examples: { type: 'array', default: [], items: exampleSchema },
  },
};

/**
 * Reads, checks and compiles a file of rules, then runs its examples.
 *
 * @throws ConfigError with every problem at its place: the shape, amounts, conditions that do not type-check against
 *   their vertical, examples that come out otherwise
 */
export function readRulesFile(file: string): RuleSet {
  const document = loadYamlDocument<RulesFile>(file, schema);
  const ruleSet = compileRules(document);
  const problems = checkExamples(document, ruleSet);
  if (problems.length > 0) throw new ConfigError(problems);
  return ruleSet;
}

function compileRules(document: YamlDocument<RulesFile>): RuleSet {
  const { rules } = document.value;
  const problems: ConfigProblem[] = [];
  const byVertical = new Map<string, CompiledRule[]>([...verticals().keys()].map((name) => [name, []]));
  const names = new Set<string>();
  for (const [index, rule] of rules.entries()) {
    const report = (
      path: readonly (string | number)[],
      reason: string,
      within?: { line: number; column: number },
    ): void => {
      problems.push(document.problem(['rules', index, ...path], reason, within));
    };
    if (names.has(rule.name)) report(['name'], `a rule named "${rule.name}" stands above; names are unique`);
    names.add(rule.name);
    const adjustment = readAdjustment(rule, report);
    const from = readInstant(rule.valid?.from, Number.NEGATIVE_INFINITY, ['valid', 'from'], report);
    const until = readInstant(rule.valid?.until, Number.POSITIVE_INFINITY, ['valid', 'until'], report);
    if (from >= until) report(['valid'], 'ends before it begins');
    for (const vertical of verticalsOf(rule, report)) {
      const condition = compileCondition(rule, vertical, report);
      if (condition === 'refused') break;
      if (adjustment === undefined) continue;
      const reads = (condition?.reads ?? []).filter((name) => vertical.attribute(name) !== undefined);
      byVertical.get(vertical.name)?.push({ declaration: rule, adjustment, from, until, condition, reads });
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return new RuleSet(rules, byVertical);
}

type Report = (path: readonly (string | number)[], reason: string, within?: { line: number; column: number }) => void;

function verticalsOf(rule: RuleDeclaration, report: Report): readonly Vertical[] {
  if (rule.vertical === undefined) return [...verticals().values()];
  const found = verticals().get(rule.vertical);
  if (found !== undefined) return [found];
  report(['vertical'], `there is no vertical "${rule.vertical}"; there are: ${[...verticals().keys()].join(', ')}`);
  return [];
}

function compileCondition(
  rule: RuleDeclaration,
  vertical: Vertical,
  report: Report,
): CompiledExpression | undefined | 'refused' {
  if (rule.when === undefined) return undefined;
  const context = Object.fromEntries(CONTEXT_VARIABLES.map((name) => [name, 'string' as const]));
  try {
    return compileExpression(rule.when, verticalScope(vertical, context), 'bool');
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const hint =
      rule.vertical === undefined ? `; checked for ${vertical.name}: a rule for one vertical says which` : '';
    report(['when'], `${error.detail}${hint}`, { line: error.line, column: error.column });
    return 'refused';
  }
}

function readAdjustment({ apply }: RuleDeclaration, report: Report): Adjustment | undefined {
  if ('percentage' in apply) {
    const percentage = Decimal.parse(apply.percentage);
    if (percentage === undefined) throw new Error('The schema lets only plain decimals through.');
    if (percentage.compare(new Decimal(-100n, 0)) < 0) {
      report(['apply', 'percentage'], 'takes more than the whole price; expected -100 or more');
      return undefined;
    }
    return { kind: 'percentage', share: percentage.times(new Decimal(1n, 2)) };
  }
  const { amount: text, currency } = apply.fixed;
  const digits = minorDigits(currency);
  const amount = Decimal.parse(text);
  if (amount === undefined) throw new Error('The schema lets only plain decimals through.');
  if (digits === undefined) report(['apply', 'fixed', 'currency'], `"${currency}" is no ISO 4217 currency code`);
  else if (amount.toMinor(digits) === undefined) {
    report(['apply', 'fixed', 'amount'], `${text} has more digits than ${currency} can have (${digits})`);
  } else return { kind: 'fixed', amount, currency };
  return undefined;
}

function readInstant(text: string | undefined, otherwise: number, path: readonly string[], report: Report): number {
  if (text === undefined) return otherwise;
  try {
    return Temporal.Instant.from(text).epochMilliseconds;
  } catch {
    report(path, `expected an RFC 3339 instant with its offset ("2026-12-01T00:00:00Z"), found "${text}"`);
    return otherwise;
  }
}
