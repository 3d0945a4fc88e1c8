import { flight } from './flight.ts';
import { good } from './good.ts';
import { ride } from './ride.ts';
import { stay } from './stay.ts';
import type { TerminalVertical } from './vertical.ts';

/** Every vertical: a new one is one line here. */
export const terminalVerticals: readonly TerminalVertical[] = [flight, stay, good, ride];
