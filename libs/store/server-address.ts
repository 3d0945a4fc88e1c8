/** A server's address, taken apart as far as the store cares. */
export interface ServerAddress {
  /** As it was given, for the driver; holds a password. */
  readonly url: string;
  /** Host, port and database, as they may be told and logged: "db:5432/entrepot". */
  readonly shown: string;
}

/**
 * Reads `postgres://user:password@host:5432/database`, or `postgresql://`, with the parameters that libpq has for TLS (`sslmode`,
 * `sslrootcert`, …), or a socket's folder as `postgres:///database?host=/run/postgresql`.
 *
 * @throws TypeError for what is no such address; it does not quote it
 */
export function parseServerAddress(text: string): ServerAddress {
  const url = URL.parse(text);
  const host = url?.hostname || url?.searchParams.get('host');
  const database = url?.pathname.slice(1);
  if (!url || !/^postgres(ql)?:$/.test(url.protocol) || !host || !database || database.includes('/')) {
    throw new TypeError(
      'the address of the database is none: expected postgres://user:password@host:5432/database (ENTREPOT_DATABASE)',
    );
  }
  const port = url.port || url.searchParams.get('port') || '5432';
  return { url: text, shown: `${host}:${port}/${database}` };
}
