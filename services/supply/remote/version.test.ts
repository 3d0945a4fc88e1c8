import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type RemoteCertificateHead, readRemoteCertificate } from '../certificate.ts';
import { certificationOf } from '../certification.ts';
import { checkPartners, loadRemote } from '../load.ts';
import { Rejections } from '../rejections.ts';
import { SeenOffers } from '../seen-offers.ts';
import { acmeContext } from '../testing/acme.ts';
import { hotels } from '../testing/remote.ts';
import { testAdapters, writePartners } from '../testing/rig.ts';
import { readPage } from './batch.ts';

const head: RemoteCertificateHead = {
  grade: 'B',
  manifest: '2.4.1',
  address: 'hotels.harbour.com:7100',
  vertical: 'stay',
};
const file = `address: hotels.harbour.com:7100\nvertical: stay\ntls: {}\n`;

/** A configuration with the partner, and beside its file what was handed over with the address. */
function config(more: string, certificate: unknown = head): string {
  const directory = writePartners({ harbour: file + more });
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const text = typeof certificate === 'string' ? certificate : JSON.stringify(certificate);
  writeFileSync(path.join(directory, 'partners/harbour.certificate.json'), text);
  return directory;
}
async function problems(...args: Parameters<typeof config>): Promise<string[]> {
  const found = await checkPartners(config(...args), [testAdapters]);
  return found.map(({ line, reason }) => `${line} ${reason}`);
}
const named = 'certificate: harbour.certificate.json\n';

describe('the share of a partner by address', () => {
  it('goes up to the ceiling of the grade that its certificate gives', async () => {
    expect(await problems(`${named}trafficShare: 0.5\n`)).toEqual([]);
    expect(await problems(`${named}trafficShare: 0.6\n`)).toEqual(['5 trafficShare 0.6 is above 0.5: it has grade B']);
    expect(await problems(`${named}trafficShare: 0.6\nenabled: false\n`)).toEqual([]);
  });

  it('is told with its certificate, which is stale while it is another version', () => {
    const checks = [{ name: 'answers in time', result: 'passed' }];
    const directory = config(`${named}trafficShare: 0.5\n`, { ...head, checks });
    const partner = loadRemote(path.join(directory, 'partners/harbour.yaml'));
    expect(certificationOf(partner)).toMatchObject({ grade: 'B', stale: false, passed: 1, failed: [] });
    partner.version.see('2.5.0');
    expect(certificationOf(partner)).toMatchObject({ grade: 'B', stale: true });
    expect(partner.trafficShare).toBe(0.01);
  });

  it('is small without one, and with one of another address or vertical', async () => {
    expect(await problems('trafficShare: 0.01\n')).toEqual([]);
    expect((await problems(''))[0]).toMatch(/trafficShare 1 is above 0\.01: its file names no certificate; `entrepot/);
    for (const other of [{ address: 'staging:7100' }, { vertical: 'ride' }]) {
      const [problem] = await problems(`${named}trafficShare: 0.5\n`, { ...head, ...other });
      expect(problem).toMatch(
        /^5 trafficShare 0\.5 is above 0\.01: its certificate is of (stay at staging|ride at hotels)/,
      );
    }
  });

  it.each(['{', '[]', '{"grade":"S","manifest":"x","address":"a","vertical":"stay"}', '{"grade":"A","manifest":"x"}'])(
    'is refused with a certificate that is none: %s',
    async (text) => {
      expect(await problems(`${named}trafficShare: 0.01\n`, text)).toEqual([
        '4 there is no certificate of an adapter by address in this file',
      ]);
    },
  );

  it('needs none where nobody’s money is at stake', async () => {
    for (const address of ['localhost:1', 'static:127.0.0.1:1,[::1]:2', 'adapter.example:1', 'dns:///x.test:7']) {
      const wire = /localhost|127/.test(address) ? '' : 'plaintext: true\n';
      const directory = writePartners({ one: `address: "${address}"\nvertical: stay\n${wire}` });
      onTestFinished(() => rmSync(directory, { recursive: true }));
      expect(await checkPartners(directory, [testAdapters])).toEqual([]);
    }
  });
});

describe('a certificate', () => {
  const loaded = () => loadRemote(path.join(config(`${named}trafficShare: 0.5\n`), 'partners/harbour.yaml'));
  const says = (partner: ReturnType<typeof loaded>, manifest: string): number => {
    const batch = { ...hotels('harbour', [1]), manifest };
    const context = { ...acmeContext({ account: partner.account }), fetchedAt: Date.now() };
    readPage(partner, batch, context, new SeenOffers(), new Rejections());
    return partner.trafficShare;
  };

  it('is of one version: while batches say another, the share is that of an adapter without', () => {
    const partner = loaded();
    expect(partner.trafficShare).toBe(0.5);
    expect(says(partner, '2.4.1')).toBe(0.5);
    expect(says(partner, '2.5.0')).toBe(0.01);
    expect(says(partner, '')).toBe(0.01);
    // What follows a "+" is of the account.
    expect(says(partner, '2.4.1+account-7')).toBe(0.5);
  });

  it('that was given to an adapter which names no version is held against none', () => {
    const directory = config(`${named}trafficShare: 0.5\n`, { ...head, manifest: '' });
    expect(says(loadRemote(path.join(directory, 'partners/harbour.yaml')), 'whatever')).toBe(0.5);
  });

  it('is another partner’s state when it changes, so that it takes effect while supply runs', () => {
    const directory = config(`${named}trafficShare: 0.1\n`);
    const load = () => loadRemote(path.join(directory, 'partners/harbour.yaml')).manifest.digest;
    const before = load();
    expect(load()).toBe(before);
    writeFileSync(path.join(directory, 'partners/harbour.certificate.json'), JSON.stringify({ ...head, grade: 'A' }));
    expect(load()).not.toBe(before);
    expect(readRemoteCertificate(path.join(directory, 'partners/harbour.certificate.json'))?.grade).toBe('A');
  });
});
