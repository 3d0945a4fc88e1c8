import type { HostFunction } from '../../../libs/expression/index.ts';
import { Decimal } from '../../../libs/money/index.ts';
import { boardOf, conditionOf, findAircraft, goodsCategory } from '../../../libs/reference/index.ts';
import { convertUnit, parseMeasure } from '../../../libs/units/index.ts';

/** What manifests read codes and measures with. A partner's own codes stand in a table beside its manifest. */

/** Exact where the result is written out; a double here, as all numbers of attributes are. */
function measure(text: unknown, unit: string): number | undefined {
  if (typeof text !== 'string') return undefined;
  const read = parseMeasure(text);
  return numberOf(read && convertUnit(read.amount, read.unit, unit));
}

function inUnit(value: unknown, from: string, to: string): number | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  const amount = typeof text === 'string' ? Decimal.parse(text) : undefined;
  return numberOf(amount && convertUnit(amount, from, to));
}

function numberOf(amount: Decimal | undefined): number | undefined {
  return amount === undefined ? undefined : Number(amount.toString());
}

const UNITS =
  'units by their UCUM codes: mm cm m km [in_i] [ft_i], mg g kg [oz_av] [lb_av], mL cL L m3 [foz_us] [gal_us] [pt_br], m2 [sft_i], GBy TBy GiBy Gbit, W kW, s min h d mo a';

/** Functions of codes and measures, for every manifest. */
export const codeFunctions: ReadonlyMap<string, HostFunction> = new Map<string, HostFunction>([
  [
    'measure',
    {
      args: ['dyn', 'string'],
      result: 'double',
      call: measure,
      doc: `what a seller writes of a measure, in a unit: measure("13,5 inch", "cm"), measure("2 x 1.5 l", "L"), measure("1 TB", "GBy"); absent where it is none, of another kind, or could mean several ("1,500 g", "2 gal", "64 Gb"); ${UNITS}`,
    },
  ],
  [
    'in_unit',
    {
      args: ['dyn', 'string', 'string'],
      result: 'double',
      call: inUnit,
      doc: 'a number of one unit in another: in_unit(row.weight, "[lb_av]", "kg"); absent where the units are not known or of different kinds',
    },
  ],
  [
    'aircraft',
    {
      args: ['string'],
      result: 'string',
      call: (code: string) => findAircraft(code)?.iata,
      doc: 'IATA code of an aircraft type, of that code or of the ICAO designator: aircraft("B77W") is "77W"; absent for codes that are not known (say first(aircraft(x), x) to keep them)',
    },
  ],
  [
    'board',
    {
      args: ['dyn'],
      result: 'string',
      call: (code: unknown) =>
        typeof code === 'string' || typeof code === 'number' ? boardOf(String(code)) : undefined,
      doc: 'the board of a code that the trade shares ("RO" "BB" "HB" "FB" "AI" "SC", OpenTravel meal plans "14" "3" "12") or of words in six languages ("Halbpension"); absent for a code of the partner\'s own, which belongs into a table',
    },
  ],
  [
    'condition',
    {
      args: ['string'],
      result: 'string',
      call: conditionOf,
      doc: 'the condition of a word that shops share: Google\'s ("refurbished"), schema.org\'s, and English ones ("Used - Very Good"); absent for others',
    },
  ],
  [
    'goods_category',
    {
      args: ['dyn'],
      result: 'string',
      call: (text: unknown) =>
        typeof text === 'string' || typeof text === 'number' ? goodsCategory(String(text))?.name : undefined,
      doc: 'the category at the top of Google\'s product taxonomy that a path or number of it, or a path of eBay\'s, lies in: goods_category("Home & Garden > Kitchen") is "Home & Garden"; absent where only deeper parts of it are stated, or it could be several',
    },
  ],
]);
