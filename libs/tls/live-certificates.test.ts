import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../config/index.ts';
import { LiveCertificates } from './live-certificates.ts';
import { Authority, hasOpenssl, type Issued } from './testing.ts';

const said: string[] = [];
const log = {
  info: (fields: object) => said.push(String((fields as { event: string }).event)),
  error: (fields: object) => said.push(String((fields as { event: string }).event)),
} as never;

let authority: Authority;
let first: Issued;
let second: Issued;
let live: LiveCertificates | undefined;

describe.skipIf(!hasOpenssl())('certificates from files', () => {
  beforeAll(() => {
    authority = new Authority();
    first = authority.issue('first', 'localhost');
    second = authority.issue('second', 'localhost');
  });
  afterAll(() => authority.remove());
  afterEach(() => {
    live?.close();
    said.length = 0;
  });

  /** Files of their own, as the first certificate's. */
  function files() {
    const at = {
      cert: join(authority.directory, 'live.pem'),
      key: join(authority.directory, 'live.key'),
      ca: first.ca,
    };
    copy(first, at);
    return at;
  }
  function copy(from: Issued, to: { cert: string; key: string }): void {
    copyFileSync(from.cert, to.cert);
    copyFileSync(from.key, to.key);
  }

  it('are replaced when the files are', () => {
    const at = files();
    live = new LiveCertificates(at, { log });
    const seen: string[] = [];
    live.onChange(({ cert }) => seen.push(String(cert)));
    expect(live.reload()).toBe(false);
    const before = String(live.current.cert);
    copy(second, at);
    expect(live.reload()).toBe(true);
    expect(seen).toEqual([String(live.current.cert)]);
    expect(seen).not.toEqual([before]);
    expect(said).toEqual(['tls.reloaded']);
  });

  it('stay when what comes cannot be used, which is told once', () => {
    const at = files();
    live = new LiveCertificates(at, { log });
    const before = live.current;
    // As while two files are being replaced, one after the other.
    copyFileSync(second.cert, at.cert);
    expect([live.reload(), live.reload()]).toEqual([false, false]);
    expect(said).toEqual(['tls.refused']);
    expect(live.current).toBe(before);
    copyFileSync(second.key, at.key);
    expect(live.reload()).toBe(true);
    rmSync(at.key);
    expect(live.reload()).toBe(false);
    expect(said).toEqual(['tls.refused', 'tls.reloaded', 'tls.refused']);
  });

  it.each<[string, (at: { cert: string; key: string; ca: string }) => void, string]>([
    ['a file that is not there', ({ cert }) => rmSync(cert), 'cert'],
    ['a certificate that is none', ({ cert }) => writeFileSync(cert, 'none'), 'cert'],
    ['the key of another certificate', ({ key }) => copyFileSync(second.key, key), 'key'],
    ['an authority that is none', (at) => Object.assign(at, { ca: at.key }), 'ca'],
  ])('are refused at first with %s, with the file named', (_, spoil, part) => {
    const at = files();
    spoil(at);
    expect(() => new LiveCertificates(at, { log })).toThrow(ConfigError);
    expect(() => new LiveCertificates(at, { log })).toThrow(at[part as keyof typeof at]);
  });
});
