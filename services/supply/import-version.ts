import { registerHooks } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Imports a module as it is on disk now. Node keeps a module for good under its URL, so each version has a URL of its own,
 * and so have the modules beside it that it imports. What a version no longer in use takes stays in memory: a few hundred
 * kilobytes for a mapping that is edited all day.
 *
 * @param version names the sources; the same version is loaded once
 */
export function importVersion(file: string, version: string): Promise<unknown> {
  if (!hooked) registerHooks({ resolve });
  hooked = true;
  return import(`${pathToFileURL(file).href}?${PARAMETER}=${version}`);
}

const PARAMETER = 'version';
let hooked = false;

/** Hands the version on to modules in the importing one's folder. */
const resolve: NonNullable<Parameters<typeof registerHooks>[0]['resolve']> = (specifier, context, next) => {
  const resolved = next(specifier, context);
  const version = context.parentURL === undefined ? null : new URL(context.parentURL).searchParams.get(PARAMETER);
  if (version === null || !resolved.url.startsWith('file:') || resolved.url.includes('?')) return resolved;
  const folder = path.posix.dirname(new URL(context.parentURL!).pathname);
  const beside = new URL(resolved.url).pathname.startsWith(`${folder}/`);
  return beside ? { ...resolved, url: `${resolved.url}?${PARAMETER}=${version}` } : resolved;
};
