import { rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkPartners } from '../load.ts';
import { acme, folderOf } from '../testing/acme.ts';
import { writePartners } from '../testing/rig.ts';

async function problemsOf(file: string) {
  const configDirectory = writePartners({ 'acme-one': file });
  onTestFinished(() => rmSync(configDirectory, { recursive: true }));
  const problems = await checkPartners(configDirectory, [path.dirname(folderOf(acme))]);
  return problems.map(({ file: where, line, column, reason }) => [path.basename(where), line, column, reason]);
}

const good = 'adapter: acme\nendpoint: https://api.acme.example\ncredentials: { token: { env: X, default: y } }\n';

describe("an account's file", () => {
  it('has no problem where it gives what the manifest asks for', async () => {
    expect(await problemsOf(`${good}options: { page_size: 50 }\n`)).toEqual([]);
  });

  it.each([
    ['out of range', 'options: { page_size: 51 }', 23, 'expected an integer from 1 to 50 (rows of a page)'],
    ['of another type', 'options: { page_size: many }', 23, 'expected an integer (page_size: rows of a page)'],
    ['that there is not', 'options: { pages: 1 }', 19, 'no option of that name; see the manifest'],
  ])('with an option %s gives one error at its value', async (_what, line, column, reason) => {
    expect(await problemsOf(`${good}${line}\n`)).toEqual([['acme-one.yaml', 4, column, reason]]);
  });

  it('without a credential gives one error that says what it is', async () => {
    const [problem, ...others] = await problemsOf(
      'adapter: acme\nendpoint: https://api.acme.example\ncredentials: {}\n',
    );
    expect(others).toEqual([]);
    expect(problem).toEqual(['acme-one.yaml', 3, 14, 'credential "token" is missing (the account\'s token)']);
  });
});
