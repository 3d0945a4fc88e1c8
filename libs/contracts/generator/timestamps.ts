// `npm run generate`, after ts-proto: its conversions of timestamps give way to those of timestamp.ts.
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const contracts = join(import.meta.dirname, '..');
const own = /^function (?:toTimestamp|fromTimestamp)\([\s\S]*?^\}\n\n/gm;

/**
 * The generated module with the conversions imported; as it is where it has none.
 * @throws Error where it has something else than one of each
 */
export function withTimestamps(code: string, from: string): string {
  const found = code.match(own)?.length ?? 0;
  if (found === 0 && !code.includes('Temporal.Instant.fromEpochMilliseconds(seconds')) return code;
  if (found !== 2) throw new Error(`ts-proto makes other conversions of timestamps now: ${found} were found, not 2.`);
  const imported = `import { fromTimestamp, toTimestamp } from "${from}";\n`;
  return code.replaceAll(own, '').replace(/^import /m, `${imported}import `);
}

if (import.meta.main) {
  for (const file of globSync('gen/**/*.ts', { cwd: contracts })) {
    const path = join(contracts, file);
    const code = readFileSync(path, 'utf8');
    const written = withTimestamps(code, relative(dirname(path), join(contracts, 'timestamp.ts')));
    if (written !== code) writeFileSync(path, written);
  }
}
