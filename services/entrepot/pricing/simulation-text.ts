// A simulation's outcome as text in columns.
import { styleText } from 'node:util';
import { table } from '../table.ts';
import type { GroupFigures, Simulation } from './simulation.ts';

/** "1.25 %", "+0.50 %" with a sign. */
export function percent(share: number, sign = false): string {
  const rounded = (share * 100).toFixed(2);
  const plain = rounded === '-0.00' ? '0.00' : rounded;
  return `${sign && share > 0 && plain !== '0.00' ? '+' : ''}${plain} %`;
}

/** The whole outcome. */
export function simulationText(simulation: Simulation): string {
  const { samples, rulesBefore, rulesAfter, total, partners, markets, rules, ruleRows, order, skipped, otherRates } =
    simulation;
  const same = rulesBefore === rulesAfter ? ': the same rules' : '';
  const parts = [
    `${samples} recorded searches, ${total.rows} rows; rules ${rulesBefore} before, ${rulesAfter} after${same}.`,
    groups('', [total]),
    groups('partner', partners),
    groups('market', markets),
  ];
  if (rules.length > 0) {
    const rows = rules.map((rule) => [
      rule.name,
      String(rule.rowsBefore),
      rule.rowsBefore === 0 ? '' : percent(rule.effectBefore, true),
      String(rule.rowsAfter),
      rule.rowsAfter === 0 ? '' : percent(rule.effectAfter, true),
    ]);
    const head = ['rule', '>rows before', '>adds', '>rows after', '>adds'];
    parts.push(`${table(head, rows)}\n${styleText('dim', `Rules of ${ruleRows} rows whose price changes.`)}`);
  }
  parts.push(
    `Order of ${order.searches} searches: the first offer is of another partner in ${order.firstChanged}, the cheapest in ` +
      `${order.cheapestChanged}; ${percent(order.topOverlap)} of the first ten stay among them.`,
  );
  const notes = Object.entries(skipped).map(([why, count]) => `${count} searches were left out: ${why}`);
  if (otherRates > 0)
    notes.push(`${otherRates} searches were priced at rates of another day: there are none of theirs.`);
  if (notes.length > 0) parts.push(styleText('yellow', notes.join('\n')));
  return parts.join('\n\n');
}

function groups(heading: string, figures: readonly GroupFigures[]): string {
  const head = [heading, '>rows', '>moved', '', '>mean', '>median', '>p95', '>largest', '>margin', '>after'];
  const gone = figures.some(({ lost, gained }) => lost + gained > 0);
  const rows = figures.map((one) => [
    one.name,
    String(one.rows),
    String(one.moved),
    percent(one.rows === 0 ? 0 : one.moved / one.rows),
    percent(one.mean, true),
    percent(one.median, true),
    percent(one.p95),
    percent(one.largest),
    percent(one.marginBefore),
    percent(one.marginAfter),
    ...(gone ? [String(one.lost), String(one.gained)] : []),
  ]);
  return table(gone ? [...head, '>lost', '>gained'] : head, rows);
}
