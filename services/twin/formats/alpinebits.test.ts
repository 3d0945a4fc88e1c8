import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Twin } from '../server.ts';
import { askHotelbeds, at, daysAhead, hotelsIn, type Node, nodes } from '../testing.ts';
import { type Received, startPartners, startPlatform } from '../testing-partners.ts';

let twin: Twin;
let platform: Awaited<ReturnType<typeof startPlatform>>;
let answer: (action: string) => { status: number; body: string };
const success = (action: string) => {
  const root = action.startsWith('OTA_Ping') ? 'OTA_PingRS' : `${action.split(':')[0]}RS`;
  return { status: 200, body: `<${root} xmlns="http://www.opentravel.org/OTA/2003/05"><Success/></${root}>` };
};
beforeAll(async () => {
  ({ twin } = await startPartners());
});
afterAll(() => twin.close());
beforeEach(async () => {
  answer = success;
  platform = await startPlatform((received) => answer(formOf(received).action!));
  twin.setScenario('alpine', {});
  twin.setEdition('alpine', 0);
});
afterEach(() => platform.close());

function formOf({ headers, body }: Received): Record<string, string> {
  const boundary = /boundary=(.+)$/.exec(`${headers['content-type']}`)![1]!;
  const fields: Record<string, string> = {};
  for (const part of body.toString().split(`--${boundary}`)) {
    const read = /^\r\nContent-Disposition: form-data; name="(\w+)"\r\n\r\n([\s\S]*)\r\n$/.exec(part);
    if (read !== null) fields[read[1]!] = read[2]!;
  }
  return fields;
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  alwaysCreateTextNode: true,
  isArray: (_name, _path, _leaf, isAttribute) => !isAttribute,
});
const rootOf = (received: Received, name: string) =>
  nodes(parser.parse(formOf(received).request!, true) as Node, name)[0]!;
const push = (kind: string, count?: number) =>
  twin.push('alpine', { kind, target: platform.url, ...(count === undefined ? {} : { count }) });

/** Rooms free by hotel, room and night, as a platform would hold them. */
type Held = Map<string, number>;
function take(held: Held, received: Received): void {
  const root = rootOf(received, 'OTA_HotelInvCountNotifRQ');
  const inventories = nodes(root, 'Inventories')[0]!;
  const hotel = at(inventories, 'HotelCode');
  if (nodes(root, 'UniqueID').length > 0) {
    for (const key of [...held.keys()]) if (key.startsWith(`${hotel}|`)) held.delete(key);
  }
  for (const inventory of nodes(inventories, 'Inventory')) {
    const control = nodes(inventory, 'StatusApplicationControl')[0]!;
    if (at(control, 'AllInvCode') === 'true') continue;
    const count = Number(at(nodes(nodes(inventory, 'InvCounts')[0], 'InvCount')[0], 'Count') || 0);
    const end = Date.parse(at(control, 'End'));
    expect(Date.parse(at(control, 'Start'))).toBeLessThanOrEqual(end);
    // The last night is one of them.
    for (let day = Date.parse(at(control, 'Start')); day <= end; day += 86_400_000) {
      held.set(`${hotel}|${at(control, 'InvTypeCode')}|${day}`, count);
    }
  }
}

