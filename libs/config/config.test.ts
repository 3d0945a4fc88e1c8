// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the syntax of configuration files
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  ConfigError,
  type ConfigProblem,
  collectProblems,
  configDirectory,
  databaseAt,
  edgeTlsFiles,
  loadYaml,
  meshAddresses,
  meshTlsSettings,
  parseYaml,
  secret,
  secretSchema,
  sharedStateUrl,
  yamlFiles,
} from './index.ts';

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['adapter'],
  properties: {
    adapter: { type: 'string', enum: ['duffel', 'hotelbeds'] },
    timeoutMs: { type: 'integer', minimum: 1, maximum: 60_000, description: 'milliseconds', default: 5000 },
    endpoint: { type: 'string', format: 'uri', description: 'an absolute URL' },
    credentials: { type: 'object', additionalProperties: secretSchema },
    rules: {
      type: 'array',
      items: {
        type: 'object',
        required: ['when'],
        properties: { when: { type: 'string' } },
        additionalProperties: false,
      },
    },
    zone: { type: 'string', format: 'time-zone' },
    since: { type: 'string', format: 'date' },
  },
};

interface Partner {
  adapter: string;
  timeoutMs: number;
  endpoint?: string;
}

function problemsOf(text: string): readonly ConfigProblem[] {
  try {
    parseYaml(text, 'p.yaml', schema);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

afterEach(() => vi.unstubAllEnvs());

describe('broken YAML', () => {
  it('is told by its first mistake, with what to do about the commonest mistake', () => {
    expect(problemsOf('adapter: a ? "x" : b + ": " + c\n')).toMatchObject([
      { line: 1, reason: expect.stringContaining('stands in quotes') },
    ]);
  });
});

describe('a text in braces that reads like YAML', () => {
  const inBraces = 'within { } or [ ] a text with any of [ ] { } , : # or quotes in it stands in quotes';

  it.each([
    ['adapter: { at: offer["@until"] }\n', 1, 21],
    ['adapter: x\na:\n  - { each: a, where: z[0] == 1 }\n', 3, 24],
    ['adapter: { at: a ? b : c }\n', 1, 16],
    ['adapter: { at: m.map(x, {"a": x}) }\n', 1, 33],
    ['adapter: { at: "x" + y }\n', 1, 20],
    ['adapter: [ x[0], y ]\n', 1, 13],
    ['adapter: { at: a # b }\nb: 1\n', 2, 1],
  ])('is told where it stands, with what to do: %s', (text, line, column) => {
    expect(problemsOf(text)).toEqual([{ file: 'p.yaml', line, column, reason: expect.stringContaining(inBraces) }]);
  });

  it('is told of where its comma began another key', () => {
    expect(problemsOf('adapter: duffel\nb)": 1\n')[0]?.reason).toMatch(
      /unknown key .*; within \{ \} a text with a comma/,
    );
    expect(problemsOf('adapter: duffel\nbad: 1\n')[0]?.reason).not.toMatch(/within/);
  });

  it('elsewhere is told of by how it begins', () => {
    for (const text of ['adapter: "x" + y\n', 'adapter: @x\n', 'adapter: %x\n']) {
      expect(problemsOf(text)[0]?.reason, text).toMatch(/; a text that begins with a quote, or one of/);
    }
  });
});

describe('parseYaml', () => {
  it('fills defaults in', () => {
    expect(parseYaml<Partner>('adapter: duffel\n', 'p.yaml', schema).value).toEqual({
      adapter: 'duffel',
      timeoutMs: 5000,
    });
  });

  it('lists every problem with its place and what was expected', () => {
    const text = [
      'adapter: amadeus',
      'timeoutMs: fast',
      'endpont: http://x',
      'rules:',
      '  - when: a',
      '  - wen: b',
      '',
    ].join('\n');
    expect(problemsOf(text)).toEqual([
      { file: 'p.yaml', line: 1, column: 10, reason: 'expected one of: duffel, hotelbeds; found "amadeus"' },
      { file: 'p.yaml', line: 2, column: 12, reason: 'expected a whole number (milliseconds), found "fast"' },
      {
        file: 'p.yaml',
        line: 3,
        column: 1,
        reason: 'unknown key "endpont"; expected one of: adapter, timeoutMs, endpoint, credentials, rules, zone, since',
      },
      { file: 'p.yaml', line: 6, column: 5, reason: 'missing key "when"' },
      { file: 'p.yaml', line: 6, column: 5, reason: 'unknown key "wen"; expected one of: when' },
    ]);
  });

  it('reports YAML that cannot be read where it breaks', () => {
    expect(problemsOf('adapter: duffel\nrules: ]\n')[0]).toMatchObject({ file: 'p.yaml', line: 2, column: 8 });
    expect(problemsOf('adapter: duffel\nadapter: duffel\n')[0]).toMatchObject({ line: 2, column: 1 });
  });

  it('says what an empty file lacks', () => {
    expect(problemsOf('')).toEqual([
      { file: 'p.yaml', line: 1, column: 1, reason: 'expected a mapping, found nothing' },
    ]);
  });

  it('refuses a secret that is written out, and says how to refer to one', () => {
    const [problem, ...others] = problemsOf('adapter: duffel\ncredentials:\n  token: abc\n');
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ line: 3, column: 10 });
    expect(problem!.reason).toContain('{env: NAME} or {file: path}');
    expect(problem!.reason).not.toContain('abc');
  });

  it('reports the alternative that was meant', () => {
    const problems = problemsOf('adapter: duffel\ncredentials:\n  token: { env: TOKEN, defalt: x }\n');
    expect(problems).toEqual([
      { file: 'p.yaml', line: 3, column: 24, reason: 'unknown key "defalt"; expected one of: env, default' },
    ]);
  });

  it('refuses dates, zones and addresses that are none', () => {
    const text = 'adapter: duffel\nzone: Europe/Atlantis\nsince: 2026-02-31x\nendpoint: nowhere\n';
    expect(problemsOf(text).map(({ line, reason }) => [line, reason])).toEqual([
      [2, 'expected a valid time-zone, found "Europe/Atlantis"'],
      [3, 'expected a valid date, found "2026-02-31x"'],
      [4, 'expected an absolute URL, found "nowhere"'],
    ]);
  });

  it('replaces variables, typed as if they had been written there', () => {
    vi.stubEnv('TWIN', 'http://twin:1');
    vi.stubEnv('EMPTY', '');
    const text =
      'adapter: ${EMPTY:-duffel}\nendpoint: "${TWIN:-http://x}/duffel"\ntimeoutMs: ${NO_SUCH_TIMEOUT:-250}\nzone: Europe/London\n';
    expect(parseYaml<Partner>(text, 'p.yaml', schema).value).toMatchObject({
      adapter: 'duffel',
      endpoint: 'http://twin:1/duffel',
      timeoutMs: 250,
    });
  });

  it('keeps a quoted variable a text, and $${ a literal', () => {
    vi.stubEnv('NUMBER', '12');
    const open = { type: 'object' };
    expect(parseYaml('a: "${NUMBER}"\nb: ${NUMBER}\nc: $${NUMBER}\nd: "${NUMBER}0"', 'x', open).value).toEqual({
      a: '12',
      b: 12,
      c: '${NUMBER}',
      d: '120',
    });
  });

  it('never lets a variable add structure', () => {
    vi.stubEnv('EVIL', '{a: 1}');
    expect(parseYaml('a: ${EVIL}', 'x', { type: 'object' }).value).toEqual({ a: '{a: 1}' });
  });

  it('lists variables that are not set with their places', () => {
    expect(problemsOf('adapter: ${NO_SUCH_VARIABLE}\nendpoint: ${bad name}\n')).toEqual([
      {
        file: 'p.yaml',
        line: 1,
        column: 10,
        reason: 'environment variable NO_SUCH_VARIABLE is not set; set it, or write ${NO_SUCH_VARIABLE:-default}',
      },
      {
        file: 'p.yaml',
        line: 2,
        column: 11,
        reason: '${bad name} is no reference to an environment variable; expected ${NAME} or ${NAME:-default}',
      },
    ]);
  });

  it('refuses alias bombs', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]'];
    for (let i = 0; i < 8; i++) {
      const [from, to] = [String.fromCharCode(97 + i), String.fromCharCode(98 + i)];
      bomb.push(`${to}: &${to} [*${from}, *${from}, *${from}, *${from}, *${from}, *${from}, *${from}, *${from}]`);
    }
    expect(() => parseYaml(bomb.join('\n'), 'x', { type: 'object' })).toThrow(ConfigError);
  });

  it('points into a text at the place of an error in an expression', () => {
    const text =
      'adapter: duffel\nrules:\n  - when: price < 5\n  - when: "price < 5"\n  - when: |\n      stops == 0 &&\n      price < 5\n';
    const document = parseYaml(text, 'p.yaml', schema);
    const at = (index: number, line: number, column: number): number[] => {
      const problem = document.problem(['rules', index, 'when'], 'x', { line, column });
      return [problem.line, problem.column];
    };
    expect(at(0, 1, 9)).toEqual([3, 19]);
    expect(at(1, 1, 9)).toEqual([4, 20]);
    expect(at(2, 2, 7)).toEqual([7, 13]);
    expect(document.problem(['rules', 7], 'x')).toMatchObject({ line: 3 });
    expect(document.problem([], 'x')).toMatchObject({ line: 1, column: 1 });
  });
});

