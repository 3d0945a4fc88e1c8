import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseXml } from '../body.ts';
import { escapeXml, xmlDocument } from './xml.ts';

describe('a document', () => {
  it('has attributes, texts and lists where its mapping has them, in order, with prefixes', () => {
    const made = xmlDocument({
      'soap:Envelope': {
        '@xmlns:soap': 'urn:soap',
        'soap:Body': {
          'a:Leg': [{ '@No': 0, 'a:From': { '@Code': 'LIS' } }, { '@No': 1 }, 'by text'],
          'a:Nothing': undefined,
          'a:Empty': {},
          'a:Flag': { '@On': false, '#text': true },
        },
      },
    });
    expect(made).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="urn:soap"><soap:Body>' +
        '<a:Leg No="0"><a:From Code="LIS"/></a:Leg><a:Leg No="1"/><a:Leg>by text</a:Leg>' +
        '<a:Empty/><a:Flag On="false">true</a:Flag></soap:Body></soap:Envelope>',
    );
  });
});

describe('text in XML', () => {
  it('comes back as it was, whatever stands in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'&<>"\'abc;# é漢') }), (text) => {
        const parsed = parseXml(xmlDocument({ a: { '@b': text, '#text': `.${text}.` } })) as {
          a: Record<string, string>;
        };
        expect(parsed.a['@b']).toBe(text.trim());
        expect(parsed.a['#text']).toBe(`.${text}.`);
      }),
    );
  });

  it('loses what no XML can hold', () => {
    expect(escapeXml('a\u0000b\u000bc')).toBe('abc');
  });
});
