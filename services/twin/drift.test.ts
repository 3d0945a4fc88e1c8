import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Drift, drifter } from './drift.ts';
import type { Twin } from './server.ts';
import { askDuffel, askTravelport, duffelSearch, lowFareSearch } from './testing.ts';
import { startPartners, startPlatform } from './testing-partners.ts';

const json = (value: unknown, ...drift: Drift[]): unknown =>
  JSON.parse(drifter('application/json', drift)(JSON.stringify(value)));
const xml = (text: string, ...drift: Drift[]): string => drifter('text/xml', drift)(text);
const retyped = (field: string): Drift => ({ change: 'retyped', field });
const vanished = (field: string): Drift => ({ change: 'vanished', field });
const added = (field: string): Drift => ({ change: 'new', field });

describe('JSON that drifts', () => {
  const offers = { data: { offers: [{ price: '9.50', seats: 3, bags: [{ kg: 23 }], open: true }], price: '1' } };

  it('has fields of another type wherever their path ends, and no others', () => {
    expect(json(offers, retyped('offers.price'), retyped('seats'), retyped('bags'), retyped('open'))).toEqual({
      data: { offers: [{ price: 9.5, seats: '3', bags: { kg: 23 }, open: { value: true } }], price: '1' },
    });
  });

  it('lacks what vanished and has what is new', () => {
    expect(json(offers, vanished('price'), added('offers.bags.size'), added('version'))).toEqual({
      data: { offers: [{ seats: 3, bags: [{ kg: 23, size: 'new' }], open: true }] },
      version: 'new',
    });
  });

  it('keeps every digit of ids that no double holds', () => {
    const drift = drifter('application/json; charset=utf-8', [retyped('b')]);
    expect(drift('{"a":9007199254740993,"b":9007199254740995}')).toBe('{"a":9007199254740993,"b":"9007199254740995"}');
  });

  it('is left alone where it is none', () => {
    expect(drifter('application/json', [retyped('a')])('{"a":')).toBe('{"a":');
    expect(drifter('text/html', [retyped('a')])('{"a":1}')).toBe('{"a":1}');
  });
});

describe('XML that drifts', () => {
  const text =
    '<?xml version="1.0"?><x:A b="1 > 0"><!-- <b/> --><x:p:c u=\'2\'>x<d/></x:p:c><d e="3"/><![CDATA[<d/>]]></x:A>'.replace(
      /x:p:/g,
      'x:',
    );

  it('is the same but for what is named', () => {
    expect(xml(text, retyped('z'))).toBe(text);
    expect(xml(text, vanished('c'))).toBe(text.replace(/<x:c.*<\/x:c>/, ''));
    expect(xml(text, vanished('A.d'))).toBe(text.replace('<d e="3"/>', ''));
    expect(xml(text, vanished('A.@b'))).toBe(text.replace(' b="1 > 0"', ''));
  });

  it('has elements and attributes of another shape', () => {
    expect(xml(text, retyped('c'))).toBe(text.replace("'2'>x<d/>", "'2'><value>x<d/></value>"));
    expect(xml(text, retyped('d.@e'))).toBe(text.replace('<d e="3"/>', '<d><e>3</e></d>'));
    expect(xml(text, retyped('c.d'))).toBe(text.replace('x<d/>', 'x<d><value></value></d>'));
  });

  it('has new elements and attributes', () => {
    expect(xml(text, added('d.@f'))).toBe(
      text.replace('<d/></x:c>', '<d f="new"/></x:c>').replace('"3"', '"3" f="new"'),
    );
    expect(xml(text, added('root'))).toBe(text.replace('1 > 0">', '1 > 0"><root>new</root>'));
  });

  it('drifts alike in pieces', () => {
    const drift = drifter('application/xml', [vanished('i.p'), retyped('i.n')]);
    const pieces = ['<l><i><p>1<q>2</q>', '3</p><n>4', '</n></i><p>5</p>', '</l>'];
    expect(pieces.map(drift).join('')).toBe('<l><i><n><value>4</value></n></i><p>5</p></l>');
  });
});

