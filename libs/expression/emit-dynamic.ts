import { absence, type Code, isNullish, nullable, sure, whole } from './code.ts';
import type { Emitter } from './emit.ts';
import type { FirstNode, NarrowNode, PresentNode, SelectNode } from './node.ts';
import type { HelperName } from './runtime.ts';
import { isList, type Type } from './types.ts';

/**
 * Dynamic values. A field becomes what a person would write, `v?.a?.b`: it is as fast, and safe for every name that
 * nothing inherits. Names that something does inherit are known when the code is made, and looked up as own properties.
 */

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
/** Keys that lists and texts have of their own. */
const POSITION = /^(0|[1-9]\d*)$/;

/** What parsed values other than objects inherit from. */
const PROTOTYPES = [Array.prototype, String.prototype, Number.prototype, Boolean.prototype];

/** A field of a dyn value. */
export function emitSelect(emitter: Emitter, node: SelectNode): Code {
  const { field } = node;
  const { code } = whole(emitter.emit(node.args[0]));
  const name = JSON.stringify(field);
  if (field in Object.prototype) return nullable(`${emitter.helper('own')}(${code}, ${name})`);
  const selection = IDENTIFIER.test(field) ? `?.${field}` : `?.[${name}]`;
  if (!POSITION.test(field) && !PROTOTYPES.some((prototype) => field in prototype)) {
    return nullable(`${code}${selection}`);
  }
  const [assigned, held] = emitter.held(code);
  const isOther = `typeof ${assigned} !== 'object' || ${emitter.helper('isList')}(${held})`;
  return nullable(`(${isOther} ? undefined : ${held}${selection})`);
}

/** A dyn value that has to be of a type. */
export function emitNarrow(emitter: Emitter, node: NarrowNode): Code {
  return narrowed(emitter, whole(emitter.emit(node.args[0])).code, node.type);
}

/** Code whose values count only when they are of a type. */
export function narrowed(emitter: Emitter, code: string, type: Type): Code {
  const lacks = (helper: HelperName): ((value: string) => string) => {
    const name = emitter.helper(helper);
    return (value) => `!${name}(${value})`;
  };
  const is = (name: string): ((value: string) => string) => {
    return (value) => `typeof ${value} !== '${name}'`;
  };
  const make = (absent: (value: string) => string): Code => ({ guards: [], code, fails: true, absent });
  if (isList(type)) return make(lacks(type.list === 'string' ? 'isTexts' : 'isList'));
  switch (type) {
    case 'bool':
      return make(is('boolean'));
    case 'double':
      return make(is('number'));
    case 'string':
      return make(is('string'));
    case 'dyn':
      return nullable(code);
    default:
      return make(lacks('isInt'));
  }
}

/** The first of several that has a value. */
export function emitFirst(emitter: Emitter, node: FirstNode): Code {
  const codes: string[] = [];
  let last: Code = sure('undefined');
  for (const argument of node.args) {
    last = orNullish(emitter, emitter.emit(argument));
    codes.push(last.code);
    if (!last.fails) break;
  }
  return { ...last, guards: [], code: codes.length === 1 ? last.code : `(${codes.join(' ?? ')})` };
}

/** Whether something has a value. */
export function emitPresent(emitter: Emitter, node: PresentNode): Code {
  const piece = whole(emitter.emit(node.args[0]));
  return sure(piece.fails ? `!(${absence(piece)(piece.code)})` : 'true');
}

/** The piece with no value that is neither undefined nor null but absent. */
export function orNullish(emitter: Emitter, piece: Code): Code {
  const { code, fails, absent } = whole(piece);
  if (!fails) return sure(code);
  if (absent === isNullish) return nullable(code);
  return { guards: [], code: absent === undefined ? code : emitter.settled(piece), fails };
}
