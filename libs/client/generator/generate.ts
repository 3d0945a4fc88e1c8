// `npm run generate`: the client's types and its table of methods, from the contracts' descriptors.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { descriptors, docOf } from '../../vertical/index.ts';
import { comment, declarationsOf, shortNames } from './messages.ts';
import { methodTable, methodTypes, publicMethods } from './methods.ts';

const head = '// Made from proto/ by libs/client/generator; not to be changed by hand.\n';

const helpers = `/** At most one of the members. */
export type OneOf<Members> = {
  [Name in keyof Members]-?: { readonly [One in Name]?: Members[One] } & { readonly [Other in Exclude<keyof Members, Name>]?: never };
}[keyof Members];

/** A request that has to name something: a field of its path. */
export type Naming<Request, Field extends keyof Request> = Request & { readonly [One in Field]-?: NonNullable<Request[One]> };
`;

/** The generated modules, by file name. */
export function generated(): Readonly<Record<'types.ts' | 'methods.ts', string>> {
  const methods = publicMethods();
  const types = [
    head,
    helpers,
    reasonsText(),
    methodTypes(methods),
    declarationsOf(methods.flatMap(({ input, output }) => [input, output])),
  ];
  return { 'types.ts': types.join('\n'), 'methods.ts': [head, methodTable(methods)].join('\n') };
}

function reasonsText(): string {
  const reasons = descriptors().getEnum('entrepot.type.v1.ErrorReason');
  if (reasons === undefined) throw new Error('The contracts have no error reasons.');
  const members = shortNames(reasons)
    .filter(({ value }) => value.number !== 0)
    .map(({ name, value }) => `${comment([docOf(value)], '  ')}  | '${name}'`);
  return `${comment(['Why a call failed.'])}export type Reason =\n${members.join('\n')};\n`;
}

if (import.meta.main) {
  const folder = join(import.meta.dirname, '../gen');
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(generated())) writeFileSync(join(folder, name), text);
}
