import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import type { JSONSchema } from '../../../libs/config/index.ts';
import type { HostFunction } from '../../../libs/expression/index.ts';
import { descriptors, docOf, verticals } from '../../../libs/vertical/index.ts';
import { criteriaVariables } from './criteria.ts';
import { factVariables } from './facts.ts';
import { flightFunctions } from './flight.ts';
import { commonFunctions } from './functions.ts';
import { manifestSchema } from './schema.ts';

/** The reference of a manifest as Markdown: every key, variable and function, made of what the code checks against. */

/** The whole page. */
export function manifestReference(): string {
  return [
    '# manifest.yaml: reference',
    '',
    'Made from the schema by `npx vitest run services/supply/kit/reference.test.ts -u`; README.md shows how it is used. "CEL" is an',
    'expression as [libs/expression](../../libs/expression/README.md) offers it: what is absent stays absent, so a leaf without a',
    'value leaves its field out. In YAML an expression with `: ` in it, or one that begins with a quote, stands in quotes.',
    '',
    ...section('', manifestSchema, new Map()),
    ...items(),
    ...variables(),
    '## Functions',
    '',
    'Beside those of the language:',
    '',
    ...functionTable(commonFunctions),
    'For flights:',
    '',
    ...functionTable(flightFunctions),
  ].join('\n');
}

interface Schema {
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly additionalProperties?: boolean | Schema;
}

/**
 * A table of the keys of an object, then the objects within it.
 *
 * @param known keys that were told of already, with where: a request has the same ones wherever it stands
 */
function section(at: string, schema: JSONSchema | Schema, known: Map<string, string>): string[] {
  const { properties = {}, required = [] } = schema as Schema;
  const same = known.get(JSON.stringify(properties));
  if (same !== undefined)
    return [`## \`${at}\``, '', `${sentence((schema as Schema).description)} Keys as in \`${same}\`.`, ''];
  known.set(JSON.stringify(properties), at);
  const lines = [`## ${at === '' ? 'The manifest' : `\`${at}\``}`, ''];
  if (at !== '' && (schema as Schema).description !== undefined)
    lines.push(`${sentence((schema as Schema).description)}`, '');
  lines.push('| key | what |', '| --- | --- |');
  const inner: string[] = [];
  for (const [key, value] of Object.entries(properties)) {
    const must = required.includes(key) ? '**required**; ' : '';
    lines.push(`| \`${key}\` | ${must}${cell(value)} |`);
    for (const [path, part] of objectsIn(at === '' ? key : `${at}.${key}`, value))
      inner.push(...section(path, part, known));
  }
  return [...lines, '', ...inner];
}

/** The objects with keys of their own that a value may be or hold. */
function objectsIn(path: string, value: Schema): [string, Schema][] {
  if (value.properties !== undefined) return [[path, value]];
  if (value.items?.properties !== undefined) return [[`${path}[]`, value.items]];
  const named = typeof value.additionalProperties === 'object' ? value.additionalProperties : undefined;
  if (named?.properties !== undefined) return [[`${path}.<name>`, named]];
  const choices = [...(value.oneOf ?? []), ...(value.anyOf ?? [])];
  return choices.flatMap((choice) => (choice.type === 'array' ? objectsIn(path, choice) : choiceObjects(path, choice)));
}

/** Of alternatives with one key each, what stands under the key. */
function choiceObjects(path: string, choice: Schema): [string, Schema][] {
  return Object.entries(choice.properties ?? {}).flatMap(([key, value]) => objectsIn(`${path}.${key}`, value));
}