describe('a seller that drifts', () => {
  let twin: Twin;
  beforeAll(async () => {
    ({ twin } = await startPartners({
      duffel: { format: 'duffel', currency: 'GBP' },
      travelport: { format: 'travelport', currency: 'EUR' },
    }));
  });
  afterAll(() => twin.close());

  it('answers in another shape, in JSON and in XML', async () => {
    twin.setScenario('duffel', { driftShare: 1, drift: [retyped('total_amount'), vanished('owner'), added('fees')] });
    const { text } = await askDuffel(twin, '/air/offer_requests', duffelSearch([['LHR-JFK', 60]]));
    const { data } = JSON.parse(text) as {
      data: { offers: { total_amount: unknown; owner?: unknown }[]; fees: string };
    };
    expect(data.offers.length).toBeGreaterThan(10);
    for (const offer of data.offers) {
      expect(typeof offer.total_amount).toBe('number');
      expect(offer).not.toHaveProperty('owner');
    }
    twin.setScenario('travelport', { driftShare: 1, drift: [vanished('AirPricingInfo.@TotalPrice')] });
    const drifted = (await askTravelport(twin, lowFareSearch([['LHR-JFK', 60]]))).text;
    twin.setScenario('travelport', {});
    const before = (await askTravelport(twin, lowFareSearch([['LHR-JFK', 60]]))).text;
    expect(before).toMatch(/<air:AirPricingInfo [^>]*TotalPrice=/);
    expect(drifted).toBe(before.replace(/(<air:AirPricingInfo [^>]*?) TotalPrice="[^"]*"/g, '$1'));
  });

  it('drifts in its share of answers', async () => {
    twin.setScenario('duffel', { driftShare: 0.5, drift: [added('drifted')] });
    const search = duffelSearch([['LHR-JFK', 60]]);
    const answers: boolean[] = [];
    for (let i = 0; i < 12; i++)
      answers.push((await askDuffel(twin, '/air/offer_requests', search)).text.includes('"drifted":"new"'));
    expect(new Set(answers).size).toBe(2);
  });

  it('publishes files of another shape, under another tag', async () => {
    const read = async (path: string) => {
      const response = await fetch(`${twin.url}/feed/${path}`);
      return { tag: response.headers.get('etag'), text: await response.text() };
    };
    const before = await read('feed.xml');
    twin.setScenario('feed', { driftShare: 1, drift: [retyped('item.price'), vanished('brand')] });
    const { tag, text } = await read('feed.xml');
    expect(tag).not.toBe(before.tag);
    expect(text).toBe(
      before.text
        .replace(/<g:brand>[^<]*<\/g:brand>/g, '')
        .replace(/(?<!<\/g:service>)<g:price>([^<]*)<\/g:price>/g, '<g:price><value>$1</value></g:price>'),
    );
  });

  it('signs messages of another shape as its own', async () => {
    const platform = await startPlatform();
    try {
      twin.setScenario('shop', { driftShare: 1, drift: [vanished('variants.price')] });
      await twin.push('shop', { kind: 'products/update', target: platform.url, count: 3 });
      twin.setScenario('alpine', { driftShare: 1, drift: [retyped('Inventory.@HotelCode'), retyped('@HotelCode')] });
      await twin.push('alpine', { kind: 'free-rooms', target: platform.url, count: 1 });
    } finally {
      await platform.close();
    }
    const [one, , , rooms] = platform.received;
    expect(one!.headers['x-shopify-hmac-sha256']).toBe(createHmac('sha256', 'twin').update(one!.body).digest('base64'));
    const { variants } = JSON.parse(one!.body.toString()) as { variants: object[] };
    for (const variant of variants) expect(variant).not.toHaveProperty('price');
    expect(rooms!.body.toString()).toMatch(/<HotelCode>\d+<\/HotelCode>/);
    expect(rooms!.body.toString()).toContain('name="action"');
  });
});
