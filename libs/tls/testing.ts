// Certificates for tests, made by openssl: an authority and what it signs.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether openssl is there; says so where it is not, and in CI throws. */
export function hasOpenssl(): boolean {
  if (spawnSync('openssl', ['version'], { stdio: 'ignore' }).status === 0) return true;
  const message = "TLS is not tried: install Debian's openssl.";
  if (process.env.CI) throw new Error(message);
  console.warn(message);
  return false;
}

/** Files of a certificate, and of the authority that signed it. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** An authority with a directory of its own. */
export class Authority {
  readonly directory = mkdtempSync(join(tmpdir(), 'entrepot-tls-'));
  readonly ca = join(this.directory, 'ca.pem');

  constructor() {
    const key = join(this.directory, 'ca.key');
    const subject = ['-subj', '/CN=Authority of a test', '-days', '2'];
    openssl(['req', '-x509', ...newKey, '-keyout', key, '-out', this.ca, ...subject]);
  }

  /** A certificate for a host, a name or an address: "localhost", "127.0.0.1". */
  issue(name: string, ...hosts: readonly string[]): Issued {
    const at = (suffix: string): string => join(this.directory, `${name}.${suffix}`);
    const names = hosts.map((host) => `${/^[\d.]+$/.test(host) ? 'IP' : 'DNS'}:${host}`).join(',');
    writeFileSync(at('ext'), `subjectAltName=${names}\n`);
    openssl(['req', ...newKey, '-keyout', at('key'), '-out', at('csr'), '-subj', `/CN=${name}`]);
    const signer = ['-CA', this.ca, '-CAkey', join(this.directory, 'ca.key'), '-CAcreateserial'];
    openssl(['x509', '-req', '-in', at('csr'), ...signer, '-days', '2', '-extfile', at('ext'), '-out', at('pem')]);
    return { cert: at('pem'), key: at('key'), ca: this.ca };
  }

  /** Removes everything. */
  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A curve's key: one of RSA takes a second to make. */
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

function openssl(args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}
