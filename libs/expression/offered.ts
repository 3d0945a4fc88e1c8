import { OVERLOADS } from './functions.ts';
import { isNumeric, type Type, typeName } from './types.ts';

/** What messages say of the operators and functions that exist. */

/** CEL's names of operators, and how they are written. */
export const INFIX: Readonly<Record<string, string>> = {
  '_==_': '==',
  '_!=_': '!=',
  '_<_': '<',
  '_<=_': '<=',
  '_>_': '>',
  '_>=_': '>=',
  '_+_': '+',
  '_-_': '-',
  '_*_': '*',
  '_/_': '/',
  '_%_': '%',
  '-_': '-',
  '!_': '!',
  '@in': 'in',
  '_[_]': '[]',
  '_&&_': '&&',
  '_||_': '||',
  '_?_:_': '?:',
};

const MACROS = ['all', 'exists', 'exists_one', 'filter', 'map'];

/** For a function that does not exist: those that do. */
export function unknownFunction(name: string): string {
  const names = [...OVERLOADS.keys()].filter((known) => /^[a-z]/i.test(known));
  const exist = [...names, 'matches', 'present', 'size', ...MACROS].sort().join(', ');
  return `no function ${JSON.stringify(name)} is called like this; there are ${exist}`;
}

/** For arguments that no overload takes: the types that one would. */
export function noOverload(name: string, found: readonly Type[]): string {
  const offered = (OVERLOADS.get(name) ?? []).map((overload) => `(${overload.args.join(', ')})`);
  if (name === 'size') offered.push('(string)', '(list)');
  if (name === 'matches') offered.push('(string, string)');
  if (name === '_+_') offered.push('(list, list)');
  if (name === '_[_]') offered.push('(list, int)');
  const mixed = found.length === 2 && found.every(isNumeric) && found[0] !== found[1];
  const hint = mixed ? '; convert one of them: double(x) or int(x)' : '';
  return `${INFIX[name] ?? name} does not take (${found.map(typeName).join(', ')}) but ${offered.join(' or ')}${hint}`;
}
