/** How often numbers fall where, as bars; those outside of a chosen range are pale. The numbers stand beside it as text. */
export function Histogram(props: {
  readonly counts: readonly number[];
  readonly min: number;
  readonly max: number;
  readonly from: number;
  readonly to: number;
}) {
  const most = Math.max(1, ...props.counts);
  const step = (props.max - props.min) / props.counts.length;
  const width = 100 / props.counts.length;
  return (
    <svg class="histogram" viewBox="0 0 100 28" preserveAspectRatio="none" aria-hidden="true" focusable="false">
      {props.counts.map((count, index) => {
        const begin = props.min + index * step;
        const inside = begin + step > props.from && begin < props.to + step / 1e6;
        const height = count === 0 ? 0 : Math.max(1, (count / most) * 28);
        return (
          <rect
            key={begin}
            class={inside ? 'inside' : 'outside'}
            x={index * width + 0.6}
            width={width - 1.2}
            y={28 - height}
            height={height}
          />
        );
      })}
    </svg>
  );
}
