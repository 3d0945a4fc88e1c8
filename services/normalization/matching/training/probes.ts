import { createHash } from 'node:crypto';
import { BlockingIndex } from '../blocking.ts';
import { verticalOfMatcher } from '../matcher.ts';
import type { MatchRecord, MatchVertical } from '../types.ts';

// Hand-made records that touch every feature. What the features say of each pair of them is in the model's file as a digest:
// a model goes with the code that it was trained on.

const goods: readonly MatchRecord['attributes'][] = [
  {
    title: 'Bosch GSR 18V-55 Cordless Drill/Driver, 2 x 4.0 Ah, Blue',
    brand: 'Bosch',
    mpn: '06019H5202',
    price: 189.9,
  },
  { title: 'Bosch Professional GSR18V55 drill driver set (two batteries)', price: '179.00', category: 'Power tools' },
  { title: 'Bosch GSR 18V-60 Cordless Drill', brand: 'BOSCH', mpn: '06019G1102', description: '18 volt, 60 Nm, blue' },
  { title: 'Case for Bosch GSR 18V-55, black', price: 24.5, category: 'Cases' },
  { title: 'Samsung 52" Full-HD TV UE-52K5100 black', description: '52 inches, 1080p, 3 HDMI, 60 Hz' },
  { title: 'UE52K5100AWXXC 132 cm television', brand: 'samsung', color: 'schwarz', size: '52', gtin: '4006381333931' },
  { title: 'Refurbished memory card 1 TB pack of 3', brand: 'Kingston' },
  { title: 'Memory cards, 3-pack, 1000gb each', brand: 'kingstone', size: 'L', gtin: '4006381333931' },
  { title: '' },
];

const places: readonly MatchRecord['attributes'][] = [
  {
    property_name: 'Hotel Miramar & Spa',
    latitude: 39.57,
    longitude: 2.65,
    phone: '+34 971 123456',
    address: 'Paseo Marítimo 12',
  },
  { property_name: 'Miramar Palma', latitude: 39.5704, longitude: 2.6503, phone: '971123456', city: 'Palma' },
  {
    property_name: 'Miramar Annex 2',
    latitude: 39.5702,
    longitude: 2.6501,
    address: 'Passeig Maritim 12b, 07014 Palma',
    chain: 'Mira',
  },
  {
    property_name: 'Seaside Suites Airport',
    latitude: 39.56,
    longitude: 2.71,
    zone: 'Playa de Palma',
    chain: 'Seaside Collection',
  },
  { property_name: 'SEA SIDE SUITES', address: '44 Harbour St.', city: 'Palma', phone: '971 12 34 99' },
  { property_name: 'Sea Side Restaurant', address: '44 Harbour Street', city: 'palma', phone: '0034971123499' },
  { property_name: '' },
];

/** Digest of the features of each pair of hand-made records, to six digits. */
export function probesDigest(vertical: MatchVertical): string {
  const { prepare, featuresOf } = verticalOfMatcher(vertical);
  const records = (vertical === 'good' ? goods : places).map((attributes, at) =>
    prepare({ partner: 'a', key: String(at), attributes }),
  );
  const index = new BlockingIndex();
  for (const [at, { keys }] of records.entries()) index.add(at, keys);
  const hash = createHash('sha256');
  for (const a of records) {
    hash.update(a.keys.join('\n'));
    for (const b of records) hash.update([...featuresOf(a, b, index)].map((value) => value.toPrecision(6)).join(' '));
  }
  return hash.digest('hex').slice(0, 16);
}
