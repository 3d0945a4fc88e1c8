import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StayCriteria } from '../../../../libs/contracts/gen/entrepot/offer/v1/stay.ts';
import { openStore } from '../../../../libs/store/index.ts';
import { HandedOverInventory } from '../../handed-over.ts';
import { inventoryStore } from '../../inventory/schema.ts';
import { loadPartners } from '../../load.ts';
import type { ConfiguredPartner } from '../../partner.ts';
import { localPartner, writePartners } from '../../testing/rig.ts';
import { answerContext, chargesOf, offerOf } from '../testing.ts';

let config: string;
let taken: HandedOverInventory;
let partner: ConfiguredPartner;

beforeEach(async () => {
  const credentials = {
    username: { env: 'X_INN', default: 'inn' },
    password: { env: 'X_INN_PASSWORD', default: 'key' },
  };
  config = writePartners({ inn: { adapter: 'alpinebits', endpoint: 'https://inn.example', credentials } });
  const partners = await loadPartners({ configDirectory: config });
  partner = localPartner(partners, 'inn');
  taken = new HandedOverInventory({ inventory: () => openStore(inventoryStore), ingress: { port: 0 } });
  await taken.follow(partners);
});
afterEach(async () => {
  await taken.close();
  rmSync(config, { recursive: true });
});

async function send(request: string, authorization = `Basic ${Buffer.from('inn:key').toString('base64')}`) {
  const body = new FormData();
  body.set('action', 'any');
  body.set('request', request);
  const response = await fetch(`${taken.ingressUrl}/push/inn`, { method: 'POST', headers: { authorization }, body });
  return { status: response.status, text: await response.text() };
}

const house = `<OTA_HotelDescriptiveContentNotifRQ><HotelDescriptiveContents><HotelDescriptiveContent HotelCode="7" HotelName="Gasthof Post">
  <HotelInfo><CategoryCodes><HotelCategory CodeDetail="ASTAT2020_11:4s"/></CategoryCodes><Position Latitude="45.45" Longitude="10.99"/></HotelInfo>
  <Policies><Policy><TaxPolicies><TaxPolicy Amount="1.50" CurrencyCode="EUR" ChargeUnit="21" ChargeFrequency="1" Code="3"/></TaxPolicies></Policy></Policies>
  </HotelDescriptiveContent></HotelDescriptiveContents></OTA_HotelDescriptiveContentNotifRQ>`;
const rooms = `<OTA_HotelDescriptiveContentNotifRQ><HotelDescriptiveContents><HotelDescriptiveContent HotelCode="7" HotelName="Gasthof Post">
  <FacilityInfo><GuestRooms><GuestRoom Code="DZ" MinOccupancy="1" MaxOccupancy="3"><TypeRoom StandardOccupancy="2"/><MultimediaDescriptions>
  <MultimediaDescription InfoCode="25"><TextItems><TextItem><Description Language="de">Doppelzimmer</Description><Description Language="en">Double room</Description></TextItem></TextItems></MultimediaDescription>
  </MultimediaDescriptions></GuestRoom><GuestRoom Code="DZ"><TypeRoom RoomID="101"/></GuestRoom></GuestRooms></FacilityInfo>
  </HotelDescriptiveContent></HotelDescriptiveContents></OTA_HotelDescriptiveContentNotifRQ>`;
const night = (start: string, end: string, count?: number, room = 'InvTypeCode="DZ"') =>
  `<Inventory><StatusApplicationControl Start="${start}" End="${end}" ${room}/>${count === undefined ? '' : `<InvCounts><InvCount CountType="2" Count="${count}"/></InvCounts>`}</Inventory>`;
const free = (pieces: string, complete = true) =>
  `<OTA_HotelInvCountNotifRQ>${complete ? '<UniqueID Type="16" ID="1" Instance="CompleteSet"/>' : ''}<Inventories HotelCode="7">${pieces}</Inventories></OTA_HotelInvCountNotifRQ>`;
