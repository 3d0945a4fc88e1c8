import type { MatchRecord } from '../types.ts';
import { accessoryOf, colorOf, turningWords } from '../words.ts';
import type { LabelledPair } from './benchmarks.ts';

/** What sellers do differently: a record as another would have listed it. Records of goods alone. */
const changes: readonly ((attributes: Record<string, string | number>) => void)[] = [
  (attributes) => {
    delete attributes.description;
  },
  (attributes) => {
    delete attributes.price;
  },
  (attributes) => {
    delete attributes.mpn;
  },
  (attributes) => {
    delete attributes.category;
  },
  // The brand in the title alone.
  (attributes) => {
    const { brand, title } = attributes;
    if (brand === undefined) return;
    if (!String(title).includes(String(brand))) attributes.title = `${brand} ${title}`;
    delete attributes.brand;
  },
  // The brand beside the title.
  (attributes) => {
    attributes.brand ??= String(attributes.title).split(' ')[0]!;
  },
  // No model number in the title.
  (attributes) => {
    const words = String(attributes.title).split(' ');
    attributes.title = words.filter((word) => !isCode(word)).join(' ');
  },
  // The part number in the title alone.
  (attributes) => {
    if (attributes.mpn === undefined) return;
    attributes.title = `${attributes.title} ${attributes.mpn}`;
    delete attributes.mpn;
  },
  // The title's model number as part number.
  (attributes) => {
    const words = String(attributes.title).split(' ');
    const code = words.findLast(isCode);
    if (attributes.mpn !== undefined || code === undefined) return;
    attributes.mpn = code;
    attributes.title = words.filter((word) => word !== code).join(' ');
  },
];

function isCode(word: string): boolean {
  return /^\d{5,}$/.test(word) || (/\d/.test(word) && /[a-z]/.test(word) && word.length >= 5);
}

/** Draws changes, each with a probability. */
export function drawChanges(random: () => number, share: number): ReadonlySet<number> {
  return new Set(changes.keys().filter(() => random() < share));
}

/** The record with changes made. */
export function variantOf(record: MatchRecord, chosen: ReadonlySet<number>): MatchRecord {
  const attributes = { ...record.attributes };
  for (const change of [...chosen].sort((a, b) => a - b)) changes[change]!(attributes);
  return { ...record, attributes };
}

const accessoryNames = [
  'case',
  'leather case',
  'battery',
  'charger',
  'screen protector',
  'remote control',
  'wall mount',
  'carrying bag',
  'cable',
  'cover',
  'replacement battery',
  'stand',
  'lens cap',
  'skin',
  'adapter',
  'manual',
];
const colorNames = ['black', 'white', 'silver', 'blue', 'red', 'pink', 'green', 'purple', 'gray', 'orange'];

/** What follows from a true pair: what goes with the thing, and what differs from it in one respect, is not it. */
export function derivedPairs({ left, right, same }: LabelledPair, random: () => number): LabelledPair[] {
  if (!same) return [];
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const titleOf = ({ attributes }: MatchRecord): string => String(attributes.title ?? '');
  const retitled = (record: MatchRecord, title: string, without: readonly string[]): MatchRecord => {
    const attributes: Record<string, string | number> = { ...record.attributes, title };
    for (const name of without) delete attributes[name];
    return { ...record, attributes };
  };
  const words = titleOf(right).split(' ');
  const pairs: LabelledPair[] = [];
  if (!words.some((word) => accessoryOf(word) !== undefined || turningWords.has(word))) {
    const accessory = pick(accessoryNames);
    const title = random() < 0.7 ? `${accessory} for ${titleOf(right)}` : `${titleOf(right)} ${accessory}`;
    const one = retitled(right, title, random() < 0.5 ? ['description', 'price', 'mpn'] : ['price']);
    pairs.push(random() < 0.5 ? { left, right: one, same: false } : { left: one, right: left, same: false });
  }
  if (random() < 0.5) {
    const title = random() < 0.5 ? `compatible ${titleOf(right)}` : `replacement for ${titleOf(right)}`;
    pairs.push({ left, right: retitled(right, title, ['brand', 'price']), same: false });
  }
  const color = words.find((word) => colorOf(word) !== undefined && titleOf(left).includes(word));
  if (color !== undefined) {
    const other = pick(colorNames.filter((name) => colorOf(name) !== colorOf(color)));
    const [one, two] = [left, right].map((record) =>
      titleOf(record)
        .split(' ')
        .filter((word) => !isCode(word))
        .join(' '),
    );
    pairs.push({
      left: retitled(left, one!, ['mpn', 'description']),
      right: retitled(right, two!.replaceAll(color, other), ['mpn', 'description']),
      same: false,
    });
  }
  const measure = /\b(\d+(?:\.\d+)?) ?(gb|tb|mb|'|"|inch|mp|megapixels?|ft|feet|watts?|pack|port)(?![a-z])/.exec(
    titleOf(right),
  );
  if (measure !== null && titleOf(left).includes(measure[1]!)) {
    const [one, two] = [left, right].map((record) =>
      titleOf(record)
        .split(' ')
        .filter((word) => !isCode(word))
        .join(' '),
    );
    const value = Number(measure[1]) * pick([2, 4, 0.5, 1.25]);
    pairs.push({
      left: retitled(left, one!, ['mpn', 'description', 'price']),
      right: retitled(right, two!.replace(measure[0], `${Number(value.toFixed(1))} ${measure[2]}`), [
        'mpn',
        'description',
        'price',
      ]),
      same: false,
    });
  }
  const plain = (text: string): string => text.replaceAll(/[^a-z0-9]/g, '');
  const code = [...words, String(right.attributes.mpn ?? '')].find(
    (word) =>
      isCode(word) && /\d/.test(word) && plain(`${titleOf(left)} ${left.attributes.mpn ?? ''}`).includes(plain(word)),
  );
  if (code !== undefined) {
    const digits = [...code.matchAll(/\d/g)].map(({ index }) => index);
    const at = pick(digits);
    const changed =
      code.slice(0, at) + String((Number(code[at]) + 1 + Math.floor(random() * 8)) % 10) + code.slice(at + 1);
    const attributes: Record<string, string | number> = {};
    // Written apart, too, and with or without hyphens.
    for (const [name, value] of Object.entries(right.attributes)) {
      attributes[name] = String(value)
        .split(' ')
        .map((word) => (plain(word).includes(plain(code)) ? changed : word))
        .join(' ');
    }
    pairs.push({ left, right: { ...right, attributes }, same: false });
  }
  return pairs;
}
