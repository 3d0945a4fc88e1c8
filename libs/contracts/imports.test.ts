import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

/** All that an installed entrepot/contracts may need: what package.json has under dependencies. */
const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
};

/** Packages, and built-in modules, that a module needs at run time, with everything that it imports. */
function packagesOf(file: string, seen = new Set<string>(), packages = new Set<string>()): Set<string> {
  if (seen.has(file)) return packages;
  seen.add(file);
  const code = readFileSync(file, 'utf8');
  for (const [, clause = '', from = ''] of code.matchAll(/^(?:import|export)\s([^;]*?)from\s+["']([^"']+)["'];/gms)) {
    if (clause.startsWith('type ')) continue;
    if (from.startsWith('.')) packagesOf(join(dirname(file), from), seen, packages);
    else
      packages.add(
        from
          .split('/')
          .slice(0, from.startsWith('@') ? 2 : 1)
          .join('/'),
      );
  }
  return packages;
}

it('needs nothing but the published dependencies: no server, SDK or logger', () => {
  const packages = packagesOf(join(import.meta.dirname, 'index.ts'));
  expect([...packages].toSorted()).toEqual(Object.keys(manifest.dependencies).toSorted());
});