const rate = (start: string, end: string, two: string) =>
  `<Rate InvTypeCode="DZ" Start="${start}" End="${end}"><BaseByGuestAmts><BaseByGuestAmt NumberOfGuests="1" AmountAfterTax="80"/><BaseByGuestAmt NumberOfGuests="2" AmountAfterTax="${two}"/></BaseByGuestAmts>
   <AdditionalGuestAmounts><AdditionalGuestAmount AgeQualifyingCode="10" Amount="40.5"/></AdditionalGuestAmounts></Rate>`;
const plan = (type: string, rates: string, rules = '', more = '') =>
  `<OTA_HotelRatePlanNotifRQ><RatePlans HotelCode="7"><RatePlan RatePlanNotifType="${type}" CurrencyCode="EUR" RatePlanCode="HB">${rules}<Rates>${rates}</Rates>${more}</RatePlan></RatePlans></OTA_HotelRatePlanNotifRQ>`;
const basis =
  '<Rate RateTimeUnit="Day" UnitMultiplier="1"><BaseByGuestAmts><BaseByGuestAmt Type="7"/></BaseByGuestAmts><MealsIncluded MealPlanIndicator="true" MealPlanCodes="12"/></Rate>';
const rule = (content: string) =>
  `<BookingRules><BookingRule Start="2027-06-01" End="2027-06-30">${content}</BookingRule></BookingRules>`;

async function stays(changes: Partial<StayCriteria> = {}) {
  const value: StayCriteria = {
    where: { $case: 'place', value: 'VRN' },
    checkIn: '2027-06-08',
    checkOut: '2027-06-11',
    rooms: [{ adults: 2, childAges: [] }],
    radiusKm: undefined,
    ...changes,
  };
  const context = {
    ...answerContext('alpinebits', { vertical: { $case: 'stay', value } }, '2027-05-01T00:00:00Z'),
    manifest: partner.manifest,
  };
  const asked = partner.adapter.inventory!.lookup(context);
  if ('unsupported' in asked) throw new Error(asked.unsupported);
  const answer = JSON.parse((await taken.inventory!.find('inn', asked.lookup))!);
  const read = partner.adapter.read(answer, context);
  if ('failure' in read) throw new Error(read.detail);
  return read.rows.map((row) => {
    const { price, columns, rejection } = offerOf(partner.adapter, row, context);
    if (rejection !== undefined) return rejection.message;
    const charges = chargesOf(partner.adapter, row, context);
    return { total: price?.totalMinor, later: price?.dueLaterMinor, charges, ...columns };
  });
}

const all = async () => {
  for (const message of [
    house,
    rooms,
    free(night('2027-06-01', '2027-06-10', 2)),
    plan('New', basis + rate('2027-06-01', '2027-06-30', '95.50')),
  ]) {
    expect(await send(message)).toMatchObject({ status: 200, text: expect.stringContaining('<Success/>') });
  }
};

