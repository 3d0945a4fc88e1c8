import { createHash, createHmac } from 'node:crypto';
import { XMLParser } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { acme, acmeContext, adapterFrom, asked, changed, problemsOf, rideCriteria } from '../testing/acme.ts';

/** The search's request with another template. */
async function requestOf(template: string, context = acmeContext(), manifest = acme) {
  const adapter = await adapterFrom(manifest.replace('  path: /rides\n', () => template));
  return asked(adapter, context);
}

const criteria = rideCriteria({
  pickup: { point: { latitude: 51.5, longitude: -0.12 }, address: '1 <High> & "Low" Street' },
  passengers: 3,
});
const context = acmeContext({ criteria });

describe('a request', () => {
  it('is a GET without a body, with the headers of the format and the account', async () => {
    const { progress: _, ...request } = await requestOf('  path: /rides\n');
    expect(request).toEqual({
      method: 'GET',
      path: '/rides',
      headers: { accept: 'application/json', authorization: 'Bearer token-of-test' },
    });
  });

  it('encodes what its path and query hold, repeats lists, and leaves out what is absent', async () => {
    const { path } = await requestOf(
      '  path: /rides/{criteria.pickup.address}\n' +
        '  query:\n    n: criteria.passengers\n    all: true\n    "filter[a]": \'["x y", "z&"]\'\n' +
        '    none: "[1, 2].filter(x, x > 2)"\n    at: criteria.pickup_at\n',
      context,
    );
    expect(path).toBe(
      '/rides/1%20%3CHigh%3E%20%26%20%22Low%22%20Street?n=3&all=true&filter%5Ba%5D=x%20y&filter%5Ba%5D=z%26',
    );
  });

  it('throws where its path needs what is absent', async () => {
    const adapter = await adapterFrom(changed(['  path: /rides\n', '  path: /rides/{criteria.pickup_at}\n']));
    expect(() => adapter.ask(acmeContext())).toThrow(/\{criteria\.pickup_at\} of the path .* is absent/);
  });

  it('has headers of its own beside those of every request', async () => {
    const { headers } = await requestOf(
      '  path: /rides\n  headers: { X-One: \'"1"\', x-none: criteria.pickup_at }\n',
      context,
      `${acme}headers: { X-All: locale }\n`,
    );
    expect(headers).toMatchObject({ 'x-one': '1', 'x-all': 'en-GB' });
    expect(headers).not.toHaveProperty('x-none');
  });

  it('has a JSON body of its template: lists, loops, conditions, and nothing where something is absent', async () => {
    const { method, headers, body } = await requestOf(
      '  path: /rides\n' +
        '  body:\n' +
        '    fixed: [1, true, null, \'"text"\']\n' +
        '    from: { lat: criteria.pickup.point.latitude, at: criteria.pickup_at }\n' +
        '    seats: [{ each: numbers(criteria.passengers), as: n, where: n != 2, give: { seat: n } }, 9]\n' +
        '    whole: { each: numbers(2), give: it * 10 }\n' +
        '    yes: { when: criteria.passengers > 2, give: { big: true } }\n' +
        '    no: { when: criteria.passengers > 3, give: 1 }\n' +
        '    unknown: { when: criteria.pickup.floor > 3, give: 1 }\n' +
        '    gone: { each: criteria.pickup.stops, give: it }\n',
      context,
    );
    expect(method).toBe('POST');
    expect(headers['content-type']).toBe('application/json');
    expect(JSON.parse(body!)).toEqual({
      fixed: [1, true, null, 'text'],
      from: { lat: 51.5 },
      seats: [{ seat: 1 }, { seat: 3 }, 9],
      whole: [10, 20],
      yes: { big: true },
    });
  });

  it('has a form body', async () => {
    const { method, headers, body } = await requestOf(
      '  path: /rides\n  form: { n: criteria.passengers, a: criteria.pickup.address, at: criteria.pickup_at, "x[]": "[1, 2]" }\n',
      context,
    );
    expect([method, headers['content-type']]).toEqual(['POST', 'application/x-www-form-urlencoded']);
    const form = new URLSearchParams(body);
    expect([...form]).toEqual([
      ['n', '3'],
      ['a', '1 <High> & "Low" Street'],
      ['x[]', '1'],
      ['x[]', '2'],
    ]);
  });

  it('has a GraphQL operation with its variables', async () => {
    const { method, body } = await requestOf(
      '  path: /graphql\n  graphql:\n    query: "query ($n: Int) { rides(n: $n) { id } }"\n' +
        '    variables: { n: criteria.passengers, at: criteria.pickup_at }\n',
      context,
    );
    expect(method).toBe('POST');
    expect(JSON.parse(body!)).toEqual({ query: 'query ($n: Int) { rides(n: $n) { id } }', variables: { n: 3 } });
  });

  it('has an XML body whose values cannot be taken for markup', async () => {
    const { headers, body } = await requestOf(
      '  path: /soap\n' +
        '  body:\n' +
        '    "s:Envelope":\n' +
        '      "@xmlns:s": \'"urn:soap"\'\n' +
        '      Ride: { "@seats": criteria.passengers, "@from": criteria.pickup.address, "#text": criteria.pickup.address }\n' +
        '      Stop: [{ each: numbers(2), give: { "@n": it } }]\n' +
        '      At: criteria.pickup_at\n',
      context,
      acme.replace('format: json', 'format: xml'),
    );
    expect(headers).toMatchObject({ accept: 'text/xml, application/xml', 'content-type': 'text/xml; charset=utf-8' });
    expect(body).toMatch(/^<\?xml version="1\.0" encoding="UTF-8"\?><s:Envelope xmlns:s="urn:soap"><Ride seats="3"/);
    expect(body).not.toContain('<High>');
    const parsed = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '@' }).parse(body!);
    expect(parsed['s:Envelope']).toEqual({
      '@xmlns:s': 'urn:soap',
      Ride: { '@seats': '3', '@from': '1 <High> & "Low" Street', '#text': '1 <High> & "Low" Street' },
      Stop: [{ '@n': '1' }, { '@n': '2' }],
    });
  });

  it('is not made where the manifest says that it cannot be asked', async () => {
    const manifest = `${acme}unsupported: [{ when: criteria.passengers > 2, because: no vehicle is that large }]\n`;
    const adapter = await adapterFrom(manifest);
    expect(adapter.ask(context)).toEqual({ unsupported: 'no vehicle is that large' });
    expect(adapter.ask(acmeContext())).toHaveProperty('path', '/rides');
  });
});

