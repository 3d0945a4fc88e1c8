import path from 'node:path';
import { LRUCache } from 'lru-cache';
import type { Certification } from '../../libs/contracts/gen/entrepot/supply/v1/supply.ts';
import { certificateFile, readChecks } from './certificate.ts';
import { digestOfFolder } from './folder-digest.ts';
import { isRemote, type SupplyPartner } from './remote/partner.ts';

/** For so long a folder counts as it was when it was looked at, ms: people look at lists of partners again and again. */
const readForMs = 10_000;

const folders = new LRUCache<string, { readonly certification: Certification | undefined }>({
  max: 1_000,
  ttl: readForMs,
});

/** How a partner's adapter was certified, as its certificate says; undefined where it never was. */
export function certificationOf(partner: SupplyPartner): Certification | undefined {
  if (isRemote(partner)) {
    const { certification, version } = partner;
    return certification && { ...certification, stale: version.ceiling < 1 };
  }
  const { folder } = partner;
  let known = folders.get(folder);
  if (known === undefined) {
    known = { certification: readCertification(path.join(folder, certificateFile), () => digestOfFolder(folder)) };
    folders.set(folder, known);
  }
  return known.certification;
}

/**
 * What a certificate says; undefined where the file is none. It does not say when it was made.
 * @param now what it would have to be of
 */
export function readCertification(file: string, now?: () => string): Certification | undefined {
  const read = readChecks(file);
  if (read === undefined) return undefined;
  const { grade, manifest, checks } = read;
  return {
    grade,
    certifiedAt: undefined,
    stale: now !== undefined && manifest !== now(),
    passed: checks.filter(({ result }) => result === 'passed').length,
    failed: checks
      .filter(({ result }) => result === 'failed')
      .map(({ name, detail }) => (detail ? `${name}: ${detail}` : name)),
  };
}
