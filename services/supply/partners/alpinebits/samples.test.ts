import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Criteria } from '../../../../libs/contracts/gen/entrepot/offer/v1/offer.ts';
import { parseBody } from '../../body.ts';
import { adapterOf, answerContext } from '../testing.ts';

const folder = new URL('../../../../../shared/partner-samples/stays/alpinebits-ota/2020-10/', import.meta.url);
const found = existsSync(folder);
if (!found) console.warn('../shared/partner-samples is absent: the AlpineBits samples are not read');

const criteria: Criteria = {
  vertical: {
    $case: 'stay',
    value: {
      where: { $case: 'place', value: 'VRN' },
      checkIn: '2027-01-05',
      checkOut: '2027-01-08',
      rooms: [{ adults: 2, childAges: [] }],
      radiusKm: undefined,
    },
  },
};

async function read(name: string) {
  const adapter = await adapterOf('alpinebits');
  const { account } = answerContext('alpinebits', criteria, '2027-01-01T00:00:00Z');
  const body = parseBody(readFileSync(new URL(`${name}.xml`, folder)), 'text/xml', 'xml');
  const message = { headers: {}, fields: {}, body };
  const push = adapter.inventory!.push!;
  const answer = push.answer('accepted', '', message, account).body ?? '';
  return { changes: push.read(message, account)?.changes ?? [], answer };
}

/** Keys of the rows that are put in, with the count that a night has. */
function nights(changes: Awaited<ReturnType<typeof read>>['changes']): Record<string, string> {
  const told: Record<string, string> = {};
  for (const change of changes) {
    if (change.op !== 'upsert') continue;
    const { InvCounts: counts } = JSON.parse(change.row.row).told;
    told[change.row.key] = counts === undefined ? 'closed' : counts.InvCount['@Count'];
  }
  return told;
}

/** What tells the kinds of answers apart: names, attributes with their values, texts left out. */
function shapeOf(xml: string): string {
  return xml
    .replace(/<\?.*?\?>|<!--.*?-->|\s+xmlns:xsi="[^"]*"|\s+xsi:\w+="[^"]*"/gs, '')
    .replace(/>[^<]*</g, '><')
    .replace(/<(\w+)((?:\s+[\w:]+="[^"]*")*)\s*(\/?)>/g, (_, name: string, attributes: string, end: string) => {
      const sorted = attributes
        .trim()
        .split(/\s+(?=[\w:]+=)/)
        .filter(Boolean)
        .toSorted();
      return `<${[name, ...sorted].join(' ')}${end}>`;
    })
    .trim();
}

describe.skipIf(!found)('answers', () => {
  const kinds = [
    ['FreeRooms', 'OTA_HotelInvCountNotif'],
    ['RatePlans', 'OTA_HotelRatePlanNotif'],
    ['Inventory', 'OTA_HotelDescriptiveContentNotif'],
  ] as const;

  it.each(kinds)(
    'to %s have the shape of the recorded ones, for success and for errors',
    async (capability, action) => {
      const push = (await adapterOf('alpinebits')).inventory!.push!;
      const { account } = answerContext('alpinebits', criteria, '2027-01-01T00:00:00Z');
      const recorded = (result: string) =>
        shapeOf(readFileSync(new URL(`${capability}-${action}RS-${result}.xml`, folder), 'utf8'));
      const message = { headers: {}, fields: {}, body: { [`${action}RQ`]: {} } };
      const said = (kind: 'accepted' | 'refused', reason: string) => push.answer(kind, reason, message, account).body!;
      expect(shapeOf(said('accepted', ''))).toBe(recorded('success'));
      expect(shapeOf(said('refused', 'Invalid start/end date combination'))).toBe(recorded('error'));
      expect(said('refused', 'a < b')).toContain('<Error Type="13" Code="450">a &lt; b</Error>');
    },
  );

  it('to a handshake have the shape of the recorded one, and name what is read here', async () => {
    const { answer } = await read('Handshake-OTA_PingRQ');
    expect(shapeOf(answer)).toBe(shapeOf(readFileSync(new URL('Handshake-OTA_PingRS.xml', folder), 'utf8')));
    for (const able of ['FreeNightsOffers', 'FamilyOffers', 'overlay'])
      expect(answer).toContain(`OTA_HotelRatePlanNotif_accept_${able}`);
  });
});

describe.skipIf(!found)('the recorded messages', () => {
  it('tell of every night to the last of a piece, and replace what was told before', async () => {
    const { changes, answer } = await read('FreeRooms-OTA_HotelInvCountNotifRQ');
    expect(changes[0]).toEqual({ op: 'clear', collection: 'nights', link: '123' });
    const told = nights(changes);
    expect(Object.keys(told)).toHaveLength(30);
    expect(told).toMatchObject({
      '123/DOUBLE/2020-08-01': '3',
      '123/DOUBLE/2020-08-10': '3',
      '123/DOUBLE/2020-08-11': 'closed',
      '123/DOUBLE/2020-08-20': 'closed',
      '123/DOUBLE/2020-08-30': '1',
    });
    expect(answer).toMatch(/^<OTA_HotelInvCountNotifRS .*<Success\/><\/OTA_HotelInvCountNotifRS>$/);
  });

  it('as a delta replace only the nights that they have', async () => {
    const { changes } = await read('FreeRooms-OTA_HotelInvCountNotifRQ-delta');
    expect(changes.every(({ op }) => op === 'upsert')).toBe(true);
    expect(Object.keys(nights(changes))).toHaveLength(20);
  });

  it('close the whole house for a season, and clear it', async () => {
    const closing = nights((await read('FreeRooms-OTA_HotelInvCountNotifRQ-closing_seasons')).changes);
    expect(Object.keys(closing).filter((key) => key.startsWith('123/*/'))).toHaveLength(31);
    expect((await read('FreeRooms-OTA_HotelInvCountNotifRQ-empty')).changes).toEqual([
      { op: 'clear', collection: 'nights', link: '123' },
    ]);
  });

  it('have rate plans, rooms, the house itself, and a handshake', async () => {
    const { changes } = await read('RatePlans-OTA_HotelRatePlanNotifRQ');
    expect(changes.map(({ op, collection }) => `${op} ${collection}`)).toEqual(['clear plans', 'upsert plans']);
    expect(changes[1]).toMatchObject({ row: { key: '123/Rate1-4-HB' } });
    for (const name of ['', '-with-roomtype', '-delete-all']) {
      const rooms = await read(`Inventory-OTA_HotelDescriptiveContentNotifRQ${name}`);
      expect(rooms.changes).toMatchObject([
        { op: 'upsert', collection: 'rooms', row: { key: expect.stringMatching(/^\d+$/) } },
      ]);
    }
    const house = await read('Inventory-OTA_HotelDescriptiveContentNotifRQ-hotelinfo');
    expect(house.changes).toMatchObject([{ op: 'upsert', collection: '', row: { key: '123' } }]);
    const contacts = await read('Inventory-OTA_HotelDescriptiveContentNotifRQ-hotelinfo-with-contact-infos');
    expect(contacts.changes).toEqual([]);
    expect((await read('Handshake-OTA_PingRQ')).answer).toContain('<OTA_PingRS');
    expect((await read('Handshake-OTA_PingRQ')).answer).toContain('ALPINEBITS_HANDSHAKE');
    await expect(read('Activity-OTA_HotelPostEventNotifRQ')).rejects.toThrow('unknown or missing action');
  });
});
