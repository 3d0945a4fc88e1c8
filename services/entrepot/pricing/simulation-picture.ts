// A simulation's outcome as a picture: how many rows change by how much, and each partner's mean change and margin. An SVG without
// scripts or fonts of its own, for light and dark pages.
import type { Bin, GroupFigures, Simulation } from './simulation.ts';
import { percent } from './simulation-text.ts';

const WIDTH = 860;
const LEFT = 150;
const RIGHT = 24;
const CHART = 190;
const ROW = 26;
const MOST_PARTNERS = 20;

const STYLE = `
  :root { color-scheme: light dark; }
  svg { font: 12px system-ui, sans-serif; background: #ffffff; }
  text { fill: #1f2430; } .dim { fill: #656c7a; } .axis { stroke: #b6bcc8; }
  .up { fill: #c2571a; } .down { fill: #1a7f5a; } .same { fill: #8b93a3; } .before { fill: #b6bcc8; } .after { fill: #3a6fd8; }
  .title { font-size: 16px; font-weight: 600; } .head { font-weight: 600; }
  @media (prefers-color-scheme: dark) {
    svg { background: #14171f; } text { fill: #e7eaf0; } .dim { fill: #9aa3b2; } .axis { stroke: #4a5160; }
    .up { fill: #f0935a; } .down { fill: #4fc397; } .same { fill: #7b8494; } .before { fill: #5b6374; } .after { fill: #7fa7ff; }
  }`;

/** Draws a simulation. */
export function simulationPicture(simulation: Simulation): string {
  const { samples, total, partners, order, rulesBefore, rulesAfter } = simulation;
  const shown = partners.slice(0, MOST_PARTNERS);
  const rest = partners.length - shown.length;
  const chartTop = 92;
  const barsTop = chartTop + CHART + 76;
  const height = barsTop + (shown.length + (rest > 0 ? 1 : 0)) * ROW + 28;
  const moved = total.rows === 0 ? 0 : total.moved / total.rows;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="t d">
<title id="t">Prices under other rules</title>
<desc id="d">${escaped(`${percent(moved)} of ${total.rows} rows change; mean change ${percent(total.mean, true)}; margin ${percent(total.marginBefore)} before, ${percent(total.marginAfter)} after.`)}</desc>
<style>${STYLE}
</style>
${text(24, 30, `${percent(moved)} of ${total.rows} prices change, by ${percent(total.mean, true)} on average`, 'title')}
${text(24, 52, `Margin ${percent(total.marginBefore)} before, ${percent(total.marginAfter)} after. Another partner is first in ${order.firstChanged} of ${order.searches} searches.`, 'dim')}
${text(24, 70, `${samples} recorded searches; rules ${rulesBefore} and ${rulesAfter}`, 'dim')}
${distribution(simulation.distribution, chartTop)}
${bars(shown, barsTop)}
${rest > 0 ? text(24, barsTop + shown.length * ROW + 18, `and ${rest} more partners that move less`, 'dim') : ''}
</svg>
`;
}

function distribution(bins: readonly Bin[], top: number): string {
  const width = (WIDTH - 48) / Math.max(1, bins.length);
  const most = Math.max(1, ...bins.map(({ rows }) => rows));
  const bottom = top + CHART;
  const columns = bins.map(({ from, to, rows }, at) => {
    // A square root, so that what few rows do is seen beside what most do.
    const size = rows === 0 ? 0 : Math.max(1, Math.sqrt(rows / most) * (CHART - 34));
    const x = 24 + at * width;
    const kind = from === 0 && to === 0 ? 'same' : to <= 0 ? 'down' : 'up';
    const label = labelOf(from, to);
    return [
      `<rect class="${kind}" x="${x.toFixed(1)}" y="${(bottom - size).toFixed(1)}" width="${(width - 3).toFixed(1)}" height="${size.toFixed(1)}"><title>${escaped(`${label}: ${rows} rows`)}</title></rect>`,
      rows === 0 ? '' : text(x + width / 2 - 1, bottom - size - 4, String(rows), 'dim', 'middle'),
      at % 2 === 0
        ? text(x + width / 2 - 1, bottom + 16, label.replace(' %', '').replace('0.00', '0'), 'dim', 'middle')
        : '',
    ].join('');
  });
  return `${text(24, top + 4, 'Rows by change of price, in per cent (heights by square root)', 'head')}
${columns.join('\n')}
<line class="axis" x1="24" x2="${WIDTH - 24}" y1="${bottom}" y2="${bottom}"/>`;
}

/** A bin by its end that is farther from no change. */
function labelOf(from: number, to: number): string {
  if (from === Number.NEGATIVE_INFINITY) return `< ${percent(to, true)}`;
  if (to === Number.POSITIVE_INFINITY) return `> ${percent(from, true)}`;
  return percent(to <= 0 ? from : to, true);
}

function bars(partners: readonly GroupFigures[], top: number): string {
  const middle = LEFT + 170;
  const marginAt = middle + 240;
  const room = WIDTH - RIGHT - marginAt - 110;
  const widest = Math.max(1e-9, ...partners.map(({ mean }) => Math.abs(mean)));
  const margin = Math.max(1e-9, ...partners.flatMap((one) => [Math.abs(one.marginBefore), Math.abs(one.marginAfter)]));
  const rows = partners.map((one, at) => {
    const y = top + at * ROW;
    const size = (Math.abs(one.mean) / widest) * 100;
    const x = one.mean < 0 ? middle - size : middle;
    const bar = (share: number, offset: number, kind: string): string =>
      `<rect class="${kind}" x="${marginAt}" y="${y + offset}" width="${Math.max(0, (share / margin) * room).toFixed(1)}" height="7"/>`;
    return [
      text(24, y + 14, one.name.slice(0, 26)),
      `<rect class="${one.mean < 0 ? 'down' : 'up'}" x="${x.toFixed(1)}" y="${y + 3}" width="${size.toFixed(1)}" height="14"><title>${escaped(`${one.name}: ${one.moved} of ${one.rows} rows change`)}</title></rect>`,
      text(middle + 112, y + 14, percent(one.mean, true), 'dim'),
      bar(one.marginBefore, 2, 'before'),
      bar(one.marginAfter, 11, 'after'),
      text(WIDTH - RIGHT, y + 14, `${percent(one.marginBefore)} → ${percent(one.marginAfter)}`, 'dim', 'end'),
    ].join('');
  });
  const bottom = top + partners.length * ROW;
  return `${text(24, top - 12, 'Partner', 'head')}${text(middle, top - 12, 'Mean change', 'head', 'middle')}${text(marginAt, top - 12, 'Margin before and after', 'head')}
<line class="axis" x1="${middle}" x2="${middle}" y1="${top}" y2="${bottom}"/>
${rows.join('\n')}`;
}

function text(x: number, y: number, content: string, kind = '', anchor = 'start'): string {
  const shown = kind === '' ? '' : ` class="${kind}"`;
  const at = anchor === 'start' ? '' : ` text-anchor="${anchor}"`;
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${shown}${at}>${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