describe('authentication', () => {
  const withAuth = async (auth: string, credentials = 'user: the user\n  secret: the secret') =>
    asked(
      await adapterFrom(
        changed(['auth: { bearer: token }', `auth: ${auth}`], ["token: the account's token", credentials]),
      ),
      context,
    );

  it('is Basic, in headers, or in the query, by expression', async () => {
    expect((await withAuth('{ basic: { username: user, password: secret } }')).headers.authorization).toBe(
      `Basic ${Buffer.from('user-of-test:secret-of-test').toString('base64')}`,
    );
    const signed = await withAuth(
      "{ headers: { X-Key: credentials.user, X-Signature: 'sha256_hex(credentials.user + credentials.secret + string(int(now)))' } }",
    );
    expect(signed.headers['x-key']).toBe('user-of-test');
    expect(signed.headers['x-signature']).toMatch(/^[0-9a-f]{64}$/);
    expect((await withAuth('{ query: { key: credentials.secret } }')).path).toBe('/rides?key=secret-of-test');
  });

  it('signs the request as it goes over the wire, from the host on', async () => {
    const auth =
      "{ headers: { X-Time: 'string(int(now) * 1000)', X-Sign: 'hmac_sha256_hex(credentials.secret, request.method + request.path + string(int(now) * 1000))', X-Body: 'sha256_hex(request.body)' } }";
    const { headers, path } = await withAuth(auth);
    const time = headers['x-time']!;
    expect(time).toMatch(/^\d{13}$/);
    const mac = createHmac('sha256', 'secret-of-test').update(`GET/v1${path}${time}`).digest('hex');
    expect(headers['x-sign']).toBe(mac);
    expect(headers['x-body']).toBe(createHash('sha256').digest('hex'));
  });

  it('signs in a session too, with its token', async () => {
    const auth = `{ session: { request: { path: /login }, token: body.token, headers: { X-Sign: 'hmac_sha256_hex(token, request.method + request.path + request.body)' } } }`;
    const adapter = await adapterFrom(changed(['auth: { bearer: token }', `auth: ${auth}`]));
    const signed = adapter.session!.sign(
      { method: 'POST', path: '/rides?a=1', headers: {}, body: '{}' },
      't0',
      context,
    );
    const mac = createHmac('sha256', 't0').update('POST/v1/rides?a=1{}').digest('hex');
    expect(signed.headers['x-sign']).toBe(mac);
  });

  it('is seen by no other expression', async () => {
    const [problem] = await problemsOf(changed(['  id: row.id', '  id: credentials.token']));
    expect(problem?.reason).toMatch(/unknown variable "credentials"/);
  });
});
