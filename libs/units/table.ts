import { Decimal } from '../money/index.ts';

/** What a unit measures. */
export type Dimension = 'length' | 'mass' | 'volume' | 'area' | 'data' | 'power' | 'time';

/** A unit. */
export interface Unit {
  /** As UCUM writes it: "[in_i]", "GBy", "L". */
  readonly code: string;
  readonly dimension: Dimension;
  /** How much of the dimension's base unit (m, g, L, m2, bit, W, s) it is: an exact decimal. */
  readonly factor: Decimal;
}

/**
 * Code, factor, and the words that sellers write for it, lower-case and without full stops. Words that mean several units are left
 * out: "gal", "pt", "qt" and "fl oz" (of which country?), "ton", "gr", "kb" (bits or bytes?). A text may say the UCUM code instead.
 */
const table: Readonly<Record<Dimension, string>> = {
  length: `
    nm      0.000000001  nanometre nanometer
    um      0.000001     µm μm micron microns
    mm      0.001        mm millimetre millimetres millimeter millimeters
    cm      0.01         cm centimetre centimetres centimeter centimeters
    dm      0.1          dm
    m       1            m mtr metre metres meter meters
    km      1000         km kilometre kilometres kilometer kilometers
    [in_i]  0.0254       in inch inches zoll pulgadas " ” ″ ''
    [ft_i]  0.3048       ft foot feet ' ′ ’
    [yd_i]  0.9144       yd yds yard yards
    [mi_i]  1609.344     mi mile miles
    [nmi_i] 1852         nmi`,
  mass: `
    ug         0.000001      µg μg mcg
    mg         0.001         mg milligram milligrams
    g          1             g gram grams gramm gramme grammes gramos
    kg         1000          kg kgs kilo kilos kilogram kilograms
    t          1000000       t tonne tonnes
    [oz_av]    28.349523125  oz ounce ounces
    [lb_av]    453.59237     lb lbs pound pounds
    [stone_av] 6350.29318    stone`,
  volume: `
    uL       0.000001         µl μl
    mL       0.001            ml millilitre millilitres milliliter milliliters
    cL       0.01             cl centilitre centilitres centiliter centiliters
    dL       0.1              dl
    L        1                l ltr litre litres liter liters litro litros
    hL       100              hl
    mm3      0.000001         mm³
    cm3      0.001            cm³ cc ccm
    dm3      1                dm³
    m3       1000             m³ cbm
    [cin_i]  0.016387064      in³
    [cft_i]  28.316846592     ft³
    [foz_us] 0.0295735295625  us_fl_oz
    [cup_us] 0.2365882365     us_cup us_cups
    [pt_us]  0.473176473      us_pt us_pint us_pints
    [qt_us]  0.946352946      us_qt us_quart us_quarts
    [gal_us] 3.785411784      us_gal us_gallon us_gallons
    [foz_br] 0.0284130625     imp_fl_oz uk_fl_oz
    [pt_br]  0.56826125       imp_pt uk_pt uk_pint uk_pints imperial_pint imperial_pints
    [qt_br]  1.1365225        imp_qt uk_qt
    [gal_br] 4.54609          imp_gal uk_gal uk_gallon uk_gallons imperial_gallon imperial_gallons`,
  area: `
    mm2     0.000001    mm²
    cm2     0.0001      cm² sq_cm
    m2      1           m² qm sqm sq_m
    har     10000       ha hectare hectares
    km2     1000000     km² sq_km
    [sin_i] 0.00064516  in² sq_in
    [sft_i] 0.09290304  ft² sqft sq_ft
    [syd_i] 0.83612736  yd² sq_yd`,
  data: `
    bit  1                 bits
    kbit 1000              kilobit kilobits
    Mbit 1000000           megabit megabits
    Gbit 1000000000        gigabit gigabits
    Tbit 1000000000000     terabit terabits
    By   8                 byte bytes
    kBy  8000              kilobyte kilobytes
    MBy  8000000           mb megabyte megabytes
    GBy  8000000000        gb gigabyte gigabytes
    TBy  8000000000000     tb terabyte terabytes
    PBy  8000000000000000  pb petabyte petabytes
    KiBy 8192              kib kibibyte kibibytes
    MiBy 8388608           mib mebibyte mebibytes
    GiBy 8589934592        gib gibibyte gibibytes
    TiBy 8796093022208     tib tebibyte tebibytes`,
  power: `
    mW   0.001              milliwatt milliwatts
    W    1                  w watt watts
    kW   1000               kw kilowatt kilowatts
    MW   1000000            megawatt megawatts
    [HP] 745.69987158227022 hp horsepower`,
  time: `
    us  0.000001  µs μs
    ms  0.001     millisecond milliseconds
    s   1         s sec secs second seconds
    min 60        min mins minute minutes
    h   3600      h hr hrs hour hours std
    d   86400     d day days
    wk  604800    wk wks week weeks
    mo  2629800   month months
    a   31557600  yr yrs year years`,
};

/** Of the ways to write a data unit, what capitals decide: "KB", "kB" and "MB" are bytes; "Gb" and "Mb" may be bits or bytes. */
const exactWords: Readonly<Record<string, string>> = { B: 'By', kB: 'kBy', KB: 'kBy' };
const ambiguousWords: ReadonlySet<string> = new Set(['Mb', 'Gb', 'Tb', 'Pb']);

const units = new Map<string, Unit>();
const words = new Map<string, Unit>();

for (const [dimension, lines] of Object.entries(table) as [Dimension, string][]) {
  for (const line of lines.trim().split('\n')) {
    const [code = '', factor = '', ...names] = line.trim().split(/\s+/);
    const unit: Unit = { code, dimension, factor: Decimal.parse(factor)! };
    units.set(code, unit);
    for (const name of names) words.set(name.replaceAll('_', ' '), unit);
  }
}
for (const [word, code] of Object.entries(exactWords)) words.set(word, units.get(code)!);

/** The unit of a UCUM code; undefined for one that is not in the table. */
export function unitOf(code: string): Unit | undefined {
  return units.get(code);
}

/** Every UCUM code of the table. */
export function unitCodes(): string[] {
  return [...units.keys()];
}

/** The unit that a seller's word means: a UCUM code, or what is usually written; undefined where it is none, or could be several. */
export function unitOfWord(word: string): Unit | undefined {
  if (ambiguousWords.has(word)) return undefined;
  return units.get(word) ?? words.get(word) ?? words.get(word.toLowerCase());
}