describe('files', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'config-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('loads a file and names it in problems', () => {
    const file = path.join(directory, 'a.yaml');
    writeFileSync(file, 'adapter: duffel\n');
    expect(loadYaml<Partner>(file, schema).adapter).toBe('duffel');
    writeFileSync(file, 'adapter: x\n');
    expect(() => loadYaml(file, schema)).toThrow(`${file}:1:10: expected one of`);
  });

  it('says that a file is missing', () => {
    expect(() => loadYaml(path.join(directory, 'none.yaml'), schema)).toThrow('none.yaml: no such file');
  });

  it('lists YAML files by name', () => {
    for (const name of ['b.yaml', 'a.yml', '.hidden.yaml', 'c.txt']) writeFileSync(path.join(directory, name), '');
    expect(yamlFiles(directory).map((file) => path.basename(file))).toEqual(['a.yml', 'b.yaml']);
    expect(yamlFiles(path.join(directory, 'none'))).toEqual([]);
  });

  it('collects the problems of several files', () => {
    const bad = (name: string) => () => parseYaml('adapter: x', name, schema);
    expect(() => collectProblems([bad('a'), bad('b')])).toThrow(/^a:1:10.*\nb:1:10/);
    expect(collectProblems([() => 1, () => 2])).toEqual([1, 2]);
  });

  it('reads secrets by reference', () => {
    const file = path.join(directory, 'token');
    writeFileSync(file, 'from file\n');
    vi.stubEnv('TOKEN', 'from environment');
    expect(secret({ file })).toBe('from file');
    expect(secret({ env: 'TOKEN' })).toBe('from environment');
    expect(secret({ env: 'NO_SUCH_TOKEN', default: 'twin' })).toBe('twin');
    expect(() => secret({ env: 'NO_SUCH_TOKEN' })).toThrow('NO_SUCH_TOKEN is not set');
    writeFileSync(file, '\n');
    expect(() => secret({ file })).toThrow('is empty');
    expect(() => secret({ file: path.join(directory, 'none') })).toThrow('cannot be read');
  });
});

