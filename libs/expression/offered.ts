import { OTHERS, OVERLOADS } from './functions.ts';
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

/** Arguments of what is in no table. */
const GENERIC_ARGUMENTS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    size: ['(string)', '(list)', '(dyn)'],
    matches: ['(string, string)'],
    extract: ['(string, string)'],
    '_+_': ['(list, list)'],
    '_[_]': ['(list, int)', '(dyn, string)', '(dyn, int)'],
    join: ['(list(string))', '(list(string), string)'],
    distinct: ['(list)'],
    flatten: ['(list)'],
    sort: ['(list)'],
    sum: ['(list(int))', '(list(double))', '(list(dyn))'],
    'math.least': ['(list of numbers)', '(numbers …)'],
    'math.greatest': ['(list of numbers)', '(numbers …)'],
    dyn: ['(any)'],
    has: ['(dyn field)'],
  }),
);

const MACROS = ['all', 'exists', 'exists_one', 'filter', 'map'];

/** For a function that does not exist: those that do, `hosts` among them. */
export function unknownFunction(name: string, hosts: readonly string[]): string {
  const names = [...OVERLOADS.keys()].filter((known) => /^[a-z]/i.test(known));
  const exist = [...names, ...OTHERS, ...MACROS, ...hosts].sort().join(', ');
  return `no function ${JSON.stringify(name)} is called like this; there are ${exist}`;
}

/** For arguments that no overload takes: the types that one would. */
export function noOverload(name: string, found: readonly Type[]): string {
  const offered = (OVERLOADS.get(name) ?? []).map((overload) => `(${overload.args.map(typeName).join(', ')})`);
  offered.push(...(GENERIC_ARGUMENTS.get(name) ?? []));
  const mixed = found.length === 2 && found.every(isNumeric) && found[0] !== found[1];
  const isTime = found.includes('dyn') && offered.some((types) => /timestamp|duration/.test(types));
  const times = isTime ? '; a dyn value holds no time, convert it: timestamp(x) or duration(x)' : '';
  const hint = mixed ? '; convert one of them: double(x) or int(x)' : times;
  return `${INFIX[name] ?? name} does not take (${found.map(typeName).join(', ')}) but ${offered.join(' or ')}${hint}`;
}
