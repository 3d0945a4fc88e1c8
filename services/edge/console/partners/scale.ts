// Where numbers stand in a picture.

/** The end of an axis that begins at 0: the least of 1, 2, 2.5 and 5 times a power of ten that all numbers fit below. */
export function axisEnd(numbers: readonly (number | undefined)[]): number {
  const most = Math.max(0, ...numbers.filter((one) => one !== undefined));
  if (most === 0) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  for (const times of [1, 2, 2.5, 5]) if (times * power >= most) return times * power;
  return 10 * power;
}

/** As axisEnd, of numbers that count something: never a part of one. */
export const countEnd = (numbers: readonly number[]): number => Math.ceil(axisEnd(numbers));

/**
 * Numbers over time as the path of a line in a box: the first at its left edge, the last at its right, 0 at the bottom. Where one is
 * absent the line has a gap; one alone between two gaps is a dot.
 */
export function linePath(
  numbers: readonly (number | undefined)[],
  end: number,
  box: { readonly width: number; readonly height: number },
): string {
  const at = (index: number): string => {
    const x = numbers.length === 1 ? box.width / 2 : (index / (numbers.length - 1)) * box.width;
    return `${round(x)} ${round(box.height - ((numbers[index] ?? 0) / end) * box.height)}`;
  };
  const parts: string[] = [];
  for (const [index, one] of numbers.entries()) {
    if (one === undefined) continue;
    if (index > 0 && numbers[index - 1] !== undefined) parts.push(`L${at(index)}`);
    else parts.push(`M${at(index)}${numbers[index + 1] === undefined ? 'h0' : ''}`);
  }
  return parts.join('');
}

const round = (value: number): number => Math.round(value * 100) / 100;
