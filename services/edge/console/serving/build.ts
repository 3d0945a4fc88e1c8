// `npm run build:console`: builds the page with Vite, then compresses what the edge will send. Does nothing where the built files
// are those of the sources.
import { glob, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'vite';
import { builtFolder, consoleFolder, digestFile, digestOfSources } from './sources.ts';

const digest = await digestOfSources();
const built = await readFile(digestFile, 'utf8').catch(() => '');
if (built !== digest) {
  await build({
    root: consoleFolder,
    configFile: false,
    base: '/console/',
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir: builtFolder,
      emptyOutDir: true,
      target: 'es2024',
      // Every file a file: the page's policy allows no script or style within it.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
  });
  let bytes = 0;
  for await (const file of glob('**/*.{html,js,css,svg}', { cwd: builtFolder })) {
    const content = await readFile(join(builtFolder, file));
    const gzip = gzipSync(content, { level: 9 });
    bytes += gzip.length;
    await writeFile(join(builtFolder, `${file}.gz`), gzip);
    await writeFile(
      join(builtFolder, `${file}.br`),
      brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
    );
  }
  // Last, so that a build that was cut short is begun anew.
  await writeFile(digestFile, digest);
  console.log(`The console is built: ${(bytes / 1000).toFixed(1)} kB gzip.`);
}
