import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FailureKind } from '../../libs/contracts/gen/entrepot/offer/v1/outcome.ts';
import { decodeText, parseBody, parseJson, parseXml } from './body.ts';

const malformed = expect.objectContaining({ failure: FailureKind.MALFORMED });

function refused(read: () => unknown): unknown {
  try {
    read();
  } catch (error) {
    return error;
  }
  return 'nothing was refused';
}

describe('a JSON body', () => {
  it('reads whatever JSON can say', () => {
    fc.assert(
      fc.property(
        fc.jsonValue().filter((value) => !JSON.stringify(value).includes('__proto__')),
        (value) => {
          const text = JSON.stringify(value);
          expect(parseJson(Buffer.from(text))).toEqual(JSON.parse(text));
        },
      ),
    );
  });

  it('is refused with a member named __proto__, however that is written', () => {
    for (const name of ['__proto__', '\\u005f_proto__', '__pro\\u0074o__', '_\\u005F\\u0070roto__']) {
      expect(refused(() => parseJson(Buffer.from(`{"a":[{"${name}":{"x":1}}]}`)))).toEqual(malformed);
    }
    expect(parseJson(Buffer.from('{"a":"__proto__ as a text is harmless"}'))).toBeTruthy();
  });

  it('is refused when it ends too early, at any point', () => {
    const text = JSON.stringify({ rows: [{ name: 'Zürich', amount: '1.00', on: true }] });
    for (let length = 1; length < text.length; length++) {
      const error = refused(() => parseJson(Buffer.from(text.slice(0, length))));
      expect(error).toEqual(malformed);
      expect(String(error)).toContain('ends too early');
    }
  });

  it('is refused without quoting what it says', () => {
    expect(String(refused(() => parseJson(Buffer.from('{"name": Jane Doe}'))))).not.toContain('Jane');
  });

  it('is refused when it is empty or an HTML page', () => {
    expect(refused(() => parseBody(Buffer.alloc(0), 'application/json', 'json'))).toEqual(malformed);
    expect(refused(() => parseBody(Buffer.from('{}'), 'Text/HTML; charset=utf-8', 'json'))).toEqual(malformed);
  });
});

describe('an XML body', () => {
  it('becomes elements without prefixes, attributes with @, and texts, all strings', () => {
    const text =
      '<?xml version="1.0"?><!-- c --><a:rows xmlns:a="urn:a"><a:row n="007" t="&lt;&#233;&#x41;">1.50</a:row></a:rows>\n';
    expect(parseXml(text)).toEqual({ rows: { row: { '@n': '007', '@t': '<éA', '#text': '1.50' } } });
  });

  it('may be long and full of plain entities', () => {
    const many = '&amp;'.repeat(200_000);
    expect(parseXml(`<a>${many}</a>`)).toEqual({ a: '&'.repeat(200_000) });
  });

  it('is refused with a document type, entities, or too much nesting', () => {
    for (const text of [
      '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
      '<!doctype a SYSTEM "file:///etc/passwd"><a/>',
      `${'<a>'.repeat(200)}${'</a>'.repeat(200)}`,
    ]) {
      expect(refused(() => parseXml(text))).toEqual(malformed);
    }
  });

  it('is refused with a document type hidden in another encoding', () => {
    const hidden = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('<!DOCTYPE a><a/>', 'utf16le')]);
    expect(refused(() => parseBody(hidden, 'text/xml', 'xml'))).toEqual(malformed);
  });

  it('is refused when it ends too early, at any point', () => {
    const text = '<?xml version="1.0"?><s:rows><row id="1"><b>x</b></row><row id="2"/></s:rows>';
    for (let length = 1; length < text.length; length++) {
      expect(refused(() => parseXml(text.slice(0, length)))).toEqual(malformed);
    }
    expect(parseXml(text)).toBeTruthy();
    expect(parseXml(`${text}<!-- and a farewell -->\n`)).toBeTruthy();
    expect(parseXml('<rows/>')).toEqual({ rows: '' });
  });

  it('is refused when it is text, HTML, or nothing', () => {
    for (const text of ['hello', '{"a":1}', '<html><body>x</body></html>', '<!-- only -->', '<', '']) {
      expect(refused(() => parseXml(text))).toEqual(malformed);
    }
  });

  it('is never more than refused, whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        const error = refused(() => parseXml(`<a>${text}</a>`));
        expect(error === 'nothing was refused' || error).toSatisfy(
          (outcome: unknown) => outcome === true || malformed.asymmetricMatch(outcome),
        );
      }),
    );
  });
});

describe('the encoding of a body', () => {
  it('follows the content type, else the XML declaration, else is UTF-8', () => {
    const latin = Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><a>Zürich</a>', 'latin1');
    expect(decodeText(latin, undefined)).toContain('Zürich');
    expect(decodeText(Buffer.from('Zürich', 'latin1'), 'text/xml; charset="iso-8859-1"')).toBe('Zürich');
    expect(decodeText(Buffer.from('Zürich'), 'text/xml')).toBe('Zürich');
    expect(refused(() => decodeText(Buffer.from('x'), 'text/xml; charset=klingon'))).toEqual(malformed);
  });
});
