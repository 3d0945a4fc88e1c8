import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  ConfigError,
  type ConfigProblem,
  type JSONSchema,
  loadYamlDocument,
  parseYaml,
  type YamlDocument,
  yamlFiles,
} from '../../libs/config/index.ts';
import { verticals } from '../../libs/vertical/index.ts';
import { loadBudget } from './budget/load.ts';
import { readRemoteCertificate, remoteTrafficProblem, trafficProblem } from './certificate.ts';
import { readCertification } from './certification.ts';
import { type PartnerConfig, partnerSchema } from './config.ts';
import { configurePartner, type LoadedAdapter } from './configure-partner.ts';
import { endpointOf } from './endpoint.ts';
import { digestOfAdapter, digestOfFolder } from './folder-digest.ts';
import { loginOption } from './kit/auth.ts';
import { compileManifest } from './kit/compile.ts';
import { optionProblem } from './kit/context.ts';
import type { ManifestFile } from './kit/manifest.ts';
import { manifestSchema } from './kit/schema.ts';
import { loadDoor } from './load-door.ts';
import { planColumns } from './map-rows.ts';
import type { ConfiguredPartner } from './partner.ts';
import { type RemoteConfig, remoteProblems, remoteSchema, saysAddress } from './remote/config.ts';
import { configureRemote, type RemotePartner, type SupplyPartner } from './remote/partner.ts';

/** Where the shipped adapters are. */
export const shippedAdapters = fileURLToPath(new URL('./partners', import.meta.url));

/** Where partners come from. */
export interface PartnerSources {
  /** The platform's configuration directory; partners are in its folder `partners`. */
  readonly configDirectory: string;
  /** Folders of adapters, searched in order; default those that ENTREPOT_ADAPTERS lists (":" between them), then the shipped ones. */
  readonly adapterDirectories?: readonly string[] | undefined;
  /** Stands for `${ENTREPOT_TWIN_URL}` in partner files, whatever the environment says. */
  readonly twinUrl?: string | undefined;
}

/** The folders of adapters, those that exist or not, in the order in which they are searched. */
export function adapterDirectoriesOf(sources: Pick<PartnerSources, 'adapterDirectories'> = {}): readonly string[] {
  return sources.adapterDirectories ?? defaultDirectories();
}

/** A company's own adapters lie outside this repository: ENTREPOT_ADAPTERS names their folders. */
function defaultDirectories(): readonly string[] {
  const own = (process.env.ENTREPOT_ADAPTERS ?? '').split(path.delimiter).filter((directory) => directory !== '');
  return [...own, shippedAdapters];
}

/** The partners' files as they are now. */
export interface ReadPartners {
  readonly partners: ReadonlyMap<string, SupplyPartner>;
  /** What is wrong, by the name of the partner that cannot be used because of it. */
  readonly refused: ReadonlyMap<string, readonly ConfigProblem[]>;
}

/** Reads every configured partner; one that cannot be used does not keep the others from being read. */
export async function readPartners(sources: PartnerSources): Promise<ReadPartners> {
  const directories = adapterDirectoriesOf(sources);
  const adapters = new Map<string, Promise<LoadedAdapter>>();
  const partners = new Map<string, SupplyPartner>();
  const refused = new Map<string, readonly ConfigProblem[]>();
  for (const file of yamlFiles(path.join(sources.configDirectory, 'partners'))) {
    const partner = path.basename(file).replace(/\.ya?ml$/, '');
    try {
      checkFileName(file);
      if (saysAddress(loadFile(file, {}, sources.twinUrl).value)) {
        partners.set(partner, loadRemote(file, sources.twinUrl));
        continue;
      }
      const document = loadFile<PartnerConfig>(file, partnerSchema, sources.twinUrl);
      const { adapter: name } = document.value;
      const folder = folderOf(document, directories);
      let loading = adapters.get(name);
      if (loading === undefined) {
        loading = loadAdapter(folder);
        adapters.set(name, loading);
      }
      const loaded = await loading;
      checkAccount(document, loaded.manifest);
      checkTraffic(document, folder, sources.twinUrl);
      partners.set(partner, accountOf(partner, document, loaded));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      refused.set(partner, error.problems);
    }
  }
  return { partners, refused };
}

/** Every configured partner, by name. Throws ConfigError with all problems of all files. */
export async function loadPartners(sources: PartnerSources): Promise<ReadonlyMap<string, SupplyPartner>> {
  const { partners, refused } = await readPartners(sources);
  if (refused.size > 0) throw new ConfigError(distinctProblems([...refused.values()].flat()));
  return partners;
}

