// Clients for tests, read from text as the file would be.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Clients, loadClients } from '../../../libs/clients/index.ts';

/** What clients.yaml with this text says. Throws ConfigError. */
export function clientsFrom(text: string): Clients {
  const directory = mkdtempSync(path.join(tmpdir(), 'clients-'));
  try {
    writeFileSync(path.join(directory, 'clients.yaml'), text);
    return loadClients(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
