export {
  configDirectory,
  databaseAt,
  dataDirectory,
  edgeConnectionsPerAddress,
  edgeMetrics,
  edgeTlsFiles,
  grpcBeside,
  type MeshAddresses,
  type MeshTlsSettings,
  meshAddresses,
  meshTlsSettings,
  sharedStateUrl,
  trustClientHeader,
} from './environment.ts';
export { ConfigError, type ConfigProblem, collectProblems, formatProblem } from './error.ts';
export { type SecretReference, secret, secretSchema } from './secret.ts';
export { type DirectoryWatch, type WatchOptions, watchDirectory } from './watch.ts';
export { type JSONSchema, loadYaml, loadYamlDocument, parseYaml, type YamlDocument, yamlFiles } from './yaml.ts';
