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

/** The piece as one expression, guards included. */
export function whole(piece: Code): { code: string; fails: boolean } {
  if (piece.guards.length === 0) return { code: piece.code, fails: piece.fails };
  return { code: `(${piece.guards.join(' && ')} ? ${piece.code} : undefined)`, fails: true };
}

/** Every guard of the pieces, once. */
export function guardsOf(pieces: readonly Code[]): readonly string[] {
  return [...new Set(pieces.flatMap((piece) => piece.guards))];
}
