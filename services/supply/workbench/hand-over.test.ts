import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type FileServer, startFileServer } from '../testing/file-server.ts';
import { folderOf, openAccount, openOffline } from './bench.ts';
import { updatedText } from './case-text.ts';
import { loadCase, runCase } from './cases.ts';
import { cassetteText } from './cassette.ts';
import { compareManifests } from './compare.ts';
import { differenceText } from './difference.ts';
import { sealed } from './sealed-message.ts';
import { recordPartner, tryPartner } from './try.ts';

const scratch = mkdtempSync(join(tmpdir(), 'entrepot-hand-over-'));
afterAll(() => rmSync(scratch, { recursive: true }));
let server: FileServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const shopify = folderOf('shopify');
const google = folderOf('google-merchant');

/** A case with a cassette, beside a partner's own. */
function caseOf(folder: string, exchanges: string, edit: (text: string) => string, from: string) {
  const there = mkdtempSync(join(scratch, 'case-'));
  mkdirSync(join(there, 'cases'));
  const text = readFileSync(join(folder, 'cases', from), 'utf8');
  writeFileSync(join(there, 'cassette.yaml'), exchanges);
  const file = join(there, 'cases/one.yaml');
  writeFileSync(file, edit(text.replace(/^cassette: .*$/m, 'cassette: ../cassette.yaml')));
  return loadCase(file);
}

async function differencesOf(folder: string, one: ReturnType<typeof loadCase>): Promise<string[]> {
  const { options } = one.document.value;
  const { partner } = await openOffline(folder, { options });
  const { resultOf } = await import('./cases.ts');
  return (await resultOf(one, partner)).differences.map(differenceText);
}

describe('a case of what was handed over', () => {
  it('tells what became of each file or message otherwise than it says', async () => {
    const text = readFileSync(join(google, 'cases/next-file.yaml'), 'utf8');
    const file = join(scratch, 'google-merchant/cases/next-file.yaml');
    mkdirSync(join(scratch, 'google-merchant/cases'), { recursive: true });
    writeFileSync(
      file,
      text.replace('../cassettes', join(google, 'cassettes')).replace('result: unchanged', 'result: loaded'),
    );
    expect(await differencesOf(google, loadCase(file))).toEqual([
      'handedOver[1].result: expected loaded, got unchanged',
    ]);
    writeFileSync(file, readFileSync(file, 'utf8').replace(/ {4}- result: loaded\n {6}rows: 4\n/, ''));
    expect(await differencesOf(google, loadCase(file))).toContain(
      'handedOver[2]: expected nothing, got {"result":"loaded","rows":4}',
    );
  });

  it('that is exemplary has nothing forged or refused', async () => {
    const stranger = 'exchanges: [{ message: { body: "{}", sender: stranger } }]';
    const one = caseOf(shopify, stranger, (text) => text.slice(0, text.indexOf('expect:')), 'products.yaml');
    expect(await differencesOf(shopify, one)).toContain(
      'kind: expected "in an exemplary case everything is taken", got "forged: its sender is not the partner"',
    );
  });

  it('has answers for files and messages for those who send some, and never both', async () => {
    const answer = 'exchanges: [{ answer: { status: 200, body: "{}" } }]';
    const message = 'exchanges: [{ message: { body: "{}" } }]';
    const whole = (text: string) => text;
    await expect(differencesOf(shopify, caseOf(shopify, answer, whole, 'products.yaml'))).rejects.toThrow(
      /each exchange is a message/,
    );
    await expect(differencesOf(google, caseOf(google, message, whole, 'catalogue.yaml'))).rejects.toThrow(
      /each exchange has an answer/,
    );
    expect(() => caseOf(google, 'exchanges: [{ request: { method: GET, path: / } }]', whole, 'catalogue.yaml')).toThrow(
      /answer|message/,
    );
  });

  it('compares manifests by the offers that are found', async () => {
    const manifest = join(scratch, 'manifest.yaml');
    const text = readFileSync(join(google, 'manifest.yaml'), 'utf8');
    writeFileSync(
      manifest,
      text
        .replace('afterSeconds: 1800', 'afterSeconds: 900')
        .replace('words: criteria.query', 'words: criteria.query + " kestrel"'),
    );
    const found = (await compareManifests(google, manifest, google)).find((one) => one.case === 'catalogue');
    expect(found?.lost.map(({ id }) => id)).toEqual(['HT-102']);
    expect(found?.changed.length).toBeGreaterThan(0);
    expect(found?.changed.flatMap(({ fields }) => fields.map(({ path }) => path))).toContain('expires');
  });

  it('written anew says what became of each', async () => {
    const one = loadCase(join(shopify, 'cases/late.yaml'));
    expect(updatedText(await runCase(one))).toBe(readFileSync(one.file, 'utf8'));
  });
});

