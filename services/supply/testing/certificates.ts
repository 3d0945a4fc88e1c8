import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

/** Whether certificates can be made; otherwise says so, and in CI throws. */
export function hasOpenssl(): boolean {
  if (spawnSync('openssl', ['version'], { stdio: 'ignore' }).status === 0) return true;
  const message = 'TLS to partners by address is not tried: install openssl.';
  if (process.env.CI) throw new Error(message);
  console.warn(message);
  return false;
}

/** Makes certificates of two days in a directory, each as <name>.pem with <name>.key. */
export class Certificates {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The file of a certificate, or of its key. */
  file(name: string, kind: 'pem' | 'key' = 'pem'): string {
    return path.join(this.#directory, `${name}.${kind}`);
  }

  /** One that signs others. */
  root(name: string): void {
    this.#openssl(['req', '-x509', ...this.#pair(name), '-days', '2', '-out', this.file(name)]);
  }

  /** One for a host, signed by a root. */
  signed(name: string, by: string, host: string): void {
    const request = path.join(this.#directory, `${name}.csr`);
    const extensions = path.join(this.#directory, `${name}.ext`);
    this.#openssl(['req', ...this.#pair(name), '-out', request]);
    writeFileSync(extensions, `subjectAltName=DNS:${host}\n`);
    const signer = ['-CA', this.file(by), '-CAkey', this.file(by, 'key'), '-CAcreateserial'];
    const more = ['-days', '2', '-extfile', extensions, '-out', this.file(name)];
    this.#openssl(['x509', '-req', '-in', request, ...signer, ...more]);
  }

  #pair(name: string): string[] {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    return [...key, '-keyout', this.file(name, 'key'), '-subj', `/CN=${name}`];
  }

  #openssl(args: string[]): void {
    execFileSync('openssl', args, { stdio: 'ignore' });
  }
}
