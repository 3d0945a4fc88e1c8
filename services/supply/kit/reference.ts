import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import type { JSONSchema } from '../../../libs/config/index.ts';
import type { HostFunction } from '../../../libs/expression/index.ts';
import { descriptors, docOf, isToldOnly, type Vertical, verticals } from '../../../libs/vertical/index.ts';
import { criteriaVariables } from './criteria.ts';
import { factDocs } from './facts.ts';
import { commonFunctions } from './functions.ts';
import { flightFunctions } from './functions-flight.ts';
import { stayFunctions } from './functions-stay.ts';
import { manifestSchema } from './schema.ts';

/** The reference of a manifest as Markdown: every key, variable and function, made of what the code checks against. */

/** The whole page. */
export function manifestReference(): string {
  return [
    '# manifest.yaml: reference',
    '',
    'Made from the schema by `npx vitest run services/supply/kit/reference.test.ts -u`; README.md shows how it is used. "CEL" is an',
    'expression as [libs/expression](../../libs/expression/README.md) offers it: what is absent stays absent, so a leaf without a',
    'value leaves its field out. In YAML an expression with `: ` or ` #` in it, or one that begins with a quote, stands in quotes; so',
    'does one within braces that has any of `[ ] { } , : #` or quotes in it: `{ at: \'offer["@heldUntil"]\' }`.',
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
    'For stays:',
    '',
    ...functionTable(stayFunctions),
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
      const spec = attribute(field.name);
      const column = spec === undefined ? '' : isToldOnly(spec) ? 'once' : 'yes';
      return `| \`${field.name}\` | ${typeOf(field)} | ${column} | ${docOf(field).replaceAll('|', '\\|')} |`;
    });
    return [
      `## \`mapping.item\` of ${name}`,
      '',
      'Columns are mapped at once for every row, those marked "once" for the first row of a product that the catalogue does not know',
      'yet (they are evidence of its identity, or its content), and the other fields when an offer is looked at.',
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

/** Variables that every vertical has: where they may be read, name, type, what. */
const VARIABLES: readonly (readonly [where: string, names: string, type: string, what: string])[] = [
  ['everywhere', '`market`', 'string', 'market in which offers are shown, ISO 3166-1 alpha-2'],
  [
    'everywhere',
    '`currency`',
    'string',
    "ISO 4217 code to ask for where the partner lets one choose; the answer's own counts",
  ],
  ['everywhere', '`locale`', 'string', 'BCP 47 locale for texts: "en-GB"'],
  [
    'everywhere',
    '`now`',
    'timestamp',
    'when the search began, for all of its requests and rows alike; in requests of a verification or a hand-off, and rows of a verification, when that began',
  ],
  [
    'everywhere',
    '`page`',
    'int',
    "number of the page that is asked for, or was answered, from 1; with offset and cursor in `verify` and `handoff` that of the row's page",
  ],
  ['everywhere', '`offset`', 'int', 'elements of the outermost list of rows on the pages before'],
  ['everywhere', '`cursor`', 'string', 'what `paging.cursor` gave; absent on the first page'],
  [
    'everywhere',
    '`options.<name>`',
    'as declared',
    'setting of the account, else its default; absent where there is neither',
  ],
  ['everywhere', 'names of `tables`', 'dyn', 'code tables: `<table>[code]`, absent for a code that is not in it'],
  ['everywhere', 'names of `let`', 'of the expression', 'what the manifest calls so'],
  ['everywhere', 'what steps `take`', 'dyn', 'absent before the step was answered'],
  [
    'everywhere',
    '`criteria.…`, `search.…`, `filters.…`',
    '',
    'what is sought, what follows from it (below), and what of its filter is asked for',
  ],
  ['answers', '`body`', 'dyn', 'the parsed answer; absent where a failure is not of the format'],
  ['answers', '`status`', 'int', 'status of a failure; 200 where rows are read'],
  [
    'answers',
    '`headers`',
    'dyn',
    'its headers as texts, by names in small letters that stand in the expression: `headers["x-quota-left"]`; absent where it has none of the name. Those that are read are held with the answer and recorded',
  ],
  ['answers', '`text`', 'string', 'first 2000 characters of a failure, whatever its format; "" where rows are read'],
  [
    'answers',
    '`fetched_at`',
    'timestamp',
    'when the answer came, some milliseconds or, where the partner is slow, seconds after `now`: what lifetimes and "at the moment of the search" count from; absent in a failure',
  ],
  ['answers', 'names of `answer` and `joins`', '', 'what the manifest calls so'],
  [
    '`mapping`, `verify`, `handoff`',
    'names of `rows` and `mapping.let`',
    '',
    "the loops' elements of a row; in `verify` and `handoff` those that the row had, where `take`, `until` and `verify.rows` read a new answer too",
  ],
  ['`handoff`', '`click`', 'string', 'id of the click, to be passed on'],
  ['`auth`', '`credentials.<name>`', 'string', "the account's secret"],
  [
    '`auth`',
    '`request.method`, `request.path`, `request.body`',
    'string',
    'what is signed; the path from the host on with its query, the body "" for none',
  ],
  [
    '`auth.session.headers` and `.query`, requests',
    '`token`',
    'string',
    'of `auth.session`; not in `headers` of every request, and nowhere that an answer is read',
  ],
];

function variables(): string[] {
  return [
    '## Variables',
    '',
    '| read in | variable | type | what |',
    '| --- | --- | --- | --- |',
    ...VARIABLES.map((row) => `| ${row.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`),
    '',
    'Answers are read by `steps`, `poll.until`, `paging`, `failures`, `quota` (headers, body, status and now alone), `answer`,',
    '`joins`, `warning`, `rates`, `rows`, `mapping`, `verify.rows`, and `take` and `until` of steps and `verify`. Requests of `verify` and `handoff`',
    'read the answer that the row stood in.',
    '',
    ...[...verticals().values()].flatMap(criteriaTable),
  ];
}

/** What is sought in a vertical, with the fields of its messages, and what follows from it. */
function criteriaTable(vertical: Vertical): string[] {
  const message = descriptors().getMessage(vertical.criteriaMessage);
  if (message === undefined) return [];
  const types = criteriaVariables(vertical);
  const facts = Object.entries(factDocs(vertical.name)).map(
    ([name, { type, doc }]) => `| \`${name}\` | ${type} | ${doc} |`,
  );
  return [
    `### \`criteria\` of ${vertical.name}`,
    '',
    'By the names of the contract, as requests to the API have them in camelCase; what the client left out is absent, enums are',
    'names without prefix.',
    '',
    '| variable | type | what |',
    '| --- | --- | --- |',
    ...fieldsBelow('criteria', message).map(([path, field]) => {
      const type = types.get(path) ?? '';
      const shown = field.fieldKind === 'enum' ? typeOf(field) : type === '' || type === 'dyn' ? celType(field) : type;
      return `| \`${path}\` | ${shown} | ${docOf(field).replaceAll('|', '\\|')}${choiceOf(field)} |`;
    }),
    ...facts,
    '',
  ];
}

/** The fields of a message and of the messages in it, each with the path by which an expression reads it. */
function fieldsBelow(at: string, message: DescMessage): (readonly [path: string, field: DescField])[] {
  return message.fields.flatMap((field) => {
    const path = `${at}.${field.name}`;
    const isList = field.fieldKind === 'list';
    return [
      [path, field] as const,
      ...(field.message === undefined ? [] : fieldsBelow(isList ? `${path}[]` : path, field.message)),
    ];
  });
}

function celType(field: DescField): string {
  if (field.fieldKind === 'list') return 'list';
  if (field.fieldKind === 'message') return 'map';
  return field.fieldKind === 'scalar' ? ScalarType[field.scalar].toLowerCase().replace(/^u?int\d+$/, 'int') : 'string';
}

/** Of fields that exclude each other, the others. */
function choiceOf({ oneof, name }: DescField): string {
  const others = (oneof?.fields ?? []).filter((other) => other.name !== name);
  return others.length === 0 ? '' : ` There instead of ${others.map((other) => `\`${other.name}\``).join(', ')}.`;
}

function functionTable(functions: ReadonlyMap<string, HostFunction>): string[] {
  const rows = [...functions].map(
    ([name, { args, result, doc }]) =>
      `| \`${name}(${args.join(', ')})\` | ${result} | ${doc.replaceAll('|', '\\|')} |`,
  );
  return ['| function | result | what |', '| --- | --- | --- |', ...rows, ''];
}
