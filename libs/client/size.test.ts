import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { expect, it } from 'vitest';

/** What a page may have to load for the whole client, minified, in bytes of gzip. The README states what it is. */
const ceiling = 6_000;

it(`comes to less than ${ceiling} bytes, minified and in gzip`, async () => {
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      minify: true,
      target: 'esnext',
      rolldownOptions: { output: { minify: true } },
      lib: { entry: join(import.meta.dirname, 'index.ts'), formats: ['es'] },
    },
  });
  const [bundle] = [built].flat();
  if (bundle === undefined || !('output' in bundle)) throw new Error('Nothing was built.');
  expect(bundle.output).toHaveLength(1);
  const [{ code, exports, imports }] = bundle.output;
  expect(imports).toEqual([]);
  expect(exports).toContain('createClient');
  const bytes = gzipSync(code, { level: 9 }).length;
  console.log(`entrepot/client: ${code.length} bytes minified, ${bytes} in gzip`);
  expect(bytes).toBeLessThan(ceiling);
});
