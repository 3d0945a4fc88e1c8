import { readFileSync } from 'node:fs';
import {
  create,
  createFileRegistry,
  type DescMessage,
  type FileRegistry,
  fromBinary,
  setExtension,
} from '@bufbuild/protobuf';
import { FieldOptionsSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { descriptors } from '../../../libs/vertical/index.ts';
import { type PublicMethod, requireMethod } from '../api/method.ts';
import { deprecatedFields, deprecationHeaders } from './deprecation.ts';

/** The contracts as they would be with deprecated fields: "message.field" to what is said of each. */
function contractsWith(
  deprecations: Readonly<Record<string, { since: string; sunset: string; instead: string }>>,
): FileRegistry {
  const file = new URL('../../../libs/contracts/gen/entrepot.binpb', import.meta.url);
  const set = fromBinary(FileDescriptorSetSchema, readFileSync(file));
  const option = descriptors().getExtension('entrepot.type.v1.deprecation');
  if (option?.message === undefined) throw new Error('no such option');
  for (const { package: area, messageType } of set.file) {
    for (const message of messageType) {
      for (const field of message.field) {
        const said = deprecations[`${area}.${message.name}.${field.name}`];
        if (said === undefined) continue;
        field.options ??= create(FieldOptionsSchema);
        setExtension(field.options, option, create(option.message, said));
      }
    }
  }
  return createFileRegistry(set);
}

const contracts = contractsWith({
  'entrepot.offer.v1.Price.due_later': { since: '2026-11-01', sunset: '2027-06-01', instead: 'Read charges.' },
  'entrepot.offer.v1.Offer.demoted_because': { since: '2026-10-01', sunset: '2027-09-01', instead: 'Nothing.' },
  'entrepot.query.v1.Progress.elapsed_ms': { since: '2026-11-20', sunset: '2027-03-01', instead: 'Server-Timing.' },
});

function inContracts(method: PublicMethod): Pick<PublicMethod, 'input' | 'output' | 'http'> {
  const message = ({ typeName }: DescMessage): DescMessage => contracts.getMessage(typeName) as DescMessage;
  return { input: message(method.input), output: message(method.output), http: method.http };
}
const method = (name: string): PublicMethod => requireMethod(`entrepot.query.v1.QueryService/${name}`);

describe('fields that will go away', () => {
  it('are found at every depth of an answer', () => {
    expect(deprecatedFields(contracts.getMessage('entrepot.query.v1.SearchPage') as DescMessage)).toEqual([
      {
        path: 'offers.price.due_later',
        inOffer: 'price.due_later',
        since: '2026-11-01',
        sunset: '2027-06-01',
        instead: 'Read charges.',
      },
      {
        path: 'offers.demoted_because',
        inOffer: 'demoted_because',
        since: '2026-10-01',
        sunset: '2027-09-01',
        instead: 'Nothing.',
      },
      {
        path: 'progress.elapsed_ms',
        inOffer: undefined,
        since: '2026-11-20',
        sunset: '2027-03-01',
        instead: 'Server-Timing.',
      },
    ]);
  });

  it('are announced by the earliest of their dates, and named', () => {
    const headers = deprecationHeaders(inContracts(method('GetPage')));
    expect(headers({ readMask: undefined })).toEqual({
      deprecation: `@${Date.UTC(2026, 9, 1) / 1000}`,
      sunset: 'Mon, 01 Mar 2027 00:00:00 GMT',
      'entrepot-deprecated': 'offers.price.due_later, offers.demoted_because, progress.elapsed_ms',
      link: '</openapi.json>; rel="deprecation"; type="application/json"',
    });
  });

  it.each([
    [['price'], ['price.due_later']],
    [['price.dueLater'], ['price.due_later']],
    [['price.total'], undefined],
    [['price.total', 'demotedBecause'], ['demoted_because']],
    [[], ['price.due_later', 'demoted_because']],
  ])('count only where the mask %j asks for them', (readMask, named) => {
    const headers = deprecationHeaders(inContracts(method('GetOffer')))({ readMask });
    expect(headers?.['entrepot-deprecated']?.split(', ')).toEqual(named);
  });

  it('are said of no answer that holds none', () => {
    expect(deprecationHeaders(inContracts(method('ListAccuracy')))({})).toBeUndefined();
    for (const name of ['Search', 'GetPage', 'GetOffer']) expect(deprecationHeaders(method(name))({})).toBeUndefined();
  });
});
