import { absence, type Code, nullable, sure, whole } from './code.ts';
import type { Emitter } from './emit.ts';
import type { MacroNode } from './node.ts';
import { isList } from './types.ts';

/**
 * Macros become loops in functions of their own. Over a column of lists the loop goes over dictionary codes, so that
 * tests of an element compare codes.
 */
export function emitMacro(emitter: Emitter, node: MacroNode): Code {
  const name = emitter.name('macro');
  const element = emitter.name('element');
  const outer = [...emitter.parameters];
  const range = rangeOf(emitter, node);
  emitter.elements.set(node.number, range.element(element));
  emitter.parameters.push(element);
  const text = range.element(element).code;
  let fails = false;
  const body = emitter.functionBody(() => {
    const loop = loopOf(emitter, node, range, text);
    fails = loop.fails;
    return `${loop.before}\nfor (let i = ${range.start}; i < ${range.end}; i++) {
const ${element} = ${range.at};\n${loop.each}\n}\n${loop.after}`;
  });
  emitter.parameters.pop();
  emitter.elements.delete(node.number);
  emitter.addFunction(
    `function ${name}(${[...emitter.inputs, ...range.parameter, ...outer].join(', ')}) {\n${body}\n}`,
  );
  const make = (list: readonly string[]): string => `${name}(${[...emitter.inputs, ...list, ...outer].join(', ')})`;
  if (range.guards === undefined) return emitter.strict([node.range], make, fails);
  return { guards: range.guards, code: make([]), fails };
}

interface Range {
  /** The guards of a column; undefined for a list that is passed in. */
  readonly guards: readonly string[] | undefined;
  readonly parameter: readonly string[];
  readonly start: string;
  readonly end: string;
  /** The element at i. */
  readonly at: string;
  /** What the element's variable means. */
  readonly element: (name: string) => Code;
}

function rangeOf(emitter: Emitter, node: MacroNode): Range {
  const { range } = node;
  if (range.kind === 'variable' && emitter.shapes[range.index]!.startsWith('lists')) {
    const source = range.index;
    const [start, end] = emitter.bounds(source);
    const dictionary = emitter.part(source, 'dictionary');
    const codes = emitter.part(source, 'codes');
    return {
      guards: emitter.guards(source),
      parameter: [],
      start,
      end,
      at: `${codes}[i]`,
      element: (name) => ({ ...sure(`${dictionary}[${name}]`), coded: { code: name, source } }),
    };
  }
  const element = isList(range.type) && range.type.list === 'dyn' ? nullable : sure;
  return { guards: undefined, parameter: ['list'], start: '0', end: 'list.length', at: 'list[i]', element };
}

interface Loop {
  readonly before: string;
  readonly each: string;
  readonly after: string;
  readonly fails: boolean;
}

function loopOf(emitter: Emitter, node: MacroNode, range: Range, element: string): Loop {
  const test = node.test === undefined ? undefined : whole(emitter.emit(node.test));
  const tested = test === undefined ? '' : `const test = ${test.code};`;
  const isError = test === undefined ? '' : absence(test)('test');
  const errs = test?.fails ? `\nif (${isError}) return undefined;` : '';
  switch (node.macro) {
    case 'all':
    case 'exists': {
      const decides = node.macro === 'exists';
      const error = test?.fails ? `\nif (${isError}) result = undefined;` : '';
      return {
        before: `let result = ${!decides};`,
        each: `${tested}\nif (test === ${decides}) return ${decides};${error}`,
        after: 'return result;',
        fails: test?.fails ?? false,
      };
    }
    case 'exists_one':
      return {
        before: 'let count = 0;',
        each: `${tested}${errs}\nif (test) count++;`,
        after: 'return count === 1;',
        fails: test?.fails ?? false,
      };
    case 'filter':
      return {
        before: 'const result = [];',
        each: `${tested}${errs}\nif (test) result.push(${element});`,
        after: 'return result;',
        fails: test?.fails ?? false,
      };
    case 'map': {
      const step = whole(emitter.emit(node.step!));
      // A list of known length is made at once: growing one costs more than filling it.
      const sized = test === undefined && range.start === '0';
      const skip = test === undefined ? '' : `${tested}${errs}\nif (!test) continue;\n`;
      const stepErrs = step.fails ? `\nif (${absence(step)('step')}) return undefined;` : '';
      return {
        before: sized ? `const result = new Array(${range.end});` : 'const result = [];',
        each: `${skip}const step = ${step.code};${stepErrs}\n${sized ? 'result[i] = step' : 'result.push(step)'};`,
        after: 'return result;',
        fails: step.fails || (test?.fails ?? false),
      };
    }
  }
}
