import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Permission, permissionToJSON } from '../../../libs/contracts/gen/entrepot/type/v1/public.ts';
import { publicMethods } from '../api/method.ts';
import { routeOf, templateOf } from './paths.ts';

const readme = new URL('../README.md', import.meta.url);
const marks = ['<!-- from the contracts: begin -->', '<!-- from the contracts: end -->'] as const;

/** The table of public paths. */
function table(): string {
  const rows = [...publicMethods().values()].map((method) => {
    const { http, permission, cost, doc, streams } = method;
    return [
      `\`${http.verb} ${templateOf(method)}\``,
      permission === Permission.UNSPECIFIED ? '' : `\`${permissionToJSON(permission).replace('PERMISSION_', '')}\``,
      streams ? 'by time' : String(cost),
      doc.split(/ Errors: /)[0] ?? '',
    ];
  });
  const all = [['path', 'permission', 'points', 'what it does'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head, ...body] = all.map(line);
  return [head, line(widths.map((width) => '-'.repeat(width))), ...body].join('\n');
}

it('are documented as the contracts state them', async () => {
  const text = readFileSync(readme, 'utf8');
  const [before, after] = [text.indexOf(marks[0]), text.indexOf(marks[1])];
  expect(after).toBeGreaterThan(before);
  const right = `${text.slice(0, before)}${marks[0]}\n\n${table()}\n\n${text.slice(after)}`;
  await expect(right).toMatchFileSnapshot('../README.md');
});

it('lead where a colon begins a verb, and nothing else', () => {
  expect(routeOf('/v1/offers/{offerId}:verify')).toBe('/v1/offers/:offerId([^:]+)::verify');
  expect(routeOf('/v1/catalogue:decide')).toBe('/v1/catalogue::decide');
});
