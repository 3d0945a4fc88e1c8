import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseXml } from '../body.ts';
import { laidOut } from './layout.ts';

describe('a body laid out for readers', () => {
  it('is the same JSON', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (text) => {
        expect(JSON.parse(laidOut(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('keeps short things on a line, and numbers digit by digit', () => {
    const rows = Array.from({ length: 3 }, (_, at) => ({ id: `offer-${at}`, note: 'x'.repeat(40) }));
    const text = `{"total":90071992547409931.50,"rows":${JSON.stringify(rows)},"none":[]}`;
    expect(laidOut(text)).toBe(`{
  "total": 90071992547409931.50,
  "rows": [
    { "id": "offer-0", "note": "${'x'.repeat(40)}" },
    { "id": "offer-1", "note": "${'x'.repeat(40)}" },
    { "id": "offer-2", "note": "${'x'.repeat(40)}" }
  ],
  "none": []
}`);
  });

  it('is the same XML', () => {
    const text =
      '<?xml version="1.0"?><a:x xmlns:a="u"><!-- c --><a:y k="1>2"/><a:z> two <b>of</b> them</a:z><a:e></a:e><a:c><![CDATA[<q>]]></a:c></a:x>';
    expect(parseXml(laidOut(text))).toEqual(parseXml(text));
    expect(laidOut(text)).toBe(`<?xml version="1.0"?>
<a:x xmlns:a="u">
  <!-- c -->
  <a:y k="1>2"/>
  <a:z> two <b>of</b> them</a:z>
  <a:e></a:e>
  <a:c><![CDATA[<q>]]></a:c>
</a:x>`);
  });

  it('stays as it is where it is neither', () => {
    for (const text of ['', 'later', '{"cut": "off', 'a=1&b=2', '<cut off']) expect(laidOut(text)).toBe(text);
  });
});
