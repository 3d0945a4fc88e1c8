/** Meals in a price, by the names that the contract has for them (`entrepot.offer.v1.Board`). */
export type BoardName = 'ROOM_ONLY' | 'BREAKFAST' | 'HALF_BOARD' | 'FULL_BOARD' | 'ALL_INCLUSIVE' | 'SELF_CATERING';

/**
 * The board of a code or word that the trade shares: the letters of reservation systems ("RO", "BB", "MAP"), OpenTravel meal plan codes
 * ("14", "3"), and what houses write in English, German, French, Spanish, Italian and Portuguese. Letters and case, hyphens and accents do
 * not matter.
 *
 * @returns undefined for what is none of these: a partner's own codes ("TL", "AB"), which stand in a table beside its manifest, and plans
 * that are no board here (lunch alone, "as brochured")
 */
export function boardOf(text: string): BoardName | undefined {
  return boards.get(folded(text));
}

function folded(text: string): string {
  return text
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('&', ' and ')
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

const table: Readonly<Record<BoardName, string>> = {
  ROOM_ONLY: `ro, ob, ep, 8, 14, room only, only room, no meals, without meals, bed only, european plan, nur ubernachtung, ubernachtung,
    ohne verpflegung, solo alojamiento, solo pernottamento, logement seul, sans repas, so alojamento`,
  BREAKFAST: `bb, cp, 3, 4, 5, 6, 7, 11, 16, 19, bed and breakfast, b and b, breakfast, breakfast included, with breakfast, buffet breakfast,
    continental breakfast, english breakfast, american breakfast, full breakfast, continental plan, bermuda plan,
    ubernachtung mit fruhstuck, fruhstuck, mit fruhstuck, inkl fruhstuck, alojamiento y desayuno, desayuno incluido,
    pernottamento e prima colazione, colazione inclusa, petit dejeuner compris, petit dejeuner inclus, chambre et petit dejeuner,
    pequeno almoco incluido, cafe da manha incluido`,
  HALF_BOARD: `hb, map, dbb, 12, 17, half board, dinner bed and breakfast, bed breakfast and dinner, modified american plan, halbpension,
    media pension, mezza pensione, demi pension, meia pensao`,
  FULL_BOARD: `fb, ap, fap, 2, 10, full board, american plan, full american plan, vollpension, pension completa, pensione completa,
    pension complete, pensao completa`,
  ALL_INCLUSIVE: `ai, 1, uai, all inclusive, ultra all inclusive, alles inklusive, todo incluido, tutto incluso, tout compris,
    tudo incluido`,
  SELF_CATERING: `sc, 15, self catering, selbstversorgung, selbstverpflegung, sin servicio de comidas, cucina propria`,
};

const boards: ReadonlyMap<string, BoardName> = new Map(
  Object.entries(table).flatMap(([board, words]) => words.split(',').map((word) => [word.trim(), board as BoardName])),
);
