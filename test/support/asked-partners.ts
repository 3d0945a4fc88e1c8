// The shipped configuration without the partners that hand their inventory over: no store of it, no ingress, no feed to read.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const handingOver = new Set(['alpinebits', 'google-merchant', 'shopify']);

/** A copy of the configuration with the partners that are asked, and what removes it. */
export function askedPartners(): { readonly directory: string; remove(): void } {
  const directory = mkdtempSync(join(tmpdir(), 'entrepot-config-'));
  cpSync(join(import.meta.dirname, '../../deploy/config'), directory, { recursive: true });
  for (const file of readdirSync(join(directory, 'partners'))) {
    const path = join(directory, 'partners', file);
    const adapter = /^adapter: (.+)$/m.exec(readFileSync(path, 'utf8'))?.[1] ?? '';
    if (handingOver.has(adapter)) rmSync(path);
  }
  return { directory, remove: () => rmSync(directory, { recursive: true }) };
}
