import { expect, it } from 'vitest';
import type { ConfiguredPartner } from '../partner.ts';
import { acme, acmeContext, adapterFrom, answered, changed } from '../testing/acme.ts';
import { handoffChecks } from './certify-handoff.ts';

/** What is found of one ride whose hand-off is an expression. */
async function found(handoff: string | undefined, takesClick: boolean | undefined) {
  const adapter = await adapterFrom(handoff === undefined ? acme : changed(['token: row.id', handoff]));
  const body = {
    rides: [{ id: 'r/1', name: 'Ride', kind: 'A', seats: 4, price: '10.00', currency: 'GBP', at: 'x.test' }],
  };
  const { rows } = answered(adapter, body, undefined);
  const partner = { adapter } as unknown as ConfiguredPartner;
  const held = rows.map((row) => ({ partner, row, context: acmeContext() }));
  return handoffChecks(held, takesClick).map(({ result, detail }) => [result, detail]);
}

const passed = ['passed', '1 tried'];

it('is right as a link with the click encoded, or as a token', async () => {
  const link = `url: '"https://x.test/r?ref=" + url_encode(click)'`;
  expect(await found(link, true)).toEqual([passed, passed]);
  expect(await found(`url: '"https://x.test/" + url_encode(click) + "/r"'`, true)).toEqual([passed, passed]);
  expect(await found(undefined, false)).toEqual([passed, ['not applicable', 'its hand-off takes none']]);
});

it('is wrong as what nobody can follow', async () => {
  expect((await found('url: row.at', false))[0]).toEqual(['failed', 'hand-off: url is no link of http or https']);
  expect((await found('url: row.none', false))[0]).toEqual(['failed', 'the offer has no link to go on with']);
});

it('is wrong where the click is not encoded, or does not arrive', async () => {
  expect((await found(`url: '"https://x.test/r?ref=" + click'`, true))[1]).toEqual([
    'failed',
    'the click is not encoded in https://x.test/r?ref=certify a&b=c/1',
  ]);
  expect((await found(`url: '"https://x.test/r?" + (click == "" ? "a" : "b")'`, true))[1]?.[1]).toContain(
    'the same for every click',
  );
});
