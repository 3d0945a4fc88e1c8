import { tmpdir } from 'node:os';
import { parseYaml } from '../../../libs/config/index.ts';
import { StayCriteria } from '../../../libs/contracts/gen/entrepot/offer/v1/stay.ts';
import { TaxBasis } from '../../../libs/contracts/gen/entrepot/type/v1/money.ts';
import { verticals } from '../../../libs/vertical/index.ts';
import type { Adapter, AnswerContext } from '../adapter.ts';
import type { KitRow } from './answer.ts';
import { compileManifest } from './compile.ts';
import type { Door } from './door.ts';
import type { ManifestFile } from './manifest.ts';
import { manifestSchema } from './schema.ts';

/** The adapter of a manifest's text, for tests of the kit; what every manifest has is added to it. */
export function compiled(text: string, door: Door = {}, sold = 'stay'): Adapter<KitRow> {
  const head =
    `name: tried\ntitle: Tried\nvertical: ${sold}\n` +
    'defaults: {timeoutMs: 1000, maxPages: 2, maxBodyBytes: 65536, concurrency: 1, lifetimeSeconds: 60}\n' +
    'handoff: {token: \'"t"\'}\n';
  const rest = text.includes('verify:') ? '' : 'verify: {request: {path: /}}\n';
  const document = parseYaml<ManifestFile>(head + rest + text, 'manifest.yaml', manifestSchema);
  const vertical = verticals().get(sold);
  if (vertical === undefined) throw new Error(`there is no vertical "${sold}"`);
  return compileManifest(document, vertical, tmpdir(), door).adapter as Adapter<KitRow>;
}

/** A search for a stay in Lisbon, by an account with the options. */
export function asked(options: Readonly<Record<string, unknown>> = {}): AnswerContext {
  const stay = StayCriteria.fromPartial({
    where: { $case: 'place', value: 'LIS' },
    checkIn: '2027-05-10',
    checkOut: '2027-05-13',
    rooms: [{ adults: 2, childAges: [9, 4] }],
  });
  const now = Date.parse('2027-01-11T09:00:00Z');
  return {
    account: {
      partner: 'tried',
      endpoint: 'http://partner.test',
      options,
      credential: (name) => `${name}-of-test`,
    },
    criteria: { vertical: { $case: 'stay', value: stay } },
    market: 'GB',
    currency: 'EUR',
    locale: 'en-GB',
    now,
    fetchedAt: now,
    manifest: {
      name: 'tried',
      title: 'Tried',
      vertical: 'stay',
      format: 'json',
      defaults: { timeoutMs: 1_000, maxPages: 2, maxBodyBytes: 65_536, concurrency: 1, lifetimeSeconds: 60 },
      taxBasis: { '*': { basis: TaxBasis.INCLUDED, citation: 'a test' } },
      digest: 'test',
    },
  };
}
