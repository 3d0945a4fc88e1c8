// Makes `npx entrepot` work in a checkout: npm links a package's own bin only where the package is installed as a
// dependency. Not a "bin" of package.json, because the published tarball holds the contracts alone.
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';

const root = join(import.meta.dirname, '../..');
const bin = join(root, 'node_modules/.bin');
mkdirSync(bin, { recursive: true });
rmSync(join(bin, 'entrepot'), { force: true });
symlinkSync(relative(bin, join(import.meta.dirname, 'entrepot.ts')), join(bin, 'entrepot'));
