import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseXml } from '../body.ts';
import { Redactor } from './redact.ts';

describe('a recording', () => {
  it('has no credential in it, however it is written', () => {
    const redactor = new Redactor(['s3cr3t/key+1']);
    const base64 = Buffer.from('s3cr3t/key+1').toString('base64');
    expect(redactor.path('/v1?sig=s3cr3t%2Fkey%2B1&q=x')).toBe('/v1?sig=redacted&q=x');
    expect(redactor.body(`{"note":"with s3cr3t/key+1","b":"${base64}"}`)).toBe(
      '{"note":"with redacted","b":"redacted"}',
    );
    expect(redactor.body('grant_type=client_credentials&client_secret=other')).toBe(
      'grant_type=client_credentials&client_secret=redacted',
    );
    expect(
      redactor.headers({ authorization: 'Bearer x', 'api-key': 'y', accept: 'a/b', cookie: 'c', 'set-cookie': 'd' }),
    ).toEqual({ authorization: 'redacted', 'api-key': 'redacted', accept: 'a/b' });
  });

  it('names no person, and the same one the same way everywhere', () => {
    const text = JSON.stringify({
      passengers: [
        { id: 'pas_1', given_name: 'Ada', name: 'Ada L', email: 'ada@example.org', phone_number: '+44 20 7946 0958' },
      ],
      contact: { holderName: 'Ada', bornOn: '1815-12-10', mobile: 442079460958 },
      hotel: { name: 'Hotel Ada', text: 'write to ada@example.org or call +44 20 7946 0958' },
    });
    const clean = JSON.parse(new Redactor().body(text));
    expect(clean).toEqual({
      passengers: [
        {
          id: 'pas_1',
          given_name: 'name-1',
          name: 'name-2',
          email: 'person-1@redacted.example',
          phone_number: '+15550100001',
        },
      ],
      contact: { holderName: 'name-1', bornOn: '1980-01-01', mobile: expect.any(Number) },
      hotel: { name: 'Hotel Ada', text: 'write to person-1@redacted.example or call +15550100001' },
    });
    expect(clean.contact.mobile).not.toBe(442079460958);
  });

  it('of XML loses persons in attributes and texts alike and stays XML', () => {
    const text =
      '<r:Rsp xmlns:r="u"><r:BookingTravelerName First="Ada" Last="L"/><r:Email>a@b.example</r:Email><Page First="1"/></r:Rsp>';
    expect(parseXml(new Redactor().body(text))).toEqual({
      Rsp: {
        BookingTravelerName: { '@First': 'name-1', '@Last': 'name-2' },
        Email: 'person-1@redacted.example',
        Page: { '@First': '1' },
      },
    });
  });

  it('keeps amounts, dates, ids and cursors to the letter', () => {
    const text =
      '{ "total": 12.10, "at":"2027-01-11T09:00:05Z", "id":"off_00A", "next":"b3Bh==", "gtin": 4006381333931 }';
    expect(new Redactor().body(text)).toBe(text);
  });

  it('of any JSON stays JSON of the same shape, without the secret', () => {
    const secret = 'TOPSECRET';
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, text) => {
        const body = JSON.stringify({ value, given_name: text, deep: [{ note: `${text}${secret}` }] });
        const clean = new Redactor([secret]).body(body);
        expect(clean).not.toContain(secret);
        expect(Object.keys(JSON.parse(clean))).toEqual(['value', 'given_name', 'deep']);
      }),
    );
  });
});