describe('messages', () => {
  it('are forms with action and request, Basic and a version', async () => {
    const report = await push('full', 2);
    expect(report).toMatchObject({ refused: 0, accepted: 9 });
    const actions = platform.received.map((each) => formOf(each).action);
    expect(new Set(actions)).toEqual(
      new Set([
        'OTA_Ping:Handshaking',
        'OTA_HotelDescriptiveContentNotif:Inventory',
        'OTA_HotelDescriptiveContentNotif:Info',
        'OTA_HotelRatePlanNotif:RatePlans',
        'OTA_HotelInvCountNotif:FreeRooms',
      ]),
    );
    for (const received of platform.received) {
      expect(received.headers).toMatchObject({
        authorization: `Basic ${btoa('alpine:twin')}`,
        'x-alpinebits-clientprotocolversion': '2020-10',
      });
      expect(XMLValidator.validate(formOf(received).request!)).toBe(true);
    }
    const ping = nodes(rootOf(platform.received[0]!, 'OTA_PingRQ'), 'EchoData')[0]!['#text'] as string;
    expect(JSON.parse(ping)).toMatchObject({ versions: [{ version: '2020-10' }] });
  });

  it('lead to hotels, rooms and plans, the same that a bed bank sells', async () => {
    await push('rate-plans');
    const ours = new Set<string>();
    for (const received of platform.received) {
      const plans = nodes(rootOf(received, 'OTA_HotelRatePlanNotifRQ'), 'RatePlans')[0]!;
      const plan = nodes(plans, 'RatePlan')[0]!;
      const rate = nodes(nodes(plan, 'Rates')[0], 'Rate')[1]!;
      const key = [at(plans, 'HotelCode'), at(rate, 'InvTypeCode'), at(plan, 'RatePlanCode')].join(':');
      const truth = twin.truthOf('alpine', key)!;
      expect(truth.variant).toMatch(/^[A-Z]{3}\.\w\w\|RO\|NOR$/);
      ours.add(`${truth.product}|${truth.variant}`);
    }
    const city = twin.world.hotels.byNumber(Number([...ours][0]!.slice(1).split('-')[0]) * 100)!.city;
    const stay = {
      stay: { checkIn: daysAhead(40), checkOut: daysAhead(42) },
      occupancies: [{ rooms: 1, adults: 2, children: 0 }],
      destination: { code: city.code },
    };
    const theirs = new Set<string>();
    for (const hotel of hotelsIn(await askHotelbeds(twin, 'hotels', stay, { seller: 'bedbank' }))) {
      for (const { rates } of hotel.rooms) {
        for (const { rateKey } of rates) {
          const { product, variant } = twin.truthOf('bedbank', rateKey)!;
          theirs.add(`${product}|${variant}`);
        }
      }
    }
    expect([...ours].filter((each) => theirs.has(each)).length).toBeGreaterThan(10);
    expect(twin.truthOf('alpine', '1:XX')).toBeUndefined();
  });
});

describe('FreeRooms', () => {
  it('closes by a piece without counts, and a house by all of its rooms', async () => {
    await push('free-rooms');
    const inventories = platform.received.flatMap((each) =>
      nodes(nodes(rootOf(each, 'OTA_HotelInvCountNotifRQ'), 'Inventories')[0], 'Inventory'),
    );
    const control = (node: Node) => nodes(node, 'StatusApplicationControl')[0]!;
    expect(
      inventories.some((each) => nodes(each, 'InvCounts').length === 0 && at(control(each), 'InvTypeCode') !== ''),
    ).toBe(true);
    expect(inventories.some((each) => at(control(each), 'AllInvCode') === 'true')).toBe(true);
    expect(inventories.some((each) => at(control(each), 'Start') === at(control(each), 'End'))).toBe(true);
  });

  it('of changes turns what a platform holds into the complete set of the next edition', async () => {
    const held: Held = new Map();
    await push('free-rooms');
    for (const received of platform.received) take(held, received);
    const before = new Map(held);
    platform.received.length = 0;
    await push('changes');
    const deltas = platform.received.filter((each) => formOf(each).action!.endsWith(':FreeRooms'));
    expect(deltas.length).toBeGreaterThan(3);
    for (const received of deltas) {
      expect(formOf(received).request).not.toContain('UniqueID');
      take(held, received);
    }
    expect(held).not.toEqual(before);
    platform.received.length = 0;
    await push('free-rooms');
    const next: Held = new Map();
    for (const received of platform.received) take(next, received);
    expect(new Map([...held].toSorted())).toEqual(new Map([...next].toSorted()));
  });
});

