import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldName, nameSimilarity, tokenize } from './names.ts';

function alike(a: string, b: string, zone = ''): number {
  const local = new Set(foldName(zone).split(' '));
  return nameSimilarity(tokenize(a, local), tokenize(b, local));
}

describe('foldName', () => {
  it.each([
    ['Hôtel Café-Bär & Spa', 'hotel cafe bar and spa'],
    ["L'Étoile d’Or", 'letoile dor'],
    ['Straße Łódź Ørsted', 'strasse lodz orsted'],
    ['Отель Москва', 'otel moskva'],
    ['Ξενοδοχείο Αθήνα', 'xenodocheio athina'],
    ['  St. Regis  ', 'st regis'],
    ['東京ホテル', '東京ホテル'.normalize('NFKD').replace(/[\u3099\u309a]/g, '')],
  ])('%s is %s', (name, folded) => {
    expect(foldName(name).replace(/[\u3099\u309a]/g, '')).toBe(folded);
  });
});

describe('nameSimilarity', () => {
  it.each([
    ['Hotel Bahía del Sol', 'Bahia Del Sol Hotel & Spa'],
    ['Iberostar Playa de Palma', 'Hotel Iberostar Playa De Palma'],
    ['Sea Side Resort', 'Seaside Hotel'],
    ['Grand Hotel Villa Cora', 'Grand Hotel Vila Cora'],
    ['Hotel Residence Palazzo Ducale II', 'Palazzo Ducale 2'],
    ['MLL Mediterranean Bay', 'Mediterranean Bay Hotel'],
  ])('finds %s and %s alike', (a, b) => {
    expect(alike(a, b)).toBeGreaterThan(0.75);
  });

  it.each([
    ['Ibis London Paddington', 'Ibis Styles London Earls Court'],
    ['Apartamentos Sol 1', 'Apartamentos Sol 2'],
    ['Hotel Sol', 'Hotel Luna'],
    ['Hotel', 'Resort & Spa Apartments Marina'],
    ['Hilton Garden Inn Frankfurt', 'Hilton Frankfurt Airport'],
    ['Holiday Inn Express', 'Holiday Village'],
  ])('tells %s and %s apart', (a, b) => {
    expect(alike(a, b)).toBeLessThan(0.6);
  });

  it('counts the words of a zone for less', () => {
    expect(alike('Playa de Palma Marina', 'Playa de Palma Oasis', 'Playa de Palma')).toBeLessThan(
      alike('Playa de Palma Marina', 'Playa de Palma Oasis'),
    );
  });

  it('is between 0 and 1, the same both ways, and 1 for the same name', () => {
    const name = fc.array(
      fc.constantFrom('sol', 'mar', 'hotel', 'ibis', '2', 'II', 'styles', 'palace', 'Bahía', 'the'),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(name, name, (a, b) => {
        const [x, y] = [a.join(' '), b.join(' ')];
        expect(alike(x, y)).toBeCloseTo(alike(y, x), 10);
        expect(alike(x, y)).toBeGreaterThanOrEqual(0);
        expect(alike(x, y)).toBeLessThanOrEqual(1);
        if (tokenize(x).length > 0) expect(alike(x, x)).toBe(1);
      }),
    );
  });

  it('takes any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(alike(a, b)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

const pairs = '../shared/matching-benchmarks/Fodors-Zagats/valid.txt';

/** Published pairs of restaurants: no positions, so the street stands for nearness. */
describe('on Fodors-Zagats', () => {
  it.skipIf(!existsSync(pairs))(`tells places apart by name and street (${pairs}, absent in a clean clone)`, () => {
    const counts = { hit: 0, wrong: 0, missed: 0 };
    for (const line of readFileSync(pairs, 'utf8').trim().split('\n')) {
      const [left, right, label] = line.split('\t');
      const [a, b] = [record(left!), record(right!)];
      const found = 0.7 * alike(a.name, b.name) + 0.3 * alike(a.addr, b.addr) >= 0.7;
      if (found && label === '1') counts.hit++;
      else if (found) counts.wrong++;
      else if (label === '1') counts.missed++;
    }
    const f1 = (2 * counts.hit) / (2 * counts.hit + counts.wrong + counts.missed);
    console.log(`Fodors-Zagats, validation split: F1 ${(f1 * 100).toFixed(1)}`, counts);
    expect(f1).toBeGreaterThan(0.9);
  });
});

/** "COL name VAL … COL addr VAL …". */
function record(text: string): { name: string; addr: string } {
  const field = (name: string): string =>
    new RegExp(`COL ${name} VAL (.*?)(?= COL |$)`).exec(text)?.[1]?.replace(/\\|`|' | '/g, '') ?? '';
  return { name: field('name'), addr: field('addr') };
}
