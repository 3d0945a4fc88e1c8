/** A number with its unit, in the unit that stands for all of its kind. */
export interface Measure {
  /** What is measured: "bytes", "inch", "count", … */
  readonly kind: string;
  readonly value: number;
}

/** Kinds of measures: names of units, and how much of the kind's own unit each is. */
const kinds: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  // Gigabytes.
  bytes: { tb: 1000, terabyte: 1000, gb: 1, gig: 1, gigabyte: 1, mb: 0.001, megabyte: 0.001, kb: 0.000001 },
  // Inches for what is measured across, feet for what is measured along: the one is hardly ever stated in the other.
  inch: { inch: 1, inche: 1, in: 1, cm: 0.393701, centimeter: 0.393701, centimetre: 0.393701, zoll: 1 },
  foot: { ft: 1, foot: 1, feet: 1, meter: 3.28084, metre: 3.28084, yard: 3, yd: 3 },
  millimetre: { mm: 1, millimeter: 1, millimetre: 1 },
  megapixel: { mp: 1, mpix: 1, megapixel: 1, mpixel: 1, megapix: 1 },
  gigahertz: { ghz: 1, mhz: 0.001, khz: 0.000001 },
  watt: { w: 1, watt: 1, kw: 1000, kilowatt: 1000 },
  volt: { v: 1, volt: 1, kv: 1000 },
  milliamperehour: { mah: 1, ah: 1000 },
  ampere: { amp: 1, ampere: 1 },
  gram: {
    g: 1,
    gram: 1,
    kg: 1000,
    kilo: 1000,
    kilogram: 1000,
    lb: 453.592,
    pound: 453.592,
    oz: 28.3495,
    ounce: 28.3495,
  },
  litre: {
    l: 1,
    liter: 1,
    litre: 1,
    ml: 0.001,
    milliliter: 0.001,
    cl: 0.01,
    gallon: 3.78541,
    gal: 3.78541,
    quart: 0.946353,
    qt: 0.946353,
    pint: 0.473176,
  },
  cubicfoot: { cuft: 1, cubicfoot: 1, cubicfeet: 1 },
  count: {
    pack: 1,
    pk: 1,
    ct: 1,
    count: 1,
    pc: 1,
    piece: 1,
    pcs: 1,
    box: 1,
    set: 1,
    dozen: 12,
    dz: 12,
    roll: 1,
    sheet: 1,
    unit: 1,
    stuck: 1,
    er: 1,
  },
  times: { x: 1 },
  page: { page: 1 },
  hour: { hour: 1, hr: 1, minute: 1 / 60, min: 1 / 60 },
  year: { year: 1, yr: 1 },
  rpm: { rpm: 1 },
  dpi: { dpi: 1 },
  lumen: { lumen: 1, lm: 1 },
  megabitspersecond: { mbps: 1, gbps: 1000 },
  port: { port: 1 },
  channel: { channel: 1, ch: 1 },
  bit: { bit: 1 },
  disc: { disc: 1, disk: 1 },
  cell: { cell: 1 },
  outlet: { outlet: 1 },
  user: { user: 1 },
  generation: { generation: 1, gen: 1 },
  btu: { btu: 1 },
  degree: { degree: 1, deg: 1 },
  candle: { candela: 1 },
};

const units = new Map<string, { kind: string; factor: number }>();
for (const [kind, names] of Object.entries(kinds)) {
  for (const [name, factor] of Object.entries(names)) units.set(name, { kind, factor });
}

/** Units too short to be read as such when they stand apart from their number: "5 x 7". */
const gluedOnly = new Set(['x', 'er', 'ch', 'lm', 'deg']);

/** Units that may stand apart, but hardly from a single digit: "18 V" and "0.5 l", but the "3 G" of a telephone. */
const shortUnits = new Set(['g', 'l', 'v', 'w']);

const numberWords: ReadonlyMap<string, number> = new Map(
  Object.entries({
    single: 1,
    one: 1,
    two: 2,
    twin: 2,
    dual: 2,
    double: 2,
    pair: 2,
    three: 3,
    triple: 3,
    four: 4,
    five: 5,
    six: 6,
    eight: 8,
    ten: 10,
    twelve: 12,
  }),
);

/** The measure of a number and a unit's name, in singular or plural; undefined where it names none. */
export function measureOf(value: number, unit: string, apart: boolean): Measure | undefined {
  if (apart && (gluedOnly.has(unit) || (shortUnits.has(unit) && value < 10 && Number.isInteger(value))))
    return undefined;
  const known = units.get(unit) ?? (unit.length > 2 && unit.endsWith('s') ? units.get(unit.slice(0, -1)) : undefined);
  if (known === undefined || !Number.isFinite(value)) return undefined;
  return { kind: known.kind, value: value * known.factor };
}

/** The number that a word says: "three". */
export function numberOfWord(word: string): number | undefined {
  return numberWords.get(word);
}

/** Units before their number: "pack of 3", "set of 12", "box of 10". */
export function countsWhatFollows(word: string): boolean {
  return word === 'pack' || word === 'set' || word === 'box' || word === 'lot';
}

/** A measure as one word: "1 TB" and "1000gb" are "1000bytes". */
export function measureText({ kind, value }: Measure): string {
  return `${Number(value.toPrecision(4))}${kind}`;
}

/** How far two values of a kind may lie apart and still be one: makers round megapixels, sellers centimetres. */
const tolerances: Readonly<Record<string, number>> = { megapixel: 0.06, inch: 0.02, gram: 0.03, litre: 0.03 };

/** Whether two values of a kind are the same, as sellers round them. */
export function sameValue(kind: string, a: number, b: number): boolean {
  return Math.abs(a - b) <= (tolerances[kind] ?? 0.005) * Math.max(Math.abs(a), Math.abs(b));
}
