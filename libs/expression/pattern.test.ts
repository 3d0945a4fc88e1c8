import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import { Pattern } from './pattern.ts';

const atom = fc.constantFrom(
  ...[
    'a',
    'b',
    '1',
    ' ',
    'é',
    '😀',
    '-',
    '/',
    '\\d',
    '\\D',
    '\\w',
    '\\W',
    '\\s',
    '\\b',
    '\\B',
    '.',
    '\\.',
    '\\(',
    '^',
    '$',
  ],
  ...[
    '[ab]',
    '[^a]',
    '[a-c\\d]',
    '[\\s-]',
    '[^\\s\\w]',
    '[\\-.]',
    '[é-😀]',
    '[]a]',
    '[[:alpha:]]',
    '\\pL',
    '(?i)a',
    '\\x61',
    '{',
    ']',
  ],
);
const quantifier = fc.constantFrom('', '', '', '*', '+', '?', '*?', '+?', '??', '{2}', '{1,2}', '{1,}?', '**');
const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
  pattern: fc
    .array(
      fc.oneof(
        { depthSize: 'small' },
        fc.tuple(atom, quantifier).map(([a, q]) => a + q),
        fc.constant('|'),
        fc
          .tuple(fc.constantFrom('(', '(', '(?:', '(?P<n>'), tie('pattern'), fc.constantFrom('', '', '', '*', '?'))
          .map(([open, inner, q]) => `${open}${inner})${q}`),
      ),
      { maxLength: 5 },
    )
    .map((parts) => parts.join('')),
}));
const character = fc.constantFrom(
  'a',
  'b',
  'c',
  '1',
  ' ',
  '\n',
  '\r',
  '\u00a0',
  '\u2028',
  'é',
  '😀',
  '-',
  '.',
  '(',
  '_',
  'A',
  ']',
  '{',
);
const text = fc.array(character, { maxLength: 12 }).map((characters) => characters.join(''));

describe('a pattern', () => {
  it('finds what RE2 finds', () => {
    let found = 0;
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 8 }), (source, texts) => {
        const re2 = engine(source);
        fc.pre(re2 !== undefined);
        const tried = new Pattern(source);
        for (const one of texts) {
          const matcher = re2!.matcher(one);
          const matches = matcher.find();
          expect(tried.test(one)).toBe(matches);
          if (tried.groups > 0) expect(tried.extract(one)).toBe(matches ? (matcher.group(1) ?? undefined) : undefined);
          if (matches) found++;
        }
      }),
      { numRuns: 1500 },
    );
    expect(found).toBeGreaterThan(500);
  });

  it('takes no longer than a moment for a text made to hold it up', () => {
    for (const source of [
      '(a*)*b',
      '(a|aa)+$',
      'a*a*a*a*a*a*b',
      '(a+)b',
      '(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)b',
    ]) {
      const tried = new Pattern(source);
      for (const length of [8, 30, 100, 300, 20_000]) {
        const started = performance.now();
        expect(tried.test(`${'a'.repeat(length)}c`)).toBe(source === '(a|aa)+$' ? tried.test('c') : false);
        expect(performance.now() - started).toBeLessThan(1000);
      }
    }
  });
});

function engine(source: string): RE2JS | undefined {
  try {
    return RE2JS.compile(source);
  } catch {
    return undefined;
  }
}
