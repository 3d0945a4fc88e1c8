/**
 * Pieces of generated JavaScript. A piece is an expression that yields undefined for a CEL error. Most errors are
 * absent values, known from a presence bitmap alone: those stand apart as guards, so that code for the value itself
 * needs no checks.
 */
export interface Code {
  /** Conditions under which `code` has a meaning; when one does not hold, the result is an error. */
  readonly guards: readonly string[];
  /** The value, when the guards hold. */
  readonly code: string;
  /** Whether `code` may yield undefined although the guards hold. */
  readonly fails: boolean;
  /**
   * The test that a value of `code` is none, where that is not only undefined: null in JSON, or a dyn value of another
   * type than its place needs. It holds for undefined too; the value stands in it once.
   */
  readonly absent?: (value: string) => string;
  /** Set for a text that is known by its code in a dictionary. */
  readonly coded?: Coded;
}

/** A text by its code. */
export interface Coded {
  /** The code's expression. */
  readonly code: string;
  /** The variable whose dictionary it is from: position among the sources. */
  readonly source: number;
}

/** A piece that cannot err. */
export function sure(code: string): Code {
  return { guards: [], code, fails: false };
}

/** A piece whose value may be null, which is absent. */
export function nullable(code: string): Code {
  return { guards: [], code, fails: true, absent: isNullish };
}

/** The test of a value that is absent when it is null or undefined. */
export function isNullish(value: string): string {
  return `${value} == null`;
}

/** The test that a value of the piece is none. */
export function absence(piece: Code): (value: string) => string {
  return piece.absent ?? ((value) => `${value} === undefined`);
}

/** The piece as one expression, guards included; `absence` tells what it yields for an error. */
export function whole(piece: Code): Code {
  if (piece.guards.length === 0) return piece;
  return { ...piece, guards: [], code: `(${piece.guards.join(' && ')} ? ${piece.code} : undefined)`, fails: true };
}

/** Every guard of the pieces, once. */
export function guardsOf(pieces: readonly Code[]): readonly string[] {
  return [...new Set(pieces.flatMap((piece) => piece.guards))];
}
