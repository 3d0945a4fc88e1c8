import { place, refine } from '../shell/router.ts';

const choices = [5, 15, 60];
const usual = 15;
/** The longest that the API keeps. */
const longest = 60;

/** The window that the address says, in minutes. */
export function windowMinutes(): number {
  const said = Number(place.value.parameters.window);
  return Number.isInteger(said) && said >= 1 && said <= longest ? said : usual;
}

/** Chooses the window. One that only the address knows is among the choices while it is in force. */
export function WindowChoice() {
  const current = windowMinutes();
  const all = choices.includes(current) ? choices : [...choices, current].sort((a, b) => a - b);
  return (
    <fieldset class="segments window">
      <legend class="hidden">Window</legend>
      {all.map((minutes) => (
        <label key={minutes} class={minutes === current ? 'segment on' : 'segment'}>
          <input
            type="radio"
            name="window"
            class="hidden"
            checked={minutes === current}
            onChange={() => refine({ window: String(minutes) })}
          />
          {minutes} min
        </label>
      ))}
    </fieldset>
  );
}
