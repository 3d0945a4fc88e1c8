// For tests: views from files that are written for them, and who asks by them.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Identity } from '../../../libs/clients/index.ts';

/** A configuration directory of its own. */
export class ViewFiles {
  readonly directory = mkdtempSync(path.join(tmpdir(), 'views-'));

  /** Writes a view's file, and says where it is. */
  write(label: string, text: string): string {
    const file = path.join(this.directory, 'views', `${label}.yaml`);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  remove(label: string): void {
    rmSync(path.join(this.directory, 'views', `${label}.yaml`));
  }

  close(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A view of flights. @param more lines of its file */
export function viewText(version: number, more = ''): string {
  return `name: list\nversion: ${version}\ndescription: A list.\nvertical: flight\n${more}`;
}

/** Somebody who may do everything. */
export function identityOf(client: string, views?: readonly string[]): Identity {
  return {
    client,
    permissions: new Set(),
    markets: undefined,
    partners: undefined,
    views: views && new Set(views),
    budget: undefined,
    streams: undefined,
    origins: [],
    development: false,
  };
}
