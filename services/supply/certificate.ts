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

const FILE = 'certificate.json';

/** The certificate in a folder; undefined where there is none or it cannot be read. */
export function readCertificate(folder: string): CertificateHead | undefined {
  const file = path.join(folder, FILE);
  if (!existsSync(file)) return undefined;
  try {
    const read: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isHead(read) ? read : undefined;
  } catch {
    return undefined;
  }
}

function isHead(value: unknown): value is CertificateHead {
  if (typeof value !== 'object' || value === null || !('grade' in value) || !('manifest' in value)) return false;
  return typeof value.manifest === 'string' && typeof value.grade === 'string' && Object.hasOwn(ceilings, value.grade);
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

/** Nobody's money is at stake: the twin, this machine, or a name that RFC 2606 keeps for tests. */
function isRehearsal(endpoint: string, twinUrl: string | undefined): boolean {
  if (twinUrl !== undefined && twinUrl !== '' && endpoint.startsWith(twinUrl)) return true;
  const { hostname } = new URL(endpoint);
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$|\.(localhost|test|example|invalid)$/.test(hostname);
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