describe('stays of an AlpineBits house', () => {
  it('cost the price a person and night, for nights of which the last that was told is one', async () => {
    await all();
    // 3 nights × 2 persons × 95.50, and 1.50 of city tax for each.
    expect(await stays()).toMatchObject([
      { total: 57_300, later: 900, property_code: '7', room_name: 'Double room', board: 'HALF_BOARD', star_rating: 4 },
    ]);
    expect(await stays({ checkOut: '2027-06-12' })).toEqual([]);
    expect(await stays({ rooms: [{ adults: 1, childAges: [] }] })).toMatchObject([{ total: 24_000, later: 450 }]);
    expect(await stays({ rooms: [{ adults: 3, childAges: [] }] })).toMatchObject([{ total: 3 * (19_100 + 4_050) }]);
    expect(await stays({ rooms: [{ adults: 4, childAges: [] }] })).toEqual([]);
    expect(await stays({ rooms: Array(2).fill({ adults: 2, childAges: [] }) })).toMatchObject([
      { total: 114_600, later: 1_800 },
    ]);
    expect(await stays({ rooms: Array(3).fill({ adults: 2, childAges: [] }) })).toEqual([]);
    expect(await stays({ where: { $case: 'place', value: 'BER' } })).toEqual([]);
  });

  it('are gone with a night that is closed, by a delta, a season or a new complete set', async () => {
    await all();
    await send(free(night('2027-06-09', '2027-06-09'), false));
    expect(await stays()).toEqual([]);
    await send(free(night('2027-06-09', '2027-06-09', 1), false));
    expect(await stays()).toHaveLength(1);
    await send(
      free(night('2027-06-10', '2027-06-20', undefined, 'AllInvCode="true"') + night('2027-06-01', '2027-06-30', 5)),
    );
    expect(await stays()).toEqual([]);
    expect(await stays({ checkOut: '2027-06-10' })).toHaveLength(1);
    await send(free('<Inventory/>'));
    expect(await stays({ checkOut: '2027-06-10' })).toEqual([]);
  });

  it('follow the rates of the night, overlaid ones first, until the plan is sent anew or taken away', async () => {
    await all();
    await send(plan('Overlay', rate('2027-06-10', '2027-06-10', '100')));
    expect(await stays()).toMatchObject([{ total: 2 * 9_550 * 2 + 2 * 10_000 }]);
    await send(plan('New', basis + rate('2027-06-01', '2027-06-30', '90')));
    expect(await stays()).toMatchObject([{ total: 54_000 }]);
    await send(plan('Remove', ''));
    expect(await stays()).toEqual([]);
  });

  it.each([
    ['<LengthsOfStay><LengthOfStay Time="4" TimeUnit="Day" MinMaxMessageType="SetMinLOS"/></LengthsOfStay>', 0],
    ['<LengthsOfStay><LengthOfStay Time="3" TimeUnit="Day" MinMaxMessageType="SetMaxLOS"/></LengthsOfStay>', 1],
    // The 8th of June 2027 is a Tuesday, the 11th a Friday.
    ['<DOW_Restrictions><ArrivalDaysOfWeek Tue="1"/><DepartureDaysOfWeek Fri="1"/></DOW_Restrictions>', 1],
    ['<DOW_Restrictions><ArrivalDaysOfWeek Mon="1" Tue="0"/></DOW_Restrictions>', 0],
    ['<DOW_Restrictions><DepartureDaysOfWeek Sat="1"/></DOW_Restrictions>', 0],
    ['<RestrictionStatus Restriction="Master" Status="Close"/>', 0],
  ])('keep the booking rule %s', async (content, count) => {
    await all();
    await send(plan('New', basis + rate('2027-06-01', '2027-06-30', '90'), rule(content)));
    expect(await stays()).toHaveLength(count);
  });

  it('include mandatory supplements, and are rejected where their price cannot be worked out', async () => {
    await all();
    const supplement = (charge: string, dated: string) =>
      `<Supplements><Supplement InvCode="X" MandatoryIndicator="true" ChargeTypeCode="${charge}"/>${dated}</Supplements>`;
    const dated = '<Supplement InvCode="X" Amount="20" Start="2027-06-01" End="2027-06-30"/>';
    const totals = async (more: string) => {
      await send(plan('New', basis + rate('2027-06-01', '2027-06-30', '90'), '', more));
      return stays();
    };
    expect(await totals(supplement('18', dated))).toMatchObject([
      {
        total: 56_000,
        charges: [expect.stringMatching(/ CITY_TAX ADDED_LATER$/), 'X 20.00 EUR PROPERTY_FEE INCLUDED'],
      },
    ]);
    expect(await totals(supplement('21', dated))).toMatchObject([{ total: 66_000 }]);
    expect(await totals(supplement('18', dated.replace('06-01', '07-01').replace('06-30', '07-30')))).toMatchObject([
      { total: 54_000 },
    ]);
    expect(await totals(supplement('99', dated))).toEqual([expect.stringContaining('not understood')]);
    expect(await totals('<Offers><Offer><Discount NightsRequired="3" NightsDiscounted="1"/></Offer></Offers>')).toEqual(
      [expect.stringContaining('not understood')],
    );
  });

  describe('with children', () => {
    const offers = (content: string) => `<Offers>${content}</Offers>`;
    const who = (more = '<Occupancy AgeQualifyingCode="8"/>', attributes = '') =>
      `<Offer><OfferRules><OfferRule ${attributes}><Occupancy AgeQualifyingCode="10" MinAge="16"/>${more}</OfferRule></OfferRules></Offer>`;
    const family = (guest: string) =>
      `<Offer><Discount Percent="100"/><Guests><Guest AgeQualifyingCode="8" ${guest}/></Guests></Offer>`;
    const withChildren = rate('2027-06-01', '2027-06-30', '90').replace(
      '</AdditionalGuestAmounts>',
      `<AdditionalGuestAmount AgeQualifyingCode="8" MaxAge="3" Amount="0"/>
       <AdditionalGuestAmount AgeQualifyingCode="8" MinAge="3" MaxAge="10" Amount="30"/>
       <AdditionalGuestAmount AgeQualifyingCode="8" MinAge="10" MaxAge="16" Amount="45.5"/></AdditionalGuestAmounts>`,
    );
    const sell = async (more: string, capacity = 'MaxOccupancy="4"') => {
      await all();
      await send(rooms.replace('MaxOccupancy="3"', capacity));
      await send(plan('New', basis + withChildren, '', more));
    };
    const totals = async (...asked: (readonly [adults: number, ...childAges: number[]])[]) =>
      (await stays({ rooms: asked.map(([adults, ...childAges]) => ({ adults, childAges })) })).map((stay) =>
        typeof stay === 'string' ? stay : stay.total,
      );
    const unclear = [expect.stringContaining('not understood')];

    it('cost by their age what the bracket says, whose upper limit is in the next one', async () => {
      await sell(offers(who()));
      expect(await totals([2, 2])).toEqual([54_000]);
      expect(await totals([2, 3])).toEqual([3 * (18_000 + 3_000)]);
      expect(await totals([2, 9])).toEqual([3 * (18_000 + 3_000)]);
      expect(await totals([2, 10, 15])).toEqual([3 * (18_000 + 2 * 4_550)]);
      // From 16 years on the plan takes them for adults.
      expect(await totals([2, 16])).toEqual([3 * (18_000 + 4_050)]);
      expect(await totals([1, 17])).toEqual([54_000]);
      const [stay] = await stays({ rooms: [{ adults: 2, childAges: [4] }] });
      expect(stay).toMatchObject({ later: 3 * 3 * 150 });
    });

    it('are not sold what does not take them, and get no price where they would fill a bed of an adult', async () => {
      await sell(offers(who()), 'MaxOccupancy="4" MaxChildOccupancy="1"');
      expect(await totals([2, 4, 5])).toEqual([]);
      expect(await totals([2, 4, 17])).toHaveLength(1);
      expect(await totals([1, 4])).toEqual(unclear);
      await sell(offers(who('')));
      expect(await totals([2, 4])).toEqual([]);
      expect(await totals([2])).toEqual([54_000]);
      await sell(offers(who('<Occupancy AgeQualifyingCode="8" MinAge="6"/>')));
      expect([await totals([2, 5]), await totals([2, 6])]).toEqual([[], [3 * 21_000]]);
      await sell(offers(who(undefined, 'MinAdvancedBookingOffset="P7D"')));
      expect(await totals([2])).toEqual(unclear);
    });

    it('are free as a family’s offer has it, as far as it is certain which of them', async () => {
      await sell(
        offers(who() + family('MaxAge="6" MinCount="1" FirstQualifyingPosition="1" LastQualifyingPosition="1"')),
      );
      expect(await totals([2])).toEqual([54_000]);
      expect(await totals([2, 4])).toEqual([54_000]);
      expect(await totals([2, 4, 5])).toEqual([3 * 21_000]);
      expect(await totals([2, 8])).toEqual([3 * 21_000]);
      expect(await totals([2, 4, 12])).toEqual([3 * (18_000 + 4_550)]);
      // One pays nothing anyway, so whose place is the first decides.
      expect(await totals([2, 1, 4])).toEqual(unclear);
      expect(await totals([2, 6])).toEqual(unclear);
      await sell(offers(who() + family('MaxAge="12" MinCount="2"')));
      expect(await totals([2, 4])).toEqual([3 * 21_000]);
      expect(await totals([2, 1, 11])).toEqual([54_000]);
    });

    it('are in the rooms that they were asked for in, each at its own price', async () => {
      await sell(offers(who()));
      expect(await totals([2, 4], [3])).toEqual([3 * (21_000 + 18_000 + 4_050)]);
      const [stay] = await stays({
        rooms: [
          { adults: 2, childAges: [4] },
          { adults: 1, childAges: [] },
        ],
      });
      expect(stay).toMatchObject({ total: 3 * (21_000 + 8_000), later: 4 * 3 * 150 });
      expect(await totals([2, 4], [1, 4])).toEqual(unclear);
    });
  });

  it('have nights free where so many are required, by the pattern that says which', async () => {
    await all();
    const totals = async (discount: string, checkOut = '2027-06-11', more = '') => {
      const rates = rate('2027-06-01', '2027-06-09', '90') + rate('2027-06-10', '2027-06-30', '100');
      await send(
        plan('New', basis + rates, '', `${more}<Offers><Offer><Discount Percent="100" ${discount}/></Offer></Offers>`),
      );
      return (await stays({ checkOut })).map((stay) => (typeof stay === 'string' ? stay : stay.total));
    };
    const three = 'NightsRequired="3" NightsDiscounted="1"';
    expect(await totals(`${three} DiscountPattern="001"`)).toEqual([2 * 18_000]);
    expect(await totals(`${three} DiscountPattern="100"`)).toEqual([18_000 + 20_000]);
    expect(await totals(`${three} DiscountPattern="001"`, '2027-06-10')).toEqual([2 * 18_000]);
    expect(await totals('NightsRequired="7" NightsDiscounted="1"')).toEqual([2 * 18_000 + 20_000]);
    // Which night, longer stays and what is charged by the night are not certain.
    for (const discount of [
      three,
      'NightsRequired="2" NightsDiscounted="1" DiscountPattern="01"',
      `${three} DiscountPattern="01"`,
    ])
      expect(await totals(discount)).toEqual([expect.stringContaining('not understood')]);
    const supplement = (charge: string) =>
      `<Supplements><Supplement InvCode="X" MandatoryIndicator="true" ChargeTypeCode="${charge}"/><Supplement InvCode="X" Amount="20" Start="2027-06-01" End="2027-06-30"/></Supplements>`;
    expect(await totals(`${three} DiscountPattern="001"`, undefined, supplement('18'))).toEqual([2 * 18_000 + 2_000]);
    expect(await totals(`${three} DiscountPattern="001"`, undefined, supplement('19'))).toEqual([
      expect.stringContaining('not understood'),
    ]);
  });

  it('are told by their own system alone, in its protocol', async () => {
    expect((await send(house, 'Basic eDp5')).status).toBe(401);
    expect((await send('<OTA_PingRQ><EchoData>a &amp; b</EchoData></OTA_PingRQ>')).text).toContain(
      '<EchoData>a &amp; b</EchoData>',
    );
    expect((await send(free(night('2027-06-09', '2027-06-01', 1)))).text).toContain(
      '<Errors><Error Type="13" Code="404">Invalid start/end',
    );
    expect((await send('<OTA_Other/>')).text).toBe('ERROR:unknown or missing action');
    expect((await send('<OTA_HotelInvCountNotifRQ>')).text).toMatch(/^ERROR:/);
    expect((await send(plan('Overlay', '', rule('')))).text).toContain('<Errors>');
    const plain = await fetch(`${taken.ingressUrl}/push/inn`, {
      method: 'POST',
      body: house,
      headers: { authorization: `Basic ${Buffer.from('inn:key').toString('base64')}`, 'content-type': 'text/xml' },
    });
    expect(await plain.text()).toBe('ERROR:it is no form of type multipart/form-data');
  });
});
