import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Certificates of adapters: `entrepot partner certify` grades a folder and writes `certificate.json` into it. The grade is a
 * ceiling for the share of searches in which an account at a real endpoint may be asked.
 */

/** A grade, best first. */
export type Grade = 'A' | 'B' | 'C' | 'D';

/** The most that `trafficShare` may be, by grade. What each takes: workbench/grade.ts. */
export const ceilings: Readonly<Record<Grade, number>> = { A: 1, B: 0.5, C: 0.1, D: 0 };

/** The most without a certificate, or with one of another manifest: enough to see whether it works at all. */
export const uncertifiedCeiling = 0.01;

/** What counts of `certificate.json` when an account is loaded. */
export interface CertificateHead {
  readonly grade: Grade;
  /** Digest of the folder that was graded: manifest, tables and sources. */
  readonly manifest: string;
}

/** What counts of a certificate of an adapter that runs elsewhere. */
export interface RemoteCertificateHead extends CertificateHead {
  /** Where it was graded. */
  readonly address: string;
  readonly vertical: string;
}

/** A certificate's file in the folder of its adapter. */
export const certificateFile = 'certificate.json';

/** The certificate in a folder; undefined where there is none or it cannot be read. */
export function readCertificate(folder: string): CertificateHead | undefined {
  const read = readHead(path.join(folder, certificateFile));
  return isHead(read) ? read : undefined;
}

/** One check of a certificate, as far as it is told. */
export interface CertificateCheck {
  readonly name: string;
  readonly result: string;
  readonly detail?: string;
}

/** The certificate in a file with its checks; undefined where it is none. */
export function readChecks(
  file: string,
): (CertificateHead & { readonly checks: readonly CertificateCheck[] }) | undefined {
  const read = readHead(file);
  if (!isHead(read)) return undefined;
  const { grade, manifest } = read;
  const checks: unknown[] = 'checks' in read && Array.isArray(read.checks) ? read.checks : [];
  return { grade, manifest, checks: checks.filter(isCheck) };
}

/** The certificate in a file that was handed over with an address; undefined where it is none. */
export function readRemoteCertificate(file: string): RemoteCertificateHead | undefined {
  const read = readHead(file);
  if (!isHead(read) || !('address' in read) || !('vertical' in read)) return undefined;
  const { grade, manifest, address, vertical } = read;
  if (typeof address !== 'string' || typeof vertical !== 'string') return undefined;
  return { grade, manifest, address, vertical };
}

function readHead(file: string): unknown {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function isHead(value: unknown): value is CertificateHead {
  if (typeof value !== 'object' || value === null || !('grade' in value) || !('manifest' in value)) return false;
  return typeof value.manifest === 'string' && typeof value.grade === 'string' && Object.hasOwn(ceilings, value.grade);
}

function isCheck(value: unknown): value is CertificateCheck {
  if (typeof value !== 'object' || value === null || !('name' in value) || !('result' in value)) return false;
  const detail = 'detail' in value ? value.detail : '';
  return [value.name, value.result, detail].every((text) => typeof text === 'string');
}

/** What decides about an account's share. */
export interface Traffic {
  readonly share: number;
  readonly adapter: string;
  readonly folder: string;
  /** Digest of the folder as it is now. */
  readonly digest: string;
  readonly endpoint: string;
  /** Where the twin listens, if that is known. */
  readonly twinUrl: string | undefined;
}

/** Why an account may not have its share of the traffic; undefined where it may. */
export function trafficProblem({ share, adapter, folder, digest, endpoint, twinUrl }: Traffic): string | undefined {
  if (isRehearsal(endpoint, twinUrl)) return undefined;
  const certificate = readCertificate(folder);
  const stale = certificate !== undefined && certificate.manifest !== digest;
  const ceiling = certificate === undefined || stale ? uncertifiedCeiling : ceilings[certificate.grade];
  if (share <= ceiling) return undefined;
  const why =
    certificate === undefined
      ? `adapter "${adapter}" has no certificate`
      : stale
        ? `the certificate of adapter "${adapter}" is of another state of its folder (${certificate.manifest}, now ${digest})`
        : `adapter "${adapter}" has grade ${certificate.grade}`;
  const way = certificate === undefined || stale ? `; \`entrepot partner certify ${adapter}\` makes one` : '';
  return `trafficShare ${share} is above ${ceiling}: ${why}${way}`;
}

/** What decides about the share of a partner by address. */
export interface RemoteTraffic {
  readonly share: number;
  readonly address: string;
  readonly vertical: string;
  /** What was handed over with the address; undefined where nothing was. */
  readonly certificate: RemoteCertificateHead | undefined;
}

/** As {@link trafficProblem}, of a partner by address. */
export function remoteTrafficProblem(traffic: RemoteTraffic): string | undefined {
  const { share, address, vertical, certificate } = traffic;
  if (isRehearsalAddress(address)) return undefined;
  const other = certificate && (certificate.address !== address || certificate.vertical !== vertical);
  const ceiling = certificate === undefined || other ? uncertifiedCeiling : ceilings[certificate.grade];
  if (share <= ceiling) return undefined;
  const why =
    certificate === undefined
      ? 'its file names no certificate'
      : other
        ? `its certificate is of ${certificate.vertical} at ${certificate.address}`
        : `it has grade ${certificate.grade}`;
  const way = certificate === undefined || other ? '; `entrepot partner certify --address` makes one' : '';
  return `trafficShare ${share} is above ${ceiling}: ${why}${way}`;
}

/**
 * What a certificate is bound to of a text that names a mapping: the part before the "+", as in "2.4.1+account-7", where an
 * adapter's version ends and its account's settings begin.
 */
export function versionOf(manifest: string): string {
  return manifest.split('+', 1)[0]!;
}

/** Whether every host of an address is this machine. */
export function isLoopbackAddress(address: string): boolean {
  return hostsOf(address).every((host) => LOOPBACK.test(host));
}

/** Whether nobody's money is at stake at any host of an address. */
export function isRehearsalAddress(address: string): boolean {
  return hostsOf(address).every((host) => LOOPBACK.test(host) || TESTS.test(host));
}

/** Hosts of "host:port", "dns:///name:port" or "static:ip:port,ip:port". */
export function hostsOf(address: string): string[] {
  const list = address.replace(/^(dns:\/\/\/|static:)/, '').split(',');
  return list.map((one) => one.slice(0, one.lastIndexOf(':')));
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
/** Names that RFC 2606 keeps. */
const TESTS = /\.(localhost|test|example|invalid)$/;

/** Nobody's money is at stake: the twin, this machine, or a name that RFC 2606 keeps for tests. */
function isRehearsal(endpoint: string, twinUrl: string | undefined): boolean {
  if (twinUrl !== undefined && twinUrl !== '' && endpoint.startsWith(twinUrl)) return true;
  const { hostname } = new URL(endpoint);
  return LOOPBACK.test(hostname) || TESTS.test(hostname);
}

/** Whether a search is among those in which a partner is asked: the same answer for the same search, whoever decides. */
export function isInShare(share: number, partner: string, searchId: string): boolean {
  if (share >= 1) return true;
  let hash = 0x811c9dc5;
  for (const unit of Buffer.from(`${partner} ${searchId}`)) hash = Math.imul(hash ^ unit, 0x01000193);
  // The last steps of FNV mix the low bits alone: these spread over all.
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000 < share;
}
