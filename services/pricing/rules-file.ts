import { statSync } from 'node:fs';
import { ConfigError, type ConfigProblem, loadYamlDocument, type YamlDocument } from '../../libs/config/index.ts';
import { ExpressionError } from '../../libs/expression/index.ts';
import { type Vertical, verticals } from '../../libs/vertical/index.ts';
import { type TermShape, TIME_VARIABLES, termsOf } from './condition.ts';
import { readEffect } from './effects.ts';
import { checkExamples, type Example } from './examples.ts';
import { bucketsOf } from './experiments.ts';
import { type Overlapper, overlaps } from './overlap.ts';
import { type RuleDeclaration, RuleSet, type RulesContent } from './rules.ts';
import { rulesSchema } from './rules-schema.ts';
import { readMoment, Validity } from './validity.ts';

/** `rules.yaml`. */
interface RulesFile {
  readonly zones?: Readonly<Record<string, string>>;
  readonly rules: readonly RuleDeclaration[];
  readonly examples: readonly Example[];
}

/** Largest file that is read, bytes: ten thousand rules have about 3 MB. */
const MAX_BYTES = 8 * 1024 * 1024;
/** Overlaps that are reported of one group. */
const MAX_OVERLAPS = 10;

type Path = readonly (string | number)[];
type Report = (path: Path, reason: string, within?: { line: number; column: number }) => void;

/**
 * Reads, checks and compiles a file of rules, then runs its examples.
 *
 * @throws ConfigError with every problem at its place: the shape, amounts, conditions that do not type-check against
 *   their vertical, rules between which nothing decides, examples that come out otherwise
 */
export function readRulesFile(file: string): RuleSet {
  return new RuleSet(readRulesContent(file));
}

/** As readRulesFile, what was read as plain data. */
export function readRulesContent(file: string): RulesContent {
  checkSize(file);
  const document = loadYamlDocument<RulesFile>(file, rulesSchema);
  const content = checkRules(document);
  const problems = checkExamples(document, new RuleSet(content));
  if (problems.length > 0) throw new ConfigError(problems);
  return content;
}

function checkSize(file: string): void {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size <= MAX_BYTES) return;
  const megabytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);
  const reason = `has ${megabytes(size)} MB; at most ${megabytes(MAX_BYTES)} MB are read`;
  throw new ConfigError([{ file, line: 1, column: 1, reason }]);
}

function checkRules(document: YamlDocument<RulesFile>): RulesContent {
  const { rules, zones } = document.value;
  const problems: ConfigProblem[] = [];
  const terms = Object.fromEntries(
    [...verticals().keys()].map((name) => [
      name,
      new Array<readonly TermShape[] | undefined>(rules.length).fill(undefined),
    ]),
  );
  const validities: (Validity | undefined)[] = [];
  const names = new Set<string>();
  for (const [index, rule] of rules.entries()) {
    const report: Report = (path, reason, within) =>
      problems.push(document.problem(['rules', index, ...path], reason, within));
    if (names.has(rule.name)) report(['name'], `a rule named "${rule.name}" stands above; names are unique`);
    names.add(rule.name);
    readEffect(rule.apply, (path, reason) => report(['apply', ...path], reason));
    validities.push(readValidity(rule, zones !== undefined, report));
    for (const vertical of verticalsOf(rule, report)) {
      const own = readTerms(rule, vertical, zones !== undefined, report);
      if (own === undefined) break;
      terms[vertical.name]![index] = own;
    }
  }
  const reportAt =
    (index: number): Report =>
    (path, reason) =>
      problems.push(document.problem(['rules', index, ...path], reason));
  checkExperiments(rules, reportAt);
  if (problems.length === 0) checkOverlaps(document, { zones, rules, terms }, validities, reportAt);
  if (problems.length > 0) throw new ConfigError(problems);
  return { zones, rules, terms };
}

function verticalsOf(rule: RuleDeclaration, report: Report): readonly Vertical[] {
  if (rule.vertical === undefined) return [...verticals().values()];
  const found = verticals().get(rule.vertical);
  if (found !== undefined) return [found];
  report(['vertical'], `there is no vertical "${rule.vertical}"; there are: ${[...verticals().keys()].join(', ')}`);
  return [];
}

/** Undefined where something is wrong, which is reported. */
function readTerms(
  rule: RuleDeclaration,
  vertical: Vertical,
  zoned: boolean,
  report: Report,
): readonly TermShape[] | undefined {
  if (rule.when === undefined) return [];
  try {
    const terms = termsOf(rule.when, vertical);
    const clock = TIME_VARIABLES.find((name) => terms.some(({ reads }) => reads.includes(name)));
    if (clock === undefined || zoned) return terms;
    report(
      ['when'],
      `reads ${clock}, but the file does not say the zones of markets; add zones: { default: Europe/Berlin }`,
    );
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const hint =
      rule.vertical === undefined ? `; checked for ${vertical.name}: a rule for one vertical says which` : '';
    report(['when'], `${error.detail}${hint}`, { line: error.line, column: error.column });
  }
  return undefined;
}

