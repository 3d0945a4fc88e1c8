import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { loadYamlDocument, yamlFiles } from '../../../libs/config/index.ts';
import { ceilings, type Grade, readCertificate, uncertifiedCeiling } from '../certificate.ts';
import { type PartnerConfig, partnerSchema } from '../config.ts';
import { digestOfFolder } from '../folder-digest.ts';

/** How a partner's folder stands. */
export interface FolderStatus {
  readonly name: string;
  readonly folder: string;
  /** Lines that somebody has to keep, tests and recordings aside. */
  readonly lines: { readonly yaml: number; readonly csv: number; readonly typescript: number };
  readonly cases: { readonly exemplary: number; readonly supplemental: number };
  readonly cassettes: number;
  /** Cases of drift that supply has written and nobody has adopted. */
  readonly drift: number;
  readonly certificate: CertificateStatus;
  /** The most that an account at a real endpoint may have. */
  readonly ceiling: number;
  /** Accounts that use it, with the share of searches in which each is asked. */
  readonly accounts: readonly { readonly name: string; readonly endpoint: string; readonly trafficShare: number }[];
}

/** The last grade, and whether it is that of the folder as it is. */
export type CertificateStatus =
  | { readonly state: 'none' }
  | { readonly state: 'valid' | 'stale'; readonly grade: Grade; readonly manifest: string; readonly now: string };

/** The state of some folders with the accounts of a configuration directory and what supply wrote into another. Throws ConfigError for account files that cannot be read. */
export function statusOf(folders: readonly string[], configDirectory: string, driftDirectory?: string): FolderStatus[] {
  const accounts = yamlFiles(path.join(configDirectory, 'partners')).map((file) => ({
    name: path.basename(file).replace(/\.ya?ml$/, ''),
    ...loadYamlDocument<PartnerConfig>(file, partnerSchema).value,
  }));
  return folders.map((folder) => {
    const name = path.basename(folder);
    const certificate = certificateOf(folder);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    return {
      name,
      folder,
      lines: {
        yaml: linesOf(folder, ['manifest.yaml']),
        csv: linesOf(
          folder,
          files.filter((file) => file.endsWith('.csv')),
        ),
        typescript: linesOf(
          folder,
          files.filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts')),
        ),
      },
      cases: kindsOf(folder),
      cassettes: yamlFiles(path.join(folder, 'cassettes')).length,
      drift: driftDirectory === undefined ? 0 : yamlFiles(path.join(driftDirectory, name, 'cases')).length,
      certificate,
      ceiling: certificate.state === 'valid' ? ceilings[certificate.grade] : uncertifiedCeiling,
      accounts: accounts
        .filter(({ adapter }) => adapter === name)
        .map(({ name: account, endpoint, trafficShare }) => ({ name: account, endpoint, trafficShare })),
    };
  });
}

function certificateOf(folder: string): CertificateStatus {
  const certificate = readCertificate(folder);
  if (certificate === undefined) return { state: 'none' };
  const { grade, manifest } = certificate;
  const now = digestOfFolder(folder);
  return { state: manifest === now ? 'valid' : 'stale', grade, manifest, now };
}

/** Lines with something on them, comments included: those are kept too. */
function linesOf(folder: string, files: readonly string[]): number {
  return files
    .map((file) => path.join(folder, file))
    .filter((file) => existsSync(file))
    .reduce(
      (sum, file) =>
        sum +
        readFileSync(file, 'utf8')
          .split('\n')
          .filter((line) => line.trim() !== '').length,
      0,
    );
}

/** Counts without running or even checking the cases: `test` does that. */
function kindsOf(folder: string): FolderStatus['cases'] {
  const texts = yamlFiles(path.join(folder, 'cases')).map((file) => readFileSync(file, 'utf8'));
  const count = (kind: string): number =>
    texts.filter((text) => new RegExp(`^kind: ${kind}\\b`, 'm').test(text)).length;
  return { exemplary: count('exemplary'), supplemental: count('supplemental') };
}
