// Whom the catalogue's commands ask, and how what is refused is told.
import { styleText } from 'node:util';
import { credentials } from '@grpc/grpc-js';
import { type Command, InvalidArgumentError } from 'commander';
import { meshAddresses } from '../../../libs/config/index.ts';
import { NormalizationServiceDefinition } from '../../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import { EntrepotError, toEntrepotError } from '../../../libs/errors/index.ts';
import { type Connection, connect, connectMesh, type MeshClient } from '../../../libs/mesh/index.ts';

/** A client of the catalogue: at the edge for what is public, else of normalization itself. */
export type CatalogueClient = MeshClient<typeof NormalizationServiceDefinition>;

/** What every command of the catalogue takes. */
export interface CatalogueOptions {
  readonly address: string;
  readonly json?: true;
}

/** Adds what every command of the catalogue takes. */
export function withCatalogueOptions(command: Command): Command {
  return command
    .option(
      '--address <host:port>',
      'where the edge answers gRPC; https://host:port where it does so with TLS',
      meshAddresses.edgeGrpc,
    )
    .option('--json', 'JSON for scripts, and nothing else');
}

/** Adds the same to a command whose RPC is not public, but for the platform's own services: it asks one of them. */
export function withNormalizationOptions(command: Command): Command {
  return command
    .option('--address <host:port>', 'normalization itself, in the mesh', meshAddresses.normalization)
    .option('--json', 'JSON for scripts, and nothing else');
}

/** What is refused for good ends with 2, as everywhere; what may succeed later with 1. */
const usageExitCode = 2;

/**
 * Does a command's work with a client of the edge. What is refused is printed, and the command ends with 2; where nothing is there, with 1.
 */
export async function asking(
  options: CatalogueOptions,
  work: (client: CatalogueClient) => Promise<void>,
): Promise<void> {
  const key = process.env.ENTREPOT_KEY;
  const { address } = options;
  const encrypted = address.startsWith('https://');
  const connection = connect(
    NormalizationServiceDefinition,
    { address: encrypted ? address.slice('https://'.length) : address },
    {
      client: 'entrepot-cli',
      ...(key && { metadata: { 'entrepot-key': key } }),
      ...(encrypted && { channel: { credentials: credentials.createSsl() } }),
    },
  );
  await askingBy(connection, options, work);
}

/** Does a command's work with a client of normalization itself, over the mesh. Ends as {@link asking} does. */
export async function askingNormalization(
  options: CatalogueOptions,
  work: (client: CatalogueClient) => Promise<void>,
): Promise<void> {
  const { address } = options;
  await askingBy(connectMesh(NormalizationServiceDefinition, address, { client: 'entrepot-cli' }), options, work);
}

async function askingBy(
  { client, close }: Connection<typeof NormalizationServiceDefinition>,
  options: CatalogueOptions,
  work: (client: CatalogueClient) => Promise<void>,
): Promise<void> {
  try {
    await work(client);
  } catch (error) {
    if (!(error instanceof EntrepotError)) throw error;
    refuse(error, options);
  } finally {
    await close();
  }
}

function refuse(thrown: unknown, { address, json }: CatalogueOptions): void {
  const { reason, message, metadata } = toEntrepotError(thrown);
  const absent = reason === 'UNREACHABLE' || reason === 'DEADLINE_EXCEEDED';
  process.exitCode = absent ? 1 : usageExitCode;
  if (json === true) {
    console.log(JSON.stringify({ problem: { reason, detail: message, metadata } }, null, 2));
    return;
  }
  const hint =
    reason === 'UNREACHABLE'
      ? `\nNo catalogue answers at ${address}. "entrepot up" and "entrepot mesh" say where they answer gRPC, by default at 127.0.0.1:8081.`
      : '';
  const before = metadata.events === undefined ? '' : `\nUndo first: ${metadata.events}`;
  console.error(styleText('red', `${reason}: ${message}`) + before + hint);
}

/** A key as it is typed, "partner:key"; ":key" for one that all partners share. */
export function keyOf(text: string): { partner: string; key: string } {
  const colon = text.indexOf(':');
  if (colon < 0 || colon === text.length - 1) {
    throw new InvalidArgumentError(`"${text}" is no key; write partner:key, or :key for one that all partners share.`);
  }
  return { partner: text.slice(0, colon), key: text.slice(colon + 1) };
}

/** Of several, one after the other. */
export function keysOf(
  text: string,
  before: { partner: string; key: string }[] = [],
): { partner: string; key: string }[] {
  return [...before, keyOf(text)];
}

/** A number of rows. */
export function pageSize(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('Expected a whole number from 1 on.');
  return Number(text);
}