describe('RatePlans', () => {
  it('price a person, fewer guests dearer each, children cheaper, nights without gaps', async () => {
    await push('rate-plans', 12);
    let supplements = 0;
    let offers = 0;
    for (const received of platform.received) {
      for (const plan of nodes(nodes(rootOf(received, 'OTA_HotelRatePlanNotifRQ'), 'RatePlans')[0], 'RatePlan')) {
        expect([at(plan, 'RatePlanNotifType'), at(plan, 'CurrencyCode')]).toEqual(['New', 'EUR']);
        const [stated, ...rates] = nodes(nodes(plan, 'Rates')[0], 'Rate');
        expect(at(nodes(nodes(stated, 'BaseByGuestAmts')[0], 'BaseByGuestAmt')[0], 'Type')).toBe('7');
        const ends = new Map<string, number>();
        for (const rate of rates) {
          const room = at(rate, 'InvTypeCode');
          const start = Date.parse(at(rate, 'Start'));
          if (ends.has(room)) expect(start).toBe(ends.get(room)! + 86_400_000);
          ends.set(room, Date.parse(at(rate, 'End')));
          const base = nodes(nodes(rate, 'BaseByGuestAmts')[0], 'BaseByGuestAmt').map((each) =>
            Number(at(each, 'AmountAfterTax')),
          );
          expect(base[0]).toBeGreaterThan(base[1]!);
          const more = nodes(nodes(rate, 'AdditionalGuestAmounts')[0], 'AdditionalGuestAmount');
          if (more.length > 0) {
            const amounts = more.map((each) => Number(at(each, 'Amount')));
            expect(amounts[1]).toBe(0);
            expect(amounts[2]).toBeLessThan(amounts[0]!);
          }
        }
        supplements += nodes(nodes(plan, 'Supplements')[0], 'Supplement').length;
        offers += nodes(nodes(plan, 'Offers')[0], 'Offer').filter(
          (offer) => nodes(offer, 'Discount').length > 0,
        ).length;
      }
    }
    expect(supplements).toBeGreaterThan(10);
    expect(offers).toBeGreaterThan(3);
  });

  it('of changes are overlays with the rates that changed alone', async () => {
    await push('rate-plans');
    const rates = () => {
      const found = new Map<string, string>();
      for (const received of platform.received) {
        if (!formOf(received).action!.endsWith(':RatePlans')) continue;
        const plans = nodes(rootOf(received, 'OTA_HotelRatePlanNotifRQ'), 'RatePlans')[0]!;
        for (const plan of nodes(plans, 'RatePlan')) {
          for (const rate of nodes(nodes(plan, 'Rates')[0], 'Rate').filter((each) => at(each, 'Start') !== '')) {
            const key = [at(plans, 'HotelCode'), at(plan, 'RatePlanCode'), at(rate, 'InvTypeCode'), at(rate, 'Start')];
            found.set(key.join('|'), JSON.stringify(rate));
          }
        }
      }
      return found;
    };
    const held = rates();
    platform.received.length = 0;
    await push('changes');
    const overlay = rates();
    expect(overlay.size).toBeGreaterThan(20);
    expect(overlay.size).toBeLessThan(held.size / 3);
    expect(formOf(platform.received[0]!).request).toContain('RatePlanNotifType="Overlay"');
    for (const [key, rate] of overlay) {
      expect(held.get(key)).not.toBe(rate);
      held.set(key, rate);
    }
    platform.received.length = 0;
    await push('rate-plans');
    expect(rates()).toEqual(held);
  });
});

