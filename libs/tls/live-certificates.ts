// A certificate and its key from files, followed while the files change.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { ConfigError } from '../config/index.ts';
import type { Logger } from '../telemetry/index.ts';

/** PEM files. */
export interface CertificateFiles {
  /** The certificate, with those between it and its root behind it. */
  readonly cert: string;
  readonly key: string;
  /** Certificates of whom the other side's has to be from; absent where nobody's is checked. */
  readonly ca?: string | undefined;
}

/** What the files hold, as PEM. */
export interface Certificates {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer | undefined;
}

/** How files are followed. */
export interface LiveCertificatesOptions {
  readonly log: Pick<Logger, 'info' | 'error'>;
  /** How often the files are looked at, in milliseconds. Default 5,000; sensible 1,000 to 60,000. */
  readonly intervalMs?: number;
}

/**
 * Certificates that can be replaced while they are in use. The files are read again and again instead of watched: they are small, and
 * what puts them there (an ACME client, a mounted Secret) replaces links and directories in ways that watches miss. What cannot be used
 * is logged as an error, once, and what was used before stays in use.
 */
export class LiveCertificates {
  readonly #files: CertificateFiles;
  readonly #log: LiveCertificatesOptions['log'];
  readonly #listeners = new Set<(certificates: Certificates) => void>();
  readonly #timer: NodeJS.Timeout;
  #current: Certificates;
  /** Why the files cannot be used as they are; empty where they are used. */
  #refused = '';

  /** @throws ConfigError where a file cannot be read, is no PEM of its kind, or the key is not the certificate's */
  constructor(files: CertificateFiles, { log, intervalMs = 5_000 }: LiveCertificatesOptions) {
    this.#files = files;
    this.#log = log;
    this.#current = read(files);
    this.#timer = setInterval(() => this.reload(), intervalMs).unref();
  }

  /** The certificates in use. */
  get current(): Certificates {
    return this.#current;
  }

  /** Calls the listener whenever others come into use; the result takes it back. */
  onChange(listener: (certificates: Certificates) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Looks at the files now. True where others have come into use. */
  reload(): boolean {
    let found: Certificates;
    try {
      found = read(this.#files);
    } catch (error) {
      const why = (error as Error).message;
      if (why !== this.#refused) {
        this.#log.error({ err: error, event: 'tls.refused' }, 'certificates cannot be used; those before stay in use');
      }
      this.#refused = why;
      return false;
    }
    this.#refused = '';
    if (same(found, this.#current)) return false;
    this.#current = found;
    const { subject, validTo } = new X509Certificate(found.cert);
    this.#log.info({ event: 'tls.reloaded', subject, validTo }, 'other certificates are in use from here on');
    for (const listener of this.#listeners) listener(found);
    return true;
  }

  /** Looks no more. */
  close(): void {
    clearInterval(this.#timer);
    this.#listeners.clear();
  }
}

function read(files: CertificateFiles): Certificates {
  const cert = readPem(files.cert);
  const key = readPem(files.key);
  const ca = files.ca === undefined ? undefined : readPem(files.ca);
  attempt(files.cert, 'It holds no certificate', () => new X509Certificate(cert));
  attempt(files.key, `It holds no key, or not the one of ${files.cert}`, () => createSecureContext({ cert, key }));
  // A secure context takes a text without certificates for none at all, and would then trust nobody, or everybody.
  if (ca !== undefined) attempt(files.ca ?? '', 'It holds no certificate', () => new X509Certificate(ca));
  return { cert, key, ca };
}

function readPem(file: string): Buffer {
  return attempt(file, 'It cannot be read', () => readFileSync(file));
}

function attempt<Result>(file: string, what: string, make: () => Result): Result {
  try {
    return make();
  } catch (error) {
    throw new ConfigError([{ file, line: 0, column: 0, reason: `${what}: ${(error as Error).message}` }]);
  }
}

function same(one: Certificates, other: Certificates): boolean {
  return (['cert', 'key', 'ca'] as const).every((name) => String(one[name]) === String(other[name]));
}