/**
 * What is wrong in the partners' files, and in the manifests and modules of all adapters, also those that no account uses yet;
 * empty when all can be used.
 */
export async function checkPartners(
  configDirectory: string,
  adapterDirectories?: readonly string[],
): Promise<readonly ConfigProblem[]> {
  const sources = { configDirectory, adapterDirectories };
  const { refused } = await readPartners(sources);
  const problems = [...refused.values()].flat();
  for (const folder of adapterFolders(adapterDirectoriesOf(sources))) {
    try {
      await loadAdapter(folder);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
    }
  }
  return distinctProblems(problems);
}

/** The folder of an adapter by its name; undefined where no directory has it. */
export function findAdapterFolder(name: string, directories = defaultDirectories()): string | undefined {
  return directories.map((directory) => path.join(directory, name)).find(isAdapterFolder);
}

/** Every adapter folder of the directories, in order, the first of each name. */
export function adapterFolders(directories = defaultDirectories()): string[] {
  return [...new Set(adapterNames(directories))].map((name) => findAdapterFolder(name, directories)!);
}

function folderOf(document: YamlDocument<PartnerConfig>, directories: readonly string[]): string {
  const { adapter } = document.value;
  const folder = findAdapterFolder(adapter, directories);
  if (folder !== undefined) return folder;
  const reason = `no adapter "${adapter}"; there are: ${adapterNames(directories).join(', ') || 'none'}`;
  throw new ConfigError([document.problem(['adapter'], reason)]);
}

/** One partner by its account file, whatever share of the traffic it may have: for the workbench. Throws ConfigError. */
export async function loadPartner(
  file: string,
  sources: Omit<PartnerSources, 'configDirectory'> = {},
): Promise<{ partner: ConfiguredPartner; manifest: ManifestFile; folder: string; credentials: readonly string[] }> {
  checkFileName(file);
  const document = loadFile<PartnerConfig>(file, partnerSchema, sources.twinUrl);
  const folder = folderOf(document, sources.adapterDirectories ?? defaultDirectories());
  const loaded = await loadAdapter(folder);
  checkAccount(document, loaded.manifest);
  const partner = accountOf(partnerName(file), document, loaded);
  return { partner, manifest: loaded.manifest, folder, credentials: Object.keys(document.value.credentials) };
}

function accountOf(partner: string, document: YamlDocument<PartnerConfig>, loaded: LoadedAdapter): ConfiguredPartner {
  const { vertical, lookToBook } = loaded.manifest;
  const budget = loadBudget(partner, document, vertical, lookToBook?.searches);
  return configurePartner(partner, document.value, loaded, budget);
}

function partnerName(file: string): string {
  return path.basename(file).replace(/\.ya?ml$/, '');
}

function checkFileName(file: string): void {
  if (/^[a-z][a-z0-9-]*\.ya?ml$/.test(path.basename(file))) return;
  const reason = 'a partner is named as its file: small letters, digits and "-", such as duffel-leisure.yaml';
  throw new ConfigError([{ file, line: 0, column: 0, reason }]);
}

function loadFile<T>(file: string, schema: JSONSchema, twinUrl: string | undefined): YamlDocument<T> {
  if (twinUrl === undefined) return loadYamlDocument(file, schema);
  const text = readFileSync(file, 'utf8').replaceAll(/\$\{ENTREPOT_TWIN_URL(?::-[^}]*)?\}/g, () => twinUrl);
  return parseYaml(text, file, schema);
}

/**
 * Loads the folder of an adapter. Throws ConfigError with every problem of its manifest and map.ts.
 *
 * @param file another manifest than the folder's own, to be tried with what else the folder has
 */
export async function loadAdapter(folder: string, file = path.join(folder, 'manifest.yaml')): Promise<LoadedAdapter> {
  const document = loadYamlDocument<ManifestFile>(file, manifestSchema);
  const manifest = document.value;
  const problem = (at: string, reason: string): ConfigError => new ConfigError([document.problem([at], reason)]);
  if (manifest.name !== path.basename(folder)) throw problem('name', `expected the folder's name`);
  const vertical = verticals().get(manifest.vertical);
  if (vertical === undefined) {
    throw problem('vertical', `no vertical "${manifest.vertical}"; there are: ${[...verticals().keys()].join(', ')}`);
  }
  const digest = digestOfAdapter(folder);
  const door = await loadDoor(path.join(folder, 'map.ts'), digest);
  const { adapter } = compileManifest(document, vertical, folder, door);
  if (adapter.vertical !== manifest.vertical) {
    throw problem('vertical', `map.ts says "${adapter.vertical}"`);
  }
  return { folder, adapter, manifest, plan: planColumns(adapter, vertical), digest };
}

