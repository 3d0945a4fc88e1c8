import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowsOfFile } from '../feeds/rows.ts';
import { putTogether, takenApart, unreadableRow } from './feed-file.ts';

const settings = (format: 'csv' | 'rss' | 'ndjson') =>
  ({ format, element: 'item', delimiter: ',', maxRowBytes: 65_536, contentType: undefined }) as const;

async function read(file: Buffer, format: 'csv' | 'rss' | 'ndjson') {
  async function* pieces() {
    yield file;
  }
  const batches = await Array.fromAsync(rowsOfFile(pieces(), settings(format)));
  return {
    rows: batches.flatMap(({ rows }) => rows),
    unreadable: batches.reduce((sum, { unreadable }) => sum + unreadable, 0),
  };
}

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
/** Texts that formats write in ways of their own. */
const texts = fc.array(
  fc.string({ unit: fc.constantFrom('a', 'é', ' ', '"', ',', '\n', '<', '&', '>'), minLength: 1 }),
  { minLength: 1, maxLength: 6 },
);
const files = {
  csv: (rows: readonly string[]) => `id,title\n${rows.map((text, at) => `${at},${quoted(text)}\n`).join('')}`,
  rss: (rows: readonly string[]) =>
    `<?xml version="1.0"?><rss><channel><items-told>1</items-told>${rows.map((text, at) => `<g:item xmlns:g="x"><g:id>${at}</g:id><title>${escaped(text)}</title></g:item>`).join('\n')}</channel></rss>`,
  ndjson: (rows: readonly string[]) => rows.map((text, at) => `${JSON.stringify({ id: at, title: text })}\n`).join(''),
};

describe.each(['csv', 'rss', 'ndjson'] as const)('a file of %s', (format) => {
  it('put together again is what it was, and of fewer rows has these', async () => {
    await fc.assert(
      fc.asyncProperty(texts, async (rows) => {
        const file = Buffer.from(files[format](rows));
        const parts = takenApart(file, settings(format));
        expect(parts.rows).toHaveLength(rows.length);
        const whole = await read(file, format);
        const fewer = putTogether({ ...parts, rows: parts.rows.slice(1) });
        expect((await read(fewer, format)).rows).toEqual(whole.rows.slice(1));
        expect(await read(putTogether({ ...parts, rows: [...parts.rows] }), format)).toEqual(whole);
        expect(takenApart(gzipSync(file), settings(format))).toEqual(parts);
      }),
      { numRuns: 40 },
    );
  });

  it('takes a row that cannot be used', async () => {
    const parts = takenApart(Buffer.from(files[format](['one', 'two'])), settings(format));
    const { rows, unreadable } = await read(
      putTogether({ ...parts, rows: [...parts.rows, unreadableRow(settings(format))] }),
      format,
    );
    const keyed = rows.filter((row) => typeof row === 'object' && row !== null && 'id' in row);
    expect([keyed.length, rows.length - keyed.length + unreadable]).toEqual([2, 1]);
  });
});