describe('environment', () => {
  it('has an address for every service, that the environment changes', () => {
    expect(meshAddresses.query).toBe('127.0.0.1:7001');
    expect(meshAddresses.edge).toBe('127.0.0.1:8080');
    vi.stubEnv('ENTREPOT_QUERY_ADDRESS', 'query:7001');
    vi.stubEnv('PORT', '9000');
    expect(meshAddresses.query).toBe('query:7001');
    expect(meshAddresses.edge).toBe('127.0.0.1:9000');
  });

  it('says where replicas share what they hold, which is nowhere unless it is said', () => {
    vi.stubEnv('ENTREPOT_SHARED_STATE', '');
    expect(sharedStateUrl()).toBeUndefined();
    vi.stubEnv('ENTREPOT_SHARED_STATE', 'redis://cache:6379');
    expect(sharedStateUrl()).toBe('redis://cache:6379');
  });

  it('says where services keep their tables: embedded, unless a server is named', () => {
    vi.stubEnv('ENTREPOT_DATABASE', '');
    vi.stubEnv('ENTREPOT_DATA', '/var/lib/entrepot');
    expect(databaseAt('query')).toEqual({ directory: '/var/lib/entrepot/query' });
    vi.stubEnv('ENTREPOT_DATABASE', 'postgres://db/entrepot');
    expect(databaseAt('query')).toEqual({ url: 'postgres://db/entrepot' });
  });

  it('says where configuration is', () => {
    expect(configDirectory()).toBe(path.resolve('deploy/config'));
    vi.stubEnv('ENTREPOT_CONFIG', '/etc/entrepot');
    expect(configDirectory()).toBe('/etc/entrepot');
  });
});

