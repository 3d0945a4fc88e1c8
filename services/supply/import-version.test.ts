import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

// In a process of its own: the test runner resolves modules by itself.
it('gives another version the code that is on disk now, of the modules beside it too', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'entrepot-version-'));
  try {
    writeFileSync(
      path.join(folder, 'map.ts'),
      "export { word } from './word.ts';\nexport const at: string = import.meta.url;\n",
    );
    writeFileSync(path.join(folder, 'word.ts'), "export const word = 'first';\n");
    const script = `
      import { writeFileSync } from 'node:fs';
      const { importVersion } = await import(${JSON.stringify(path.join(import.meta.dirname, 'import-version.ts'))});
      const [file, word] = ${JSON.stringify([path.join(folder, 'map.ts'), path.join(folder, 'word.ts')])};
      const first = await importVersion(file, 'a');
      writeFileSync(word, "export const word = 'second';");
      const same = await importVersion(file, 'a');
      const second = await importVersion(file, 'b');
      console.log(JSON.stringify([first.word, same.word, second.word]));
    `;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script]);
    expect(JSON.parse(stdout)).toEqual(['first', 'first', 'second']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
