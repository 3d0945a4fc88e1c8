import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { fieldsText, viewsText } from './views-command.ts';

const plain = (text: string): string[] => stripVTControlCharacters(text).split('\n');

test('views are listed with their uses, and until when they are there', () => {
  const [head, one, other] = plain(
    viewsText({
      views: [
        {
          name: 'list',
          version: 2,
          vertical: 'flight',
          description: 'A list.',
          uses: 12,
          parameters: ['a', 'b', 'c', 'd', 'e', 'f'],
        },
        {
          name: 'list',
          version: 1,
          vertical: 'flight',
          description: 'A list.',
          deprecation: { since: '2026-11-01', sunset: '2027-02-01' },
        },
      ],
    }),
  );
  expect(head).toMatch(/^view +of +uses +takes +until +what it is$/);
  expect(one).toMatch(/^list@2 +flight +12 +a, b, c, d and 2 more +A list\.$/);
  expect(other).toMatch(/^list@1 +flight +0 +2027-02-01 +A list\.$/);
  expect(viewsText({})).toContain('no views');
});

test('fields are listed with who reads them, and those that nobody reads', () => {
  const since = '2026-11-27T00:00:00Z';
  const text = plain(
    fieldsText({
      since,
      usages: [{ field: 'partner', client: 'app', view: 'list@1', requests: 3, lastAt: since }],
      unused: ['stale'],
    }),
  );
  expect(text).toContain('Counted since 2026-11-27T00:00:00Z.');
  expect(text.some((line) => /^partner +app +list@1 +3 +2026/.test(line))).toBe(true);
  expect(text.slice(-2)).toEqual(['Nobody asks for:', '  stale']);
  expect(fieldsText({ since, usages: [{ field: '*', client: 'app', requests: 1 }] })).toContain('Every field is read');
  expect(fieldsText({ since })).toContain('Nobody has asked');
});