/** The partner by address of a file, whatever share of the traffic it may have where that is said. Throws ConfigError. */
export function loadRemote(file: string, twinUrl?: string, anyShare = false): RemotePartner {
  const document = loadFile<RemoteConfig>(file, remoteSchema(), twinUrl);
  const { value } = document;
  const { address, vertical, certificate: named } = value;
  const certificate = named === undefined ? undefined : readRemoteCertificate(path.resolve(path.dirname(file), named));
  const problems = remoteProblems(value).map(({ key, reason }) => document.problem([key], reason));
  if (named !== undefined && certificate === undefined && !anyShare) {
    problems.push(document.problem(['certificate'], 'there is no certificate of an adapter by address in this file'));
  }
  const share = value.enabled ? value.trafficShare : 0;
  const refused = anyShare ? undefined : remoteTrafficProblem({ share, address, vertical, certificate });
  if (refused !== undefined && problems.length === 0) problems.push(document.problem(['trafficShare'], refused));
  if (problems.length > 0) throw new ConfigError(problems);
  const budget = loadBudget(partnerName(file), document, vertical);
  const certification = certificate && readCertification(path.resolve(path.dirname(file), named!));
  return configureRemote(partnerName(file), value, certificate, budget, certification);
}

/** Options and credentials of an account that its manifest does not know, or misses. */
function checkAccount(document: YamlDocument<PartnerConfig>, manifest: ManifestFile): void {
  const { options, credentials } = document.value;
  const problems: ConfigProblem[] = [];
  for (const [name, stated] of Object.entries(manifest.options === undefined ? {} : options)) {
    const reason = optionProblem(name, stated, manifest.options?.[name]);
    if (reason !== undefined) problems.push(document.problem(['options', name], reason));
  }
  for (const [name, { required, default: otherwise, description }] of Object.entries(manifest.options ?? {})) {
    if (required === true && otherwise === undefined && !Object.hasOwn(options, name)) {
      problems.push(document.problem(['options'], `option "${name}" is missing (${description})`));
    }
  }
  const login = loginOption(manifest);
  const host = login === undefined ? undefined : options[login];
  if (login !== undefined && typeof host === 'string' && host !== '' && endpointOf(host) === undefined) {
    problems.push(document.problem(['options', login], 'expected a base URL such as "https://login.example.com"'));
  }
  for (const [name, what] of Object.entries(manifest.credentials ?? {})) {
    if (!Object.hasOwn(credentials, name)) {
      problems.push(document.problem(['credentials'], `credential "${name}" is missing (${what})`));
    }
  }
  const { hedge } = document.value;
  if (hedge !== undefined && hedge !== false && manifest.hedge === undefined) {
    const reason = "the adapter's manifest lets no request be sent twice; see hedge there";
    problems.push(document.problem(['hedge'], reason));
  }
  if (problems.length > 0) throw new ConfigError(problems);
}

/** More traffic than the adapter's certificate allows. */
function checkTraffic(
  document: YamlDocument<PartnerConfig>,
  folder: string,
  twinUrl = process.env.ENTREPOT_TWIN_URL,
): void {
  const { adapter, endpoint, enabled, trafficShare } = document.value;
  const share = enabled ? trafficShare : 0;
  const reason = trafficProblem({ share, adapter, folder, digest: digestOfFolder(folder), endpoint, twinUrl });
  if (reason !== undefined) throw new ConfigError([document.problem(['trafficShare'], reason)]);
}

function isAdapterFolder(folder: string): boolean {
  return existsSync(path.join(folder, 'manifest.yaml'));
}

function adapterNames(directories: readonly string[]): string[] {
  return directories
    .filter((directory) => existsSync(directory))
    .flatMap((directory) => readdirSync(directory).filter((name) => isAdapterFolder(path.join(directory, name))))
    .sort();
}

/** An adapter's problem is found once for each partner that uses it. */
export function distinctProblems(problems: readonly ConfigProblem[]): ConfigProblem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}
