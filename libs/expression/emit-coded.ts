import { type Code, whole } from './code.ts';
import type { Emitter } from './emit.ts';
import { type CallNode, type ElementNode, keyOf, type Node, type VariableNode } from './node.ts';

/**
 * Calls over dictionary-encoded columns. They need not look at the texts of every row: codes are compared, lists are
 * searched for codes, and any other test of a text is made once for each text that comes.
 */
export function emitCodedCall(emitter: Emitter, node: CallNode): Code | undefined {
  return codeComparison(emitter, node) ?? listOperation(emitter, node) ?? testPerText(emitter, node);
}

/** A dictionary-encoded text equal to a fixed one: the codes are compared, looked up once when the sources are bound. */
function codeComparison(emitter: Emitter, node: CallNode): Code | undefined {
  if (node.operation.name !== '_==_' && node.operation.name !== '_!=_') return undefined;
  const [a, b] = node.args as readonly [Node, Node];
  const fixed = isFixedText(emitter, a) ? a : isFixedText(emitter, b) ? b : undefined;
  if (fixed === undefined) return undefined;
  const piece = emitter.emit(fixed === a ? b : a);
  if (piece.coded === undefined) return undefined;
  const operator = node.operation.name === '_==_' ? '===' : '!==';
  const code = `(${piece.coded.code} ${operator} ${fixedCode(emitter, fixed, piece.coded.source)})`;
  return { guards: piece.guards, code, fails: false };
}

/** Membership and size of a column of lists, without making the list. */
function listOperation(emitter: Emitter, node: CallNode): Code | undefined {
  const { name } = node.operation;
  const list = name === '@in' ? node.args[1]! : node.args[0]!;
  if ((name !== '@in' && name !== 'sizeOfList') || list.kind !== 'variable') return undefined;
  if (!emitter.shapes[list.index]!.startsWith('lists')) return undefined;
  const guards = emitter.guards(list.index);
  const [start, end] = emitter.bounds(list.index);
  if (name === 'sizeOfList') return { guards, code: `(${end} - ${start})`, fails: false };
  const element = node.args[0]!;
  if (!isFixedText(emitter, element)) return undefined;
  const code = fixedCode(emitter, element, list.index);
  const codes = emitter.part(list.index, 'codes');
  return { guards, code: `${emitter.helper('containsCode')}(${codes}, ${start}, ${end}, ${code})`, fails: false };
}

function isFixedText(emitter: Emitter, node: Node): boolean {
  if (node.type !== 'string') return false;
  return node.kind === 'constant' || (node.kind === 'variable' && emitter.shapes[node.index] === 'constant');
}

/** A fixed text's code in a source's dictionary, looked up when the sources are bound. */
function fixedCode(emitter: Emitter, node: Node, source: number): string {
  const text = emitter.emit(node).code;
  const name = `code${source}_${text}`;
  emitter.declare(`const ${name} = sources[${source}].codeOf(${text});`);
  return name;
}

/** A test of one dictionary-encoded text: made once for each text that comes, then looked up. */
function testPerText(emitter: Emitter, node: CallNode): Code | undefined {
  if (node.type !== 'bool') return undefined;
  const subjects = new Map<string, VariableNode | ElementNode>();
  if (!collectSubjects(emitter, node, subjects) || subjects.size !== 1) return undefined;
  const subject = [...subjects.values()][0]!;
  const piece = emitter.emit(subject);
  const { code, source } = piece.coded!;
  const [known, compute] = [emitter.name('known'), emitter.name('compute')];
  const dictionary = emitter.part(source, 'dictionary');
  emitter.declare(`const ${known} = new Uint8Array(${dictionary}.length);`);
  let fails = false;
  const body = emitter.functionBody(() => {
    const result = emitter.withText(subject, 'text', () => whole(emitter.plainCall(node)));
    fails = result.fails;
    const state = fails ? 'result === undefined ? 3 : result ? 1 : 2' : 'result ? 1 : 2';
    return `const text = ${dictionary}[code];\nconst result = ${result.code};\nreturn (${known}[code] = ${state});`;
  });
  emitter.addFunction(`function ${compute}(code) {\n${body}\n}`);
  const state = `(${known}[${code}] || ${compute}(${code}))`;
  if (!fails) return { guards: piece.guards, code: `(${state} === 1)`, fails };
  const temporary = emitter.temporary();
  const answer = `((${temporary} = ${state}) === 3 ? undefined : ${temporary} === 1)`;
  return { guards: piece.guards, code: answer, fails };
}

/** Gathers the dictionary-encoded texts that a call reads; false when it reads anything else that varies. */
function collectSubjects(emitter: Emitter, node: Node, subjects: Map<string, VariableNode | ElementNode>): boolean {
  switch (node.kind) {
    case 'constant':
      return true;
    case 'call':
    case 'list':
      return node.args.every((argument) => collectSubjects(emitter, argument, subjects));
    case 'variable':
    case 'element':
      if (node.kind === 'variable' && emitter.shapes[node.index] === 'constant') return true;
      if (emitter.emit(node).coded === undefined) return false;
      subjects.set(keyOf(node), node);
      return true;
    default:
      return false;
  }
}
