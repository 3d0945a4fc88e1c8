import { describe, expect, it } from 'vitest';
import { imageUrl, pictureOf } from './images.ts';
import { phoneNumber } from './phone.ts';
import { oneLine, plainText } from './texts.ts';

describe('texts of content', () => {
  it('are plain, whatever HTML a partner wrote', () => {
    const html = '<p>Rooms &amp; suites,<br/>2&nbsp;pools &#8211; 5 &lt; 6</p><script>track("x")</script>';
    expect(plainText(html)).toBe('Rooms & suites, 2 pools – 5 < 6');
    expect(plainText('<br>')).toBeUndefined();
  });

  it('hold nobody’s address or number, and keep prices, years and measures', () => {
    const text = 'Ask Maria: maria.lopez@example.com or +34 971 123 456, 030 1234567. Since 1923, 120 m, 1.250,00 EUR.';
    const plain = plainText(text)!;
    expect(plain).not.toMatch(/@|971|1234567/);
    expect(plain).toContain('Since 1923, 120 m, 1.250,00 EUR.');
  });

  it('end at a word where they are too long', () => {
    const long = plainText('word '.repeat(1_000))!;
    expect(long.length).toBeLessThanOrEqual(2_000);
    expect(long).toMatch(/word$/);
    expect(oneLine(` a ${String.fromCharCode(9)} b${String.fromCharCode(0x200b)} `)).toBe('a b');
  });

  it('are read in a moment, however they are made to be slow', () => {
    const started = process.cpuUsage();
    for (const evil of ['<a', 'a', '<script', '0 ', '+1', 'a.', '&#1']) plainText(evil.repeat(100_000));
    const { user } = process.cpuUsage(started);
    expect(user).toBeLessThan(2_000_000);
  });
});

describe('phone numbers', () => {
  const palma = { latitude: 39.57, longitude: 2.65 };
  const london = { latitude: 51.51, longitude: -0.13 };
  const bolzano = { latitude: 46.5, longitude: 11.35 };

  it('are written as dialled from abroad', () => {
    expect(phoneNumber('+34 971 12 34 56')).toBe('+34971123456');
    expect(phoneNumber('0034-971-123456')).toBe('+34971123456');
    expect(phoneNumber('Tel. +49 (0)30 123456-0 ext. 12')).toBe('+49301234560');
  });

  it('get their country from the place, with what is dialled within the country alone taken off', () => {
    expect(phoneNumber('971 12 34 56', palma)).toBe('+34971123456');
    expect(phoneNumber('34 971 12 34 56', palma)).toBe('+34971123456');
    expect(phoneNumber('(020) 7946 0018', london)).toBe('+442079460018');
    // In Italy the zero belongs to the number.
    expect(phoneNumber('0471 123456', bolzano)).toBe('+390471123456');
  });

  it('are none where the country is not known, or they are no number', () => {
    expect(phoneNumber('971 12 34 56')).toBeUndefined();
    expect(phoneNumber('971 12 34 56', { latitude: 0, longitude: -140 })).toBeUndefined();
    for (const text of ['', '-', 'on request', '+34', '+34 971 123 456 / +34 971 123 457', '112']) {
      expect(phoneNumber(text, palma), text).toBeUndefined();
    }
  });
});

describe('pictures', () => {
  it('are web addresses without logins', () => {
    expect(imageUrl(' //img.example/a.jpg#top ')).toBe('https://img.example/a.jpg');
    for (const text of ['a.jpg', 'data:image/png;base64,AA', 'https://me:secret@img.example/a.jpg', 'javascript:1']) {
      expect(imageUrl(text), text).toBeUndefined();
    }
  });

  it('are the same whatever the size that is asked for', () => {
    const same = (...urls: string[]) => new Set(urls.map((url) => pictureOf(url).id)).size;
    expect(
      same('https://i.example/a.jpg', 'http://i.example/a.jpg?w=200&h=100', 'https://i.example/a.jpg?quality=80'),
    ).toBe(1);
    expect(same('https://i.example/g/X/s-l225.jpg', 'https://i.example/g/X/s-l1600.jpg')).toBe(1);
    expect(same('https://i.example/shirt_400x400.jpg?v=1', 'https://i.example/shirt.jpg?v=2')).toBe(1);
    expect(same('https://i.example/a.jpg?id=1', 'https://i.example/a.jpg?id=2')).toBe(2);
    expect(pictureOf('https://i.example/a.jpg?w=200&h=100').size).toBe(200);
    expect(pictureOf('https://i.example/a.jpg').size).toBe(Infinity);
  });
});
