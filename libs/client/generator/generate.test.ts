import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { descriptors } from '../../vertical/index.ts';
import type { GetOfferRequest, Item, Methods, OfferPath, SearchRequest } from '../gen/types.ts';
import { generated } from './generate.ts';
import { comment, declarationsOf } from './messages.ts';
import { methodTypes, publicMethods } from './methods.ts';

const { 'types.ts': types, 'methods.ts': methods } = generated();

/** The declaration of one message or enum. */
function declared(name: string): string {
  const message = descriptors().getMessage(name);
  if (message === undefined) throw new Error(`There is no ${name}.`);
  return declarationsOf([message]);
}

it('is what npm run generate wrote', () => {
  const written = (name: string): string => readFileSync(join(import.meta.dirname, '../gen', name), 'utf8');
  expect(written('types.ts')).toBe(types);
  expect(written('methods.ts')).toBe(methods);
});

it('writes a message with its comments, every field absent where JSON leaves it out', () => {
  expect(declared('entrepot.type.v1.Money')).toBe(
    '/** An amount of money. Currency and amount come together: a Money without either is invalid and is refused, never completed with a default. */\n' +
      'export interface Money {\n' +
      '  /** ISO 4217 alphabetic code, upper case: "GBP". */\n' +
      '  readonly currencyCode?: string;\n' +
      '  /** Exact decimal in major units, without exponent or grouping: "627.00", "-3.5", "863900". Shown amounts carry exactly the currency\'s minor digits; a partner\'s own figure is kept as it was stated. */\n' +
      '  readonly amount?: string;\n' +
      '}\n',
  );
});

it('writes lists, enums, times, maps, objects and messages in messages', () => {
  const search = declared('entrepot.query.v1.SearchUpdate');
  expect(search).toContain('  readonly upserts?: readonly Offer[];\n');
  expect(search).toContain('  readonly expiresAt?: string;\n');
  expect(search).toContain('  readonly status?: OutcomeStatus;\n');
  expect(search).toMatch(
    /export type OutcomeStatus =\n {2}\/\*\* Never sent\. \*\/\n {2}\| 'OUTCOME_STATUS_UNSPECIFIED'\n/,
  );
  expect(declared('entrepot.telemetry.v1.Span')).toContain('readonly attributes?: Readonly<Record<string, string>>;');
  expect(declared('entrepot.edge.v1.View')).toContain('readonly defaults?: Readonly<Record<string, unknown>>;');
});

it('knows which fields go together, as types', () => {
  type Refuses<Value, Type> = Value extends Type ? false : true;
  const bothVerticals: Refuses<{ flight: object; stay: object }, SearchRequest> = true;
  const oneVertical: Refuses<{ flight: object; currency: string }, SearchRequest> = false;
  const nameless: Refuses<object, Methods['GetOffer']['request']> = true;
  const named: Refuses<{ offerId: string; readMask: ['price.total'] }, Methods['GetOffer']['request']> = false;
  const unknownPath: Refuses<'price.totals', OfferPath> = true;
  const unknownMask: Refuses<{ readMask: ['price.totals'] }, GetOfferRequest> = true;
  const flightsOf = ({ flight }: Item): number => flight?.slices?.length ?? 0;
  expect([bothVerticals, oneVertical, nameless, named, unknownPath, unknownMask]).toEqual([
    true,
    false,
    true,
    false,
    true,
    true,
  ]);
  expect(flightsOf({ flight: { slices: [{}] } })).toBe(1);
});

it('binds every RPC that carries the option, by its name, and none else', () => {
  const optioned = readPublicNames();
  expect(
    publicMethods()
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(optioned.toSorted());
  expect(methods).toContain("  GetPage: 'GET /v1/searches/{searchId}',\n");
  expect(methods).toContain("  Verify: 'POST /v1/offers/{offerId}:verify',\n");
});

/** Names of public RPCs as the proto files spell them. */
function readPublicNames(): string[] {
  const files = ['query/v1/query', 'normalization/v1/normalization', 'supply/v1/supply', 'edge/v1/edge'];
  return files.flatMap((file) => {
    const text = readFileSync(join(import.meta.dirname, `../../../proto/entrepot/${file}.proto`), 'utf8');
    return [...text.matchAll(/rpc (\w+)\([^)]*\) returns \([^)]*\) \{\s*option \(entrepot\.type\.v1\.public\)/g)].map(
      ([, name]) => name ?? '',
    );
  });
}

it('gives what the HTTP answer is: the body that the contract names, or the response; streams are not called', () => {
  const text = methodTypes(publicMethods());
  expect(text).toContain("  GetPage: { request: Naming<GetPageRequest, 'searchId'>; response: SearchPage };\n");
  expect(text).toContain("  Verify: { request: Naming<VerifyRequest, 'offerId'>; response: VerifyResponse };\n");
  expect(text).not.toMatch(/^ {2}(Search|WatchSearch):/m);
});

it('keeps a comment a comment', () => {
  expect(comment(['Ends here: */ throw'])).toBe('/** Ends here: *\\/ throw */\n');
  expect(comment(['', 'One.', 'Two.'], '  ')).toBe('  /**\n   * One.\n   * Two.\n   */\n');
  expect(comment([''])).toBe('');
});

it('refuses two messages that would have one name', () => {
  const [one, other] = ['entrepot.query.v1.SearchRequest', 'entrepot.supply.v1.SearchRequest'].map((name) =>
    descriptors().getMessage(name),
  );
  if (one === undefined || other === undefined) throw new Error('The contracts have changed: name two others.');
  expect(() => declarationsOf([one, other])).toThrow('would have one name');
});
