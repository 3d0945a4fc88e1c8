import { existsSync } from 'node:fs';
import path from 'node:path';
import { ConfigError } from '../../../libs/config/index.ts';
import { configurePartner } from '../configure-partner.ts';
import type { ManifestFile } from '../kit/manifest.ts';
import { adapterDirectoriesOf, findAdapterFolder, loadAdapter, loadPartner } from '../load.ts';
import type { ConfiguredPartner } from '../partner.ts';
import { RequestRate } from '../request-rate.ts';

/** A partner on the workbench. */
export interface BenchPartner {
  readonly partner: ConfiguredPartner;
  /** As it is written. */
  readonly manifest: ManifestFile;
  /** The folder of its adapter. */
  readonly folder: string;
  /** Names of the credentials that its account gives. */
  readonly credentials: readonly string[];
}

/**
 * A partner as its account configures it: requests go where they go in production. Throws ConfigError.
 *
 * @param name of the account's file, or a path to the adapter's folder, whose name the account's file then has
 */
export function openAccount(
  name: string,
  options: { readonly account?: string | undefined; readonly configDirectory: string },
): Promise<BenchPartner> {
  const folder = folderAt(name);
  const partner = folder === undefined ? name : path.basename(folder);
  const file = options.account ?? path.join(options.configDirectory, 'partners', `${partner}.yaml`);
  if (!existsSync(file)) {
    const reason = `no account of "${partner}"; write one, name another with --account, or use a recording with --cassette`;
    throw new ConfigError([{ file, line: 0, column: 0, reason }]);
  }
  return loadPartner(
    file,
    folder === undefined ? {} : { adapterDirectories: [path.dirname(folder), ...adapterDirectoriesOf()] },
  );
}

/** What an offline partner may differ in. */
export interface OfflineOptions {
  readonly endpoint?: string;
  readonly options?: Readonly<Record<string, unknown>>;
  /** Another manifest than the folder's own. */
  readonly manifest?: string;
  /** Folders of adapters; default the shipped ones and those of ENTREPOT_ADAPTERS. */
  readonly directories?: readonly string[];
}

/**
 * A partner by the folder of its adapter, with an account made up for it: placeholders for credentials, an endpoint that
 * does not exist. For recordings, where nothing is sent. Throws ConfigError.
 *
 * @param name an adapter's name, or a path to a folder
 */
export async function openOffline(name: string, options: OfflineOptions = {}): Promise<BenchPartner> {
  const folder = folderOf(name, options.directories);
  const loaded = await loadAdapter(folder, options.manifest);
  const partner = configurePartner(
    loaded.manifest.name,
    {
      adapter: loaded.manifest.name,
      endpoint: options.endpoint ?? 'http://partner.invalid',
      credentials: {},
      markets: [],
      enabled: true,
      trafficShare: 1,
      sendTraceparent: false,
      options: options.options ?? {},
    },
    loaded,
  );
  const account = { ...partner.account, credential: (credential: string) => `placeholder-${credential}` };
  return {
    // Recordings need not be paced.
    partner: { ...partner, account, rate: new RequestRate(undefined) },
    manifest: loaded.manifest,
    folder,
    credentials: Object.keys(loaded.manifest.credentials ?? {}),
  };
}

/** The folder of an adapter that a path leads to; undefined where a name is none. */
function folderAt(name: string): string | undefined {
  const byPath = path.resolve(name.replace(/manifest\.yaml$/, ''));
  return /[/\\.]/.test(name) && existsSync(path.join(byPath, 'manifest.yaml')) ? byPath : undefined;
}

/** The folder of an adapter, by its name or as a path. Throws ConfigError. */
export function folderOf(name: string, directories?: readonly string[]): string {
  const folder = folderAt(name) ?? findAdapterFolder(name, directories);
  if (folder !== undefined) return folder;
  const reason = 'no adapter of that name; `entrepot partner status` lists them, `entrepot partner new` makes one';
  throw new ConfigError([{ file: name, line: 0, column: 0, reason }]);
}