function readValidity({ valid }: RuleDeclaration, zoned: boolean, report: Report): Validity | undefined {
  if (valid === undefined) return undefined;
  const moments = [valid.from, valid.until].map(readMoment);
  let wrong = false;
  for (const [at, key] of (['from', 'until'] as const).entries()) {
    if (valid[key] === undefined || moments[at] !== undefined) continue;
    wrong = true;
    report(
      ['valid', key],
      `expected an RFC 3339 instant ("2026-12-01T00:00:00Z") or a local date-time ("2026-12-01T00:00"), found "${valid[key]}"`,
    );
  }
  if (wrong) return undefined;
  if (moments.every((moment) => moment !== undefined) && typeof moments[0] !== typeof moments[1]) {
    report(['valid', 'until'], 'from and until are both instants, or both local date-times');
    return undefined;
  }
  const validity = new Validity(valid);
  if (validity.needsZone && !zoned) {
    report(
      ['valid'],
      'is in local time, but neither says its zone nor the file the zones of markets; add zone: Europe/Berlin',
    );
  }
  const [from, until] = validity.span('UTC');
  if (from >= until) report(['valid'], 'ends before it begins');
  if (valid.hours !== undefined && valid.hours.from === valid.hours.until) {
    report(['valid', 'hours'], 'ends when it begins; leave hours out for the whole day');
  }
  return validity;
}

/** Every rule of an arm says the same share, and the shares of an experiment are no more than all. */
function checkExperiments(rules: readonly RuleDeclaration[], reportAt: (index: number) => Report): void {
  const arms = new Map<string, Map<string, number>>();
  for (const [index, { experiment }] of rules.entries()) {
    if (experiment === undefined) continue;
    const { name, arm, share } = experiment;
    const report = reportAt(index);
    const own = arms.get(name) ?? new Map<string, number>();
    arms.set(name, own);
    const buckets = bucketsOf(share);
    const before = own.get(arm);
    if (buckets === 0) report(['experiment', 'share'], 'is nothing; leave the rule out instead');
    if (before !== undefined && before !== buckets) {
      report(['experiment', 'share'], `another rule of ${name}/${arm} says ${before / 100} %; an arm has one share`);
    }
    own.set(arm, before ?? buckets);
    const sum = [...own.values()].reduce((total, one) => total + one, 0);
    if (before === undefined && sum > bucketsOf('100')) {
      report(['experiment', 'share'], `the arms of ${name} have ${sum / 100} % together; at most 100 %`);
    }
  }
}

/** Between two rules of a group, and between two roundings, something has to decide: their priorities or their conditions. */
function checkOverlaps(
  document: YamlDocument<RulesFile>,
  { rules, terms }: RulesContent,
  validities: readonly (Validity | undefined)[],
  reportAt: (index: number) => Report,
): void {
  const reported = new Set<string>();
  for (const byRule of Object.values(terms)) {
    const groups = new Map<string, (Overlapper & { readonly index: number })[]>();
    for (const [index, rule] of rules.entries()) {
      const own = byRule[index];
      if (own === undefined) continue;
      const { priority = 0, exclusive, experiment, apply } = rule;
      const one = {
        index,
        terms: own,
        validity: validities[index],
        experiment,
        shownCurrency: apply.round?.currency,
      };
      const keys = [
        ...(exclusive === undefined ? [] : [`are of the exclusive group "${exclusive}" with priority ${priority}`]),
        ...(apply.round === undefined ? [] : [`round at priority ${priority}`]),
      ];
      for (const key of keys) {
        const group = groups.get(key);
        if (group === undefined) groups.set(key, [one]);
        else group.push(one);
      }
    }
    for (const [what, group] of groups) {
      for (const [first, second] of overlaps(group, MAX_OVERLAPS)) {
        const pair = `${first.index} ${second.index}`;
        if (reported.has(pair)) continue;
        reported.add(pair);
        const other = rules[first.index]!.name;
        const { line } = document.problem(['rules', first.index, 'name'], '');
        const whose = `this rule and "${other}" (line ${line}) both ${what}`;
        reportAt(second.index)(
          ['name'],
          `${whose}, and a row may have both: give one a greater priority, or conditions that rule each other out`,
        );
      }
    }
  }
}
