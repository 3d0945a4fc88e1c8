import { Decimal } from '../money/index.ts';

const fractions: Readonly<Record<string, string>> = {
  '½': '0.5',
  '¼': '0.25',
  '¾': '0.75',
  '⅛': '0.125',
  '⅜': '0.375',
  '⅝': '0.625',
  '⅞': '0.875',
};

/**
 * The exact value of a number as sellers write it. A comma before exactly three digits may be a group or a fraction ("1,500"): then
 * undefined, unless something else in the number decides; a point alone is always the decimal point.
 */
export function parseNumber(text: string): Decimal | undefined {
  const trimmed = text.trim();
  const mixed = /^(.*?)\s*([½¼¾⅛⅜⅝⅞])$/.exec(trimmed);
  if (mixed !== null) return plus(mixed[1]!, Decimal.parse(fractions[mixed[2]!]!));
  const ratio = /^(?:(.*?)\s+)?(\d{1,2})\s*\/\s*(\d{1,2})$/.exec(trimmed);
  if (ratio !== null) return plus(ratio[1] ?? '', quotient(Number(ratio[2]), Number(ratio[3])));
  return plain(trimmed);
}

function plus(whole: string, part: Decimal | undefined): Decimal | undefined {
  if (part === undefined || whole === '') return part;
  return /^\d+$/.test(whole) ? Decimal.parse(whole)?.plus(part) : undefined;
}

/** Fractions of rulers and cups alone: those with an end. */
function quotient(numerator: number, denominator: number): Decimal | undefined {
  if (numerator === 0 || denominator === 0 || numerator >= denominator) return undefined;
  const digits = 6;
  const exact = new Decimal(BigInt(numerator), 0).dividedBy(new Decimal(BigInt(denominator), 0), digits, 'down');
  const back = exact.times(new Decimal(BigInt(denominator), 0));
  return back.compare(new Decimal(BigInt(numerator), 0)) === 0 ? exact.trim(0) : undefined;
}

function plain(text: string): Decimal | undefined {
  const tight = text.replaceAll(/[\u00a0\u202f ]/g, ' ');
  // Spaces group by three, and nothing else does beside them.
  if (tight.includes(' ')) {
    if (!/^\d{1,3}( \d{3})+([.,]\d+)?$/.test(tight)) return undefined;
    return Decimal.parse(tight.replaceAll(' ', '').replace(',', '.'));
  }
  if (/^\d+(\.\d+)?$/.test(tight)) return Decimal.parse(tight);
  const single = /^(\d+),(\d+)$/.exec(tight);
  if (single !== null) {
    const [, whole = '', rest = ''] = single;
    const couldGroup = rest.length === 3 && whole.length <= 3 && !whole.startsWith('0');
    return couldGroup ? undefined : Decimal.parse(`${whole}.${rest}`);
  }
  if (/^\d{1,3}(,\d{3})+\.\d+$/.test(tight) || /^\d{1,3}(,\d{3}){2,}$/.test(tight)) {
    return Decimal.parse(tight.replaceAll(',', ''));
  }
  if (/^\d{1,3}(\.\d{3})+,\d+$/.test(tight) || /^\d{1,3}(\.\d{3}){2,}$/.test(tight)) {
    return Decimal.parse(tight.replaceAll('.', '').replace(',', '.'));
  }
  return undefined;
}
