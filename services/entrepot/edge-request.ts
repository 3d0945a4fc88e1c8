// Requests of commands to an edge: with the key of whoever types them.
import type { Command } from 'commander';
import { createClient, type EntrepotClient, type EntrepotProblem } from '../../libs/client/index.ts';

/** Which edge a command asks, and as whom. */
export interface EdgeOptions {
  readonly edge?: string;
  readonly key?: string;
}

/** Adds the option for the key. */
export function withKey(command: Command): Command {
  return command.option(
    '--key <key>',
    'key or token to ask with (environment: ENTREPOT_KEY, where nobody else on this machine sees it)',
  );
}

/** A client of an edge, with the key that is named, else the environment's. */
export function clientOf(url: string, { key = process.env.ENTREPOT_KEY }: EdgeOptions): EntrepotClient {
  return createClient({ url, key });
}

/** What a problem says to who types: of credentials also where they go here. */
export function problemText({ message, reason }: EntrepotProblem): string {
  return reason.startsWith('CREDENTIALS_') ? `${message}\nHere it goes with --key, or in ENTREPOT_KEY.` : message;
}