describe('answers', () => {
  it('are understood: success, advisory, warning, error, and what the platform wants', async () => {
    const warn = (type: string, status = '') =>
      `<OTA_HotelInvCountNotifRS xmlns="http://www.opentravel.org/OTA/2003/05"><Success/><Warnings><Warning Type="${type}"${status}>last complete set is old</Warning></Warnings></OTA_HotelInvCountNotifRS>`;
    answer = () => ({ status: 200, body: warn('11', ' Status="ALPINEBITS_SEND_FREEROOMS"') });
    const advisory = await push('free-rooms', 1);
    expect(advisory).toMatchObject({ advisory: 1, wants: ['free-rooms'] });
    expect(advisory.deliveries[0]!.note).toBe('last complete set is old');
    answer = () => ({ status: 200, body: warn('3') });
    expect(await push('free-rooms', 1)).toMatchObject({ warning: 1, attempts: 1 });
    answer = () => ({
      status: 200,
      body: '<OTA_HotelInvCountNotifRS><Errors><Error Type="13" Code="404">no such hotel</Error></Errors></OTA_HotelInvCountNotifRS>',
    });
    expect(await push('free-rooms', 1)).toMatchObject({ refused: 1, attempts: 1 });
    answer = () => ({ status: 401, body: 'ERROR:invalid or missing username/password' });
    expect(await push('free-rooms', 1)).toMatchObject({ refused: 1, attempts: 1 });
    answer = () => ({ status: 503, body: '' });
    expect(await push('free-rooms', 1)).toMatchObject({ refused: 1, attempts: 3 });
    answer = () => ({ status: 200, body: '<!DOCTYPE a [<!ENTITY b "c">]><OTA_PingRS><Success/></OTA_PingRS>' });
    expect(await push('handshake')).toMatchObject({ refused: 1 });
  });

  it('to messages of somebody else are not counted', async () => {
    twin.setScenario('alpine', { forgeShare: 1 });
    const report = await push('free-rooms', 2);
    expect(platform.received.map(({ headers }) => headers.authorization === `Basic ${btoa('alpine:twin')}`)).toEqual([
      false,
      true,
      false,
      true,
    ]);
    expect(report.accepted).toBe(2);
  });
});

const folder = path.resolve('../shared/partner-samples/stays/alpinebits-ota/2020-10');

/** Elements with their attributes, by the way down to them. */
function shapeOf(node: Node, way: string, found = new Set<string>()): Set<string> {
  for (const [name, value] of Object.entries(node)) {
    if (name.startsWith('@') && !/^@(xmlns|xsi)/.test(name)) found.add(`${way}${name}`);
    if (!Array.isArray(value)) continue;
    found.add(`${way}/${name}`);
    for (const each of value as Node[]) shapeOf(each, `${way}/${name}`, found);
  }
  return found;
}

describe.skipIf(!existsSync(folder))('beside the samples (skipped where ../shared/partner-samples is absent)', () => {
  it.each([
    ['FreeRooms-OTA_HotelInvCountNotifRQ.xml', 'free-rooms'],
    ['FreeRooms-OTA_HotelInvCountNotifRQ-closing_seasons.xml', 'free-rooms'],
    ['FreeRooms-OTA_HotelInvCountNotifRQ-delta.xml', 'free-rooms-delta'],
    ['RatePlans-OTA_HotelRatePlanNotifRQ.xml', 'rate-plans'],
    ['Inventory-OTA_HotelDescriptiveContentNotifRQ.xml', 'inventory'],
    ['Handshake-OTA_PingRQ.xml', 'handshake'],
  ])('has every element and attribute of %s', async (file, kind) => {
    if (kind === 'free-rooms-delta') twin.setEdition('alpine', 1);
    await push(kind);
    const ours = new Set<string>();
    for (const received of platform.received) shapeOf(parser.parse(formOf(received).request!) as Node, '', ours);
    const theirs = shapeOf(parser.parse(readFileSync(path.join(folder, file), 'utf8')) as Node, '');
    expect([...theirs].filter((each) => !ours.has(each))).toEqual([]);
  });

  it('takes every kind of answer for what it is', async () => {
    const answers = readdirSync(folder).filter((file) => /(FreeRooms|RatePlans|Inventory)-.*NotifRS-/.test(file));
    expect(answers.length).toBeGreaterThan(8);
    for (const file of answers) {
      answer = () => ({ status: 200, body: readFileSync(path.join(folder, file), 'utf8') });
      const kind = /RS-(\w+)\.xml$/.exec(file)![1]!;
      const outcome = { success: 'accepted', error: 'refused' }[kind] ?? kind;
      expect(await push('free-rooms', 1), file).toMatchObject({ [outcome]: 1 });
    }
    answer = () => ({ status: 200, body: readFileSync(path.join(folder, 'Handshake-OTA_PingRS.xml'), 'utf8') });
    expect(await push('handshake')).toMatchObject({ accepted: 1 });
  });
});
