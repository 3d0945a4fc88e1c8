import type { YamlDocument } from '../../../libs/config/index.ts';
import { descriptors, type Vertical } from '../../../libs/vertical/index.ts';
import type { Adapter } from '../adapter.ts';
import { authenticatingParts, compileAuth } from './auth.ts';
import { Compiler } from './compiler.ts';
import { requestContext } from './context.ts';
import type { Door } from './door.ts';
import { compileExchange } from './exchange.ts';
import { compileFilters } from './filters.ts';
import { commonFunctions } from './functions.ts';
import { flightFunctions } from './functions-flight.ts';
import { stayFunctions } from './functions-stay.ts';
import { compileInventory, handsOver, INVENTORY_ROWS } from './inventory.ts';
import { checkLacks } from './lacks.ts';
import type { ManifestFile } from './manifest.ts';
import { compileMapping } from './mapping.ts';
import { readTables } from './tables.ts';

/** What manifests of one vertical may call besides. */
const functionsOf: Readonly<Record<string, typeof commonFunctions>> = { flight: flightFunctions, stay: stayFunctions };

/** An adapter made of a manifest. */
export interface CompiledManifest {
  readonly adapter: Adapter;
}

/**
 * Compiles a manifest into an adapter.
 *
 * @param folder the manifest's, where its tables lie
 * @param door what `map.ts` beside it exports; its functions take the place of what the manifest says
 * @throws ConfigError with every mistake, each with its place in the file
 */
export function compileManifest(
  document: YamlDocument<ManifestFile>,
  vertical: Vertical,
  folder: string,
  door: Door = {},
): CompiledManifest {
  const written = document.value;
  const handedOver = handsOver(written);
  const manifest = handedOver ? { ...written, rows: written.rows ?? INVENTORY_ROWS } : written;
  const functions = new Map([...commonFunctions, ...(functionsOf[vertical.name] ?? [])]);
  const compiler = new Compiler(document, functions, manifest.auth !== undefined && 'session' in manifest.auth);
  const message = descriptors().getMessage(vertical.itemMessage);
  if (message === undefined) throw new Error(`The descriptors lack ${vertical.itemMessage}.`);
  const tables = readTables(compiler, folder, manifest.tables);
  const context = requestContext(compiler, vertical, manifest, tables);
  const authorize = compileAuth(compiler, manifest, context.scope);
  const mapping = compileMapping({ compiler, manifest, vertical, message, door, scope: context.scope });
  const exchange = compileExchange({
    compiler,
    manifest,
    context,
    authorize: handedOver ? (request) => request : authorize,
    mapping,
    door,
  });
  checkLacks(compiler, manifest.lacks ?? {}, vertical);
  const inventory = compileInventory({ compiler, manifest, context, authorize, exchange });
  const filters = compileFilters(compiler, manifest, vertical, context, door);
  compiler.finish();
  const own = door.adapter ?? {};
  const answerHeaders = [...new Set([...compiler.headersRead, ...(own.answerHeaders ?? [])])];
  const authenticatedBy = authenticatingParts(manifest.auth);
  // Rows that map.ts reads are of its own shape: nothing that the manifest says of rows fits them.
  const compiled = own.read === undefined ? { ...exchange, ...mapping.parts, ...(inventory && { inventory }) } : {};
  const whole = {
    vertical: vertical.name,
    ...(filters && { filters }),
    ...compiled,
    ...(authenticatedBy && { authenticatedBy }),
    ...own,
    ...(answerHeaders.length > 0 && { answerHeaders }),
  };
  return { adapter: whole as unknown as Adapter };
}