function account(name: string, text: string): string {
  mkdirSync(join(scratch, 'partners'), { recursive: true });
  const file = join(scratch, 'partners', `${name}.yaml`);
  writeFileSync(file, text);
  return file;
}

const asked = (name: string, sought: Record<string, unknown>) => ({
  account: join(scratch, 'partners', `${name}.yaml`),
  configDirectory: scratch,
  market: 'DE',
  currency: 'EUR',
  criteriaOf: () => ({ good: sought }),
});

describe('a partner that publishes a file', () => {
  it('is tried live, and recorded with its first rows and those that were found', async () => {
    server = await startFileServer();
    const items = Array.from({ length: 60 }, (_, at) => {
      const words = at === 55 ? 'rare lamp of jo.doe@shop.example' : 'plain lamp';
      return `<item><id>${at}</id><title>${words}</title><price>9.90 EUR</price></item>`;
    });
    server.respond = (_, response) =>
      response
        .writeHead(200, { 'content-type': 'application/xml' })
        .end(`<rss><channel>${items.join('\n')}</channel></rss>`);
    account('lamps', `adapter: google-merchant\nendpoint: ${server.url}\n`);
    const tried = await tryPartner('lamps', asked('lamps', { query: 'rare lamp' }));
    expect(tried).toMatchObject({ handedOver: [{ result: 'loaded', rows: 60 }], outcome: { received: 1, kept: 1 } });
    const recorded = await recordPartner('lamps', asked('lamps', { query: 'rare lamp' }));
    const text = cassetteText(recorded.cassette);
    expect(text.match(/<id>/g)).toHaveLength(21);
    expect(text).toContain('<id>55</id>');
    expect(text).not.toContain('jo.doe');
    server.respond = (_, response) => response.writeHead(503, { 'retry-after': '60' }).end('later');
    expect((await recordPartner('lamps', asked('lamps', { query: 'x' }))).cassette.exchanges).toEqual([
      { answer: { status: 503, headers: { 'retry-after': '60' }, body: '' } },
    ]);
  });
});

describe('a partner that sends messages', () => {
  it('is recorded by what it sends meanwhile, without what signs it, and nobody else is', async () => {
    const options =
      'options: { shop: harbour.myshopify.com, currency: GBP, currency_citation: x, taxes_included: true }';
    const secret = 'credentials: { secret: { env: X_UNSET, default: very-secret-indeed } }';
    account('shirts', `adapter: shopify\nendpoint: https://shop.example\n${secret}\n${options}\n`);
    const { partner } = await openAccount('shirts', asked('shirts', {}));
    const body = readFileSync(join(shopify, 'fixtures/shirt.json'));
    const headers = { 'x-shopify-topic': 'products/create', 'x-shopify-shop-domain': 'harbour.myshopify.com' };
    const message = (sender: 'partner' | 'stranger') =>
      sealed(partner.adapter.inventory!.push!, { headers, form: {}, sender, body }, partner.account);
    const statuses: number[] = [];
    const sent = Promise.withResolvers<void>();
    const recorded = await recordPartner('shirts', {
      ...asked('shirts', { query: 'shirt' }),
      listening: {
        host: '127.0.0.1',
        port: 0,
        messages: 1,
        signal: AbortSignal.timeout(15_000),
        onListening: (url) => {
          const send = async (sender: 'partner' | 'stranger') => {
            const out = message(sender);
            const response = await fetch(url, { method: 'POST', headers: out.headers, body: new Uint8Array(out.body) });
            statuses.push(response.status);
          };
          send('stranger')
            .then(() => send('partner'))
            .then(sent.resolve, sent.reject);
        },
      },
    });
    await sent.promise;
    expect(statuses).toEqual([401, 200]);
    expect(recorded.cassette.exchanges).toHaveLength(1);
    const text = cassetteText(recorded.cassette);
    expect(text).toContain('x-shopify-topic: products/create');
    expect(text).not.toMatch(/hmac|very-secret/i);
    expect(recorded.caseText('x.yaml')).toContain('kind: exemplary');
    expect(recorded.caseText('x.yaml')).toContain('shop: harbour.myshopify.com');
    await expect(recordPartner('shirts', asked('shirts', {}))).rejects.toThrow(/sends messages by itself/);
    await expect(tryPartner('shirts', asked('shirts', {}))).rejects.toThrow(/sends messages by itself/);
  });
});