function cell(value: Schema): string {
  const choices = value.oneOf ?? [];
  const keys = choices.flatMap((choice) => Object.keys(choice.properties ?? {}));
  const one = keys.length > 0 ? `; one of ${keys.map((key) => `\`${key}\``).join(', ')}` : '';
  const names = value.enum === undefined ? '' : `; ${value.enum.map((name) => `\`${String(name)}\``).join(', ')}`;
  return `${(value.description ?? '').replaceAll('|', '\\|')}${names}${one}`.replace(/^; /, '');
}

function sentence(text = ''): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** What \`mapping.item\` may have, by vertical: the fields of the vertical's message. */
function items(): string[] {
  return [...verticals().values()].flatMap(({ name, itemMessage, attribute }) => {
    const message = descriptors().getMessage(itemMessage);
    const parts = message === undefined ? [] : messagesIn(message);
    const rows = (message?.fields ?? []).map((field) => {
      const column = attribute(field.name) === undefined ? '' : 'yes';
      return `| \`${field.name}\` | ${typeOf(field)} | ${column} | ${docOf(field).replaceAll('|', '\\|')} |`;
    });
    return [
      `## \`mapping.item\` of ${name}`,
      '',
      'Columns are mapped at once for every row, the other fields when an offer is looked at.',
      '',
      '| field | type | column | what |',
      '| --- | --- | --- | --- |',
      ...rows,
      '',
      ...parts.flatMap((part) => [
        `### \`${part.name}\``,
        '',
        '| field | type | what |',
        '| --- | --- | --- |',
        ...part.fields.map(
          (field) => `| \`${field.name}\` | ${typeOf(field)} | ${docOf(field).replaceAll('|', '\\|')} |`,
        ),
        '',
      ]),
    ];
  });
}

/** The messages that a message's fields hold, each once, outermost first. */
function messagesIn(message: DescMessage, found: DescMessage[] = []): DescMessage[] {
  for (const { message: part } of message.fields) {
    if (part === undefined || part.name === 'LocalTime' || found.includes(part)) continue;
    found.push(part);
    messagesIn(part, found);
  }
  return found;
}

function typeOf(field: DescField): string {
  if (field.fieldKind === 'enum')
    return field.enum.values
      .filter(({ number }) => number !== 0)
      .map(({ localName }) => localName)
      .join(', ');
  if (field.fieldKind === 'scalar') return ScalarType[field.scalar].toLowerCase();
  if (field.fieldKind === 'message') return field.message.name === 'LocalTime' ? 'time' : field.message.name;
  if (field.fieldKind === 'list') return `list of ${field.listKind === 'message' ? field.message.name : 'texts'}`;
  return 'map';
}

function variables(): string[] {
  const lines = [
    '## Variables',
    '',
    'Everywhere: `market`, `currency`, `locale`, `cursor` (string), `now` (timestamp), `page`, `offset` (int), `options.<name>`, the',
    'tables, the names of `let`, and what `steps` took (dyn). Where an answer is read also: `body` (dyn), `status` (int), `text`',
    '(string), `fetched_at` (timestamp), and the joins. In',
    '`mapping`, `verify` and `handoff` also: the elements of `rows` and the names of `mapping.let`; in `handoff`: `click`. In `verify`',
    "and `handoff`, `page`, `offset` and `cursor` are those of the row's page; requests there read the answer that the row stood in,",
    "`take`, `until` and `verify.rows` the new one, with the row's own elements and `mapping.let` as they were. In `auth`",
    'alone: `credentials.<name>`, and what is signed: `request.method`, `request.path` (from the host on, with its query), `request.body`',
    '(string, "" for none). With `auth.session` its `token` in `auth.session.headers` and `auth.session.query`, and in requests',
    '(not in `headers` of every request, and nowhere that an answer is read). By vertical:',
    '',
    '| vertical | criteria | worked out from them |',
    '| --- | --- | --- |',
  ];
  for (const vertical of verticals().values()) {
    const named = [...criteriaVariables(vertical)].map(([name, type]) => `\`${name}\` (${type})`);
    const facts = Object.entries(factVariables(vertical.name)).map(([name, type]) => `\`${name}\` (${type})`);
    lines.push(`| ${vertical.name} | ${named.join(', ')} | ${facts.join(', ')} |`);
  }
  return [...lines, ''];
}

function functionTable(functions: ReadonlyMap<string, HostFunction>): string[] {
  const rows = [...functions].map(
    ([name, { args, result, doc }]) =>
      `| \`${name}(${args.join(', ')})\` | ${result} | ${doc.replaceAll('|', '\\|')} |`,
  );
  return ['| function | result | what |', '| --- | --- | --- |', ...rows, ''];
}
