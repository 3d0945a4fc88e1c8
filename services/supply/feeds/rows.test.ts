import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PartnerFailure } from '../failure.ts';
import { type RowSettings, rowsOfFile } from './rows.ts';

const base = { element: 'item', delimiter: ',', maxRowBytes: 1_000, contentType: undefined } as const;

/** Reads a file that comes in pieces of some bytes. */
async function read(
  file: string | Buffer,
  format: RowSettings['format'],
  pieceBytes = 7,
  other: Partial<RowSettings> = {},
) {
  const bytes = Buffer.from(file);
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  }
  const parts = await Array.fromAsync(rowsOfFile(pieces(), { ...base, format, ...other }));
  return {
    rows: JSON.parse(JSON.stringify(parts.flatMap(({ rows }) => rows))) as unknown[],
    unreadable: parts.reduce((sum, part) => sum + part.unreadable, 0),
  };
}

async function failureOf(reading: Promise<unknown>): Promise<string> {
  const error = await reading.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(PartnerFailure);
  return (error as PartnerFailure).detail;
}

describe('rows of a file', () => {
  it('are the same however the file is cut into pieces', async () => {
    const csv = '\ufeffid,title,note\n1,"Größe ""M"", rot","a\nb"\n2,x,\n';
    const xml = '<r><item><id>1</id><t a="ü">€&amp;<![CDATA[<b>]]></t></item><item><id>2</id></item></r>';
    const lines = '{"id":"1","t":"ü€"}\n\n{"id":"2"}';
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 60 }), async (pieceBytes) => {
        expect((await read(csv, 'csv', pieceBytes)).rows).toEqual([
          { id: '1', title: 'Größe "M", rot', note: 'a\nb' },
          { id: '2', title: 'x', note: '' },
        ]);
        expect((await read(xml, 'rss', pieceBytes)).rows).toEqual([
          { id: '1', t: { '@a': 'ü', '#text': '€&<b>' } },
          { id: '2' },
        ]);
        expect((await read(lines, 'ndjson', pieceBytes)).rows).toEqual([{ id: '1', t: 'ü€' }, { id: '2' }]);
      }),
      { numRuns: 30 },
    );
  });

  it('come from files in the encoding that they declare', async () => {
    const xml = Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><r><item><id>Größe</id></item></r>', 'latin1');
    expect((await read(xml, 'rss', 64)).rows).toEqual([{ id: 'Größe' }]);
    const csv = Buffer.from('id\nGröße\n', 'latin1');
    expect((await read(csv, 'csv', 3, { contentType: 'text/csv; charset=windows-1252' })).rows).toEqual([
      { id: 'Größe' },
    ]);
    expect((await read(Buffer.from('\ufeffid\tt\n1\tü\n', 'utf16le'), 'tsv', 5, { delimiter: '\t' })).rows).toEqual([
      { id: '1', t: 'ü' },
    ]);
  });

  it('that cannot be read are counted and cost no other row', async () => {
    expect(await read('id,a\n1,2\n3\n4,5,6\n7,8\n', 'csv')).toEqual({
      rows: [
        { id: '1', a: '2' },
        { id: '7', a: '8' },
      ],
      unreadable: 2,
    });
    expect(await read('{"id":1}\n{"id":\n[1]\n{"__proto__":{}}\n{"id":2}\n', 'ndjson')).toEqual({
      rows: [{ id: 1 }, { id: 2 }],
      unreadable: 3,
    });
  });

  it('keep every digit of their ids', async () => {
    expect((await read('{"id":642667041472713922,"price":19.99}', 'ndjson')).rows).toEqual([
      { id: '642667041472713922', price: 19.99 },
    ]);
  });
});

describe('a file is refused', () => {
  const hostile: readonly (readonly [string, string, RegExp])[] = [
    ['with a document type', '<!DOCTYPE r [<!ENTITY a "b">]><r><item><id>1</id></item></r>', /document type/],
    ['with a file of ours as entity', '<!DOCTYPE r SYSTEM "file:///etc/passwd"><r/>', /document type/],
    ['with an entity that is not XML’s own', '<r><item><id>&hack;</id></item></r>', /no XML/],
    ['whose elements are too deep', `<r><item>${'<a>'.repeat(70)}`, /deep/],
    ['whose nesting is broken', '<r><item><id>1</item></r>', /no XML/],
    ['that ends too early', '<r><item><id>1</id></item><item>', /no XML/],
    ['that is a page of HTML', '<html><body><br>Maintenance</body></html>', /HTML page/],
    ['with a row beyond the limit', `<r><item><id>${'x'.repeat(2_000)}</id></item></r>`, /maxRowBytes/],
    ['with a row of many small parts beyond the limit', `<r><item>${'<a>1</a>'.repeat(900)}</item></r>`, /maxRowBytes/],
  ];
  it.each(hostile)('%s', async (_, xml, reason) => {
    expect(await failureOf(read(xml, 'rss'))).toMatch(reason);
  });

  it('that is no CSV, or has a record beyond the limit', async () => {
    expect(await failureOf(read(`id,a\n1,"${'x'.repeat(2_000)}"\n`, 'csv'))).toContain('cannot be taken');
    expect(await failureOf(read('id,__proto__\n1,2\n', 'csv'))).toContain('__proto__');
    expect(await failureOf(read(`{"id":"${'x'.repeat(2_000)}`, 'ndjson'))).toContain('maxRowBytes');
  });
});
