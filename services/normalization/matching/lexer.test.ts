import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CODE, lex, NUMBER, WORD } from './lexer.ts';

const texts = (title: string): string[] => lex(title, 50).map(({ text }) => text);

describe('the words of a title', () => {
  it.each([
    ['1 TB', '1000 GB'],
    ['52"', '52 inches'],
    ["52''", '52-inch'],
    ['13 megapixels', '13MP'],
    ['pack of 3', '3-pack'],
    ['three pack', '3 pk'],
    ['2 dozen', '24 ct'],
    ['0.5 l', '500ml'],
    ['18 V', '18V'],
    ['QX-7183-T', 'qx7183t'],
    ['0.601.9H5', '06019h5'],
    ['00123456', '123456'],
    ['3-3/4', '3.75'],
    ['batteries', 'Battery'],
    ['Dreiecksäge', 'dreiecksage'],
    ['Дрель', "Drel'"],
    ['1,000', '1000'],
    ['Mark II', 'mark 2'],
  ])('are the same of %s and of %s', (one, other) => {
    expect(texts(one)).toEqual(texts(other));
  });

  it.each([
    ['2.7', '27'],
    ['1 TB', '1 GB'],
    ['6 ft', '6 in'],
    ['iPhone 3 G', 'iPhone 3g'],
    ['QRL-VZ8', 'QRL-VZ80'],
  ])('are not the same of %s and of %s', (one, other) => {
    expect(texts(one)).not.toEqual(texts(other));
  });

  it('tell codes from numbers, words and technologies', () => {
    const kinds = lex('Zenario T7450 w/4 lenses 18-55mm 10/100 USB2 1080p 0603100027', 50);
    expect(kinds.filter(({ kind }) => kind === CODE).map(({ text }) => text)).toEqual(['t7450', '603100027']);
    expect(kinds.filter(({ kind }) => kind === NUMBER).map(({ text }) => text)).toEqual(['4', '18', '10', '100']);
    expect(kinds.filter(({ kind }) => kind === WORD).map(({ text }) => text)).toEqual([
      'zenario',
      'w',
      'lense',
      'usb2',
      '1080p',
    ]);
  });

  it('are at most as many as asked for, also where the last chunk holds several', () => {
    expect(lex('heart-eyes', 1).map(({ text }) => text)).toEqual(['heart']);
  });

  it('are at most as many as asked for, of any text, in letters and digits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.integer({ min: 0, max: 20 }), (text, most) => {
        const found = lex(text, most);
        expect(found.length).toBeLessThanOrEqual(most);
        for (const { text: word, raw } of found) expect(`${word}${raw}`).toMatch(/^[a-z0-9.]+$/);
      }),
    );
  });
});
