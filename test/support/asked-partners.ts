// The shipped configuration without the partners that hand their inventory over: no store of it, no ingress, no feed to read.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
  // What tests count of the partners' requests is what they send; a test of the loop says what is asked again.
  writeFileSync(join(directory, 'accuracy.yaml'), '{ sample: { share: 0 } }');
  return { directory, remove: () => rmSync(directory, { recursive: true }) };
}
