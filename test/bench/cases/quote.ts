// What a price costs: a batch of offers under few and many rules, beside the same batch under none; reading the rules; and a
// condition compiled beside the CEL library's own evaluation of it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CelScalar, celEnv, isCelError, listType, parse, plan } from '@bufbuild/cel';
import { readColumns } from '../../../libs/columns/index.ts';
import { conformance } from '../../../libs/expression/conformance.ts';
import { compileExpression } from '../../../libs/expression/index.ts';
import { Decimal } from '../../../libs/money/index.ts';
import { vertical } from '../../../libs/vertical/index.ts';
import { priceBatch } from '../../../services/pricing/batch.ts';
import { scopeOf } from '../../../services/pricing/condition.ts';
import { RateTable } from '../../../services/pricing/rates.ts';
import type { RuleSet } from '../../../services/pricing/rules.ts';
import { readRulesFile } from '../../../services/pricing/rules-file.ts';
import { View } from '../../../services/pricing/view.ts';
import type { Case } from '../bench.ts';
import { type Figure, figure } from '../figures.ts';
import { asked, flights, rulesYaml } from '../rule-sets.ts';

const rounds = 15;
const offers = 1_000;
/** Batches that a round prices under one set. */
const batches = 20;
const counts = [0, 100, 200, 10_000] as const;
const condition = 'cabin == "ECONOMY" && stops <= 1 && ("A7" in carriers || fare_brand == "brand 3")';

/** Measures prices, then conditions. */
export const quoteCase: Case = async (say) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'bench-quote-'));
  try {
    return [...quotes(directory, say), ...conditions(), ...conforming(say)];
  } finally {
    rmSync(directory, { recursive: true });
  }
};

function quotes(directory: string, say: (line: string) => void): Figure[] {
  const rates = [
    ['GBP', '0.8458'],
    ['USD', '1.0845'],
  ] as const;
  const table = new RateTable({
    date: '2026-11-20',
    source: 'bench',
    rates: new Map(rates.map(([code, rate]) => [code, Decimal.parse(rate)!])),
  });
  const read = counts.map((count) => {
    const file = path.join(directory, `${count}.yaml`);
    writeFileSync(file, rulesYaml(count));
    const before = process.cpuUsage();
    const set = readRulesFile(file);
    return { set, ms: since(before) / 1_000 };
  });
  const first = read.map(({ set }) => {
    const before = process.cpuUsage();
    priceBatch(viewOf(set, table), batch);
    return since(before) / 1_000;
  });
  const views = read.map(({ set }) => viewOf(set, table));
  for (const [at, view] of views.entries()) {
    say(`  ${counts[at]} rules: ${applied(view).toFixed(1)} apply to an offer`);
  }
  const costs = counts.map(() => [] as number[]);
  const cold = counts.map(() => [] as number[]);
  for (let round = -3; round < rounds; round++) {
    const order = [...views.keys()];
    for (const at of round % 2 === 0 ? order : order.toReversed()) {
      const before = process.cpuUsage();
      for (let time = 0; time < batches; time++) priceBatch(views[at]!, batch);
      const ms = since(before) / 1_000 / batches;
      const beforeView = process.cpuUsage();
      for (let time = 0; time < batches; time++) priceBatch(viewOf(read[at]!.set, table), batch);
      const coldMs = since(beforeView) / 1_000 / batches;
      if (round < 0) continue;
      costs[at]!.push(ms);
      cold[at]!.push(coldMs);
    }
  }
  const unit = `ms CPU, ${offers} offers`;
  const ratio = costs[3]!.map((ms, round) => ms / costs[1]![round]!);
  return [
    ...counts.map((count, at) => figure(`quote.rules_${count}`, costs[at]!, unit, count === 200 ? 3 : null)),
    figure('quote.rules_10000_to_100', ratio, '× 100 rules', 1.5),
    figure('quote.rules_10000_new_view', cold[3]!, unit),
    figure('quote.rules_10000_first', [first[3]!], unit),
    figure('quote.read_10000', [read[3]!.ms], 'ms CPU'),
  ];
}

const batch = flights(offers);

function viewOf(set: RuleSet, table: RateTable): View {
  const { market, client } = asked;
  const held = set.held({ vertical: 'flight', market, experimentKey: '' }, Date.parse('2026-11-23T10:00:00Z'));
  return new View({ vertical: 'flight', currency: 'GBP', market, client }, set, held, table);
}

/** Rules that apply to an offer, on average. */
function applied(view: View): number {
  const columns = readColumns(batch.columns!);
  const plan = view.plan(asked.partner, 'EUR', (name) => columns.get(name));
  if ('reason' in plan) throw new Error(plan.detail);
  let sum = 0;
  for (let row = 0; row < offers; row++) sum += plan.stepsOf(row).length;
  return sum / offers;
}

/** Microseconds of CPU. */
function since(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

function conditions(): Figure[] {
  const columns = readColumns(batch.columns!);
  const compiled = compileExpression(condition, scopeOf(vertical('flight')), 'bool');
  const environment = celEnv({
    variables: {
      cabin: CelScalar.STRING,
      stops: CelScalar.INT,
      carriers: listType(CelScalar.STRING),
      fare_brand: CelScalar.STRING,
    },
  });
  const library = plan(environment, parse(condition));
  const rows = Array.from({ length: offers }, (_, row) => {
    const value = (name: string): unknown => {
      const column = columns.get(name)!;
      return column.has(row) ? column.get(row) : undefined;
    };
    const stated = ['cabin', 'carriers', 'fare_brand'].map((name) => [name, value(name)] as const);
    return Object.fromEntries([
      ['stops', BigInt(value('stops') as number)],
      ...stated.filter(([, one]) => one !== undefined),
    ]) as unknown as Parameters<typeof library>[0];
  });
  const ours = (): number => {
    const bound = compiled.bind((name) => columns.get(name));
    let fulfilled = 0;
    for (let row = 0; row < offers; row++) if (bound(row) === true) fulfilled++;
    return fulfilled;
  };
  const theirs = (): number => {
    let fulfilled = 0;
    for (const row of rows) {
      const value = library(row);
      if (!isCelError(value) && value === true) fulfilled++;
    }
    return fulfilled;
  };
  if (ours() !== theirs() || ours() === 0) throw new Error('the two ways to evaluate a condition differ');
  const costs = { ours: [] as number[], theirs: [] as number[] };
  for (let round = -3; round < rounds; round++) {
    const [own, other] = [nanoseconds(ours, 200), nanoseconds(theirs, 5)];
    if (round < 0) continue;
    costs.ours.push(own);
    costs.theirs.push(other);
  }
  const ratio = costs.ours.map((ns, round) => ns / costs.theirs[round]!);
  return [
    figure('quote.condition.compiled', costs.ours, 'ns CPU a row'),
    figure('quote.condition.library', costs.theirs, 'ns CPU a row'),
    figure('quote.condition.ratio', ratio, '× the library'),
  ];
}

function nanoseconds(run: () => number, times: number): number {
  const before = process.cpuUsage();
  for (let time = 0; time < times; time++) run();
  return (since(before) * 1_000) / (times * offers);
}

function conforming(say: (line: string) => void): Figure[] {
  return (['columns', 'dynamic'] as const).map((mode) => {
    const { total, applicable, passed } = conformance(mode);
    say(`  cel-spec, over ${mode}: ${passed} of ${applicable} applicable cases passed, of ${total}`);
    return figure(`quote.conformance.${mode}`, [passed / applicable], `of ${applicable} applicable cases`);
  });
}
