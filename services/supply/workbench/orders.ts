/** Orders of more than 4 things; of 4 all are given. */
const MOST_ORDERS = 12;

/** Orders of so many things, by position, but their own: all where they are few, else some that differ much. */
export function ordersOf(count: number): number[][] {
  const first = Array.from({ length: count }, (_, at) => at);
  if (count <= 4) return permutations(first).slice(1);
  const orders = [[...first].reverse()];
  // A walk through the orders by steps that share nothing with their number.
  for (let seed = 1; orders.length < MOST_ORDERS; seed++) {
    const left = [...first];
    let state = seed * 2_654_435_761;
    orders.push(
      first.map(() => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return left.splice((state >>> 8) % left.length, 1)[0]!;
      }),
    );
  }
  return orders;
}

function permutations(list: readonly number[]): number[][] {
  if (list.length === 0) return [[]];
  return list.flatMap((one, at) => permutations(list.filter((_, other) => other !== at)).map((rest) => [one, ...rest]));
}
