import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { ConfigError } from '../../../libs/config/index.ts';
import { loadAdapter } from '../load.ts';
import { testAdapters } from '../testing/rig.ts';

/** What is wrong with a made-up manifest in which one text stands for another: line and reason. */
async function problemsOf(adapter: 'plain-feed' | 'plain-push', text: string, other: string): Promise<string[]> {
  const root = mkdtempSync(path.join(tmpdir(), 'manifest-'));
  const folder = path.join(root, adapter);
  try {
    cpSync(path.join(testAdapters, adapter), folder, { recursive: true });
    const file = path.join(folder, 'manifest.yaml');
    const written = readFileSync(file, 'utf8');
    if (!written.includes(text)) throw new Error(`the manifest has no "${text}"`);
    writeFileSync(
      file,
      written.replace(text, () => other),
    );
    const line = written.slice(0, written.indexOf(text)).split('\n').length;
    return await loadAdapter(folder).then(
      () => [],
      (error: unknown) => {
        if (!(error instanceof ConfigError)) throw error;
        return error.problems.map((one) => `${one.line - line}: ${one.reason}`);
      },
    );
  } finally {
    rmSync(root, { recursive: true });
  }
}

const sentKey = 'headers:\n    x-key: credentials.key';

it.each([
  ['plain-feed', 'transport: feed', 'transport: push', /needs|has none/],
  ['plain-feed', 'transport: feed', 'transport: mail', /request, feed|enum|one of/i],
  ['plain-feed', 'everyMinutes: 60', 'everyMinutes: 0', /10080/],
  ['plain-feed', 'format: csv', 'format: xlsx', /csv/],
  ['plain-feed', 'key: row.id', 'key: rwo.id', /rwo/],
  ['plain-feed', 'words: criteria.query', 'words: criteria.qeury', /criteria\.query/],
  ['plain-feed', 'x-key: credentials.key', 'x-key: credentials.kay', /credentials\.key/],
  ['plain-feed', 'x-key: credentials.key', 'x-key: credentials.kay', /: unknown variable/],
  [
    'plain-feed',
    sentKey,
    'session: { request: { path: /s }, token: body.t, headers: { k: token } }',
    /fetched with bearer/,
  ],
  ['plain-feed', 'mapping:\n', 'rows: body.goods\nmapping:\n', /body\.rows/],
  ['plain-feed', 'mapping:\n', 'search: { path: /x }\nmapping:\n', /asks the partner for nothing/],
  ['plain-feed', 'format: json', 'format: xml', /kept as JSON/],
  ['plain-push', 'password: password }', 'password: pass }', /no credential "pass"/],
  ['plain-push', '      key: row["@id"]\n', '', /needs/],
  ['plain-push', 'op: complete', 'op: finish', /upsert|one of/i],
  ['plain-push', '      key: row["@of"]\n', '', /rows of a collection need/],
  ['plain-push', 'event: body.Notif["@id"]', 'event: boddy.Notif', /boddy/],
  ['plain-push', 'basic: { username', 'hmac: { header: x, secret: password }\n    basic: { username', /verify|one/],
] as const)('a manifest of %s with %j as %j is refused with its reason', async (adapter, text, other, reason) => {
  const problems = await problemsOf(adapter, text, other);
  expect(problems.join('\n')).toMatch(reason);
  expect(problems.length).toBeLessThan(4);
});

it('a manifest as it is shipped has no problem', async () => {
  expect(await problemsOf('plain-feed', 'title: Plain feed', 'title: Plain feed')).toEqual([]);
});
