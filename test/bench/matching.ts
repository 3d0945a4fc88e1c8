// `npm run bench:matching`: how well the matcher does on labelled pairs, beside what is published.
//
//   npm run bench:matching                                        the valid splits, and test splits where there are any
//   npm run bench:matching -- --dir path --split test              other sets: folders with <split>.txt, a line a pair
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { benchmarksDirectory, setsIn } from '../../services/normalization/matching/training/benchmarks.ts';
import { type Measured, measure } from '../../services/normalization/matching/training/measure.ts';

/** F1 on the sets' test splits: Magellan, DeepMatcher, Ditto (a fine-tuned language model). */
const published: Readonly<Record<string, string>> = {
  'Abt-Buy': '43.6 · 62.8 · 89.3',
  'Walmart-Amazon': '71.9 · 67.6 · 86.8',
  'Fodors-Zagats': '100 · 100 · 100',
};

const { values } = parseArgs({ options: { dir: { type: 'string' }, split: { type: 'string' } } });
const directory = values.dir ?? benchmarksDirectory();
const splits = values.split === undefined ? ['valid', 'test'] : [values.split];
const measured = splits.flatMap((split) =>
  setsIn(directory, split).map((set) => ({ set, split, ...measure(`${directory}/${set}/${split}.txt`) })),
);
if (measured.length === 0) {
  console.log(
    existsSync(directory)
      ? `No set in ${directory} has ${splits.join('.txt or ')}.txt.`
      : `There is no folder ${directory}; nothing was measured.`,
  );
}

const percent = (share: number): string => (100 * share).toFixed(1);

function print(title: string, head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  console.log(
    `\n${title}\n\n${[line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')}`,
  );
}

if (measured.length > 0) {
  const named = ({ set, split }: { set: string; split: string }): string[] => [set, split];
  print(
    'Decision at one threshold a vertical, chosen on train (F1 published on test: Magellan · DeepMatcher · Ditto)',
    ['set', 'split', 'pairs', 'same', 'P', 'R', 'F1', 'published', 'F1 at the best threshold here'],
    measured.map((one) => [
      ...named(one),
      String(one.pairs),
      String(one.same),
      percent(one.accuracy.precision),
      percent(one.accuracy.recall),
      percent(one.accuracy.f1),
      published[one.set] ?? '',
      percent(one.bestF1),
    ]),
  );
  print(
    'Candidates, and speed on one core',
    ['set', 'split', 'true pairs kept', 'candidates mean', 'most', 'decisions a second'],
    measured.map((one) => [
      ...named(one),
      `${percent(one.blocking.recall)} %`,
      one.blocking.meanCandidates.toFixed(1),
      String(one.blocking.mostCandidates),
      Math.round(one.pairsPerSecond).toLocaleString('en'),
    ]),
  );
  print(
    'Verdicts: share of pairs, and what of them is the same',
    ['set', 'split', "'same'", 'is the same', "'review'", 'is the same', "'different'", 'is the same', 'Brier'],
    measured.map((one) => {
      const cells = (verdict: keyof Measured['verdicts']): string[] => [
        `${percent(one.verdicts[verdict].share)} %`,
        `${percent(one.verdicts[verdict].same)} %`,
      ];
      return [...named(one), ...cells('same'), ...cells('review'), ...cells('different'), one.brier.toFixed(4)];
    }),
  );
  print(
    'Reliability: of pairs by tenths of probability, mean said → share that is the same (pairs)',
    ['set', 'split', ...Array.from({ length: 10 }, (_, bin) => `${bin * 10}-${bin * 10 + 10} %`)],
    measured.map((one) => [
      ...named(one),
      ...one.reliability.map(({ pairs, said, is }) =>
        pairs === 0 ? '' : `${(100 * said).toFixed(0)}→${(100 * is).toFixed(0)} (${pairs})`,
      ),
    ]),
  );
}