describe('TLS by the environment', () => {
  const names = ['MODE', 'CERT', 'KEY', 'CA', 'NAME'].map((name) => `ENTREPOT_MESH_TLS_${name}`);
  afterEach(() => {
    for (const name of [...names, 'ENTREPOT_TLS_CERT', 'ENTREPOT_TLS_KEY']) delete process.env[name];
  });
  const files = { ENTREPOT_MESH_TLS_CERT: 'c', ENTREPOT_MESH_TLS_KEY: 'k', ENTREPOT_MESH_TLS_CA: 'a' };

  it('is off where nothing is said, or off is', () => {
    expect(meshTlsSettings()).toBeUndefined();
    Object.assign(process.env, files, { ENTREPOT_MESH_TLS_MODE: 'off' });
    expect(meshTlsSettings()).toBeUndefined();
    expect(edgeTlsFiles()).toBeUndefined();
  });

  it('is what the mode says', () => {
    Object.assign(process.env, files, { ENTREPOT_MESH_TLS_MODE: 'mtls', ENTREPOT_MESH_TLS_NAME: 'mesh' });
    const settings = { mutual: true, files: { cert: 'c', key: 'k', ca: 'a' }, serverName: 'mesh' };
    expect(meshTlsSettings()).toEqual(settings);
    process.env.ENTREPOT_MESH_TLS_MODE = 'tls';
    expect(meshTlsSettings()).toEqual({ ...settings, mutual: false });
  });

  it('never falls back to plain text by a slip', () => {
    Object.assign(process.env, files);
    expect(meshTlsSettings).toThrow('ENTREPOT_MESH_TLS_MODE');
    process.env.ENTREPOT_MESH_TLS_MODE = 'mTLS';
    expect(meshTlsSettings).toThrow('mTLS');
    process.env.ENTREPOT_MESH_TLS_MODE = 'mtls';
    delete process.env.ENTREPOT_MESH_TLS_CA;
    expect(meshTlsSettings).toThrow('ENTREPOT_MESH_TLS_CA');
    process.env.ENTREPOT_TLS_CERT = 'c';
    expect(edgeTlsFiles).toThrow('ENTREPOT_TLS_KEY');
  });
});
