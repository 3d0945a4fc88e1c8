import { readFileSync } from 'node:fs';

/**
 * Where a secret is; configuration files hold the reference, never the secret. `default` is for credentials that
 * protect nothing, such as those of the twin.
 */
export type SecretReference = { readonly env: string; readonly default?: string } | { readonly file: string };

/** JSON schema of a {@link SecretReference}, to be used inside the schema of a configuration file. */
export const secretSchema = {
  description: 'a reference to a secret, {env: NAME} or {file: path}; never the secret itself',
  writeOnly: true,
  type: 'object',
  oneOf: [
    {
      required: ['env'],
      properties: { env: { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }, default: { type: 'string' } },
      additionalProperties: false,
    },
    { required: ['file'], properties: { file: { type: 'string', minLength: 1 } }, additionalProperties: false },
  ],
} as const;

/** A secret that is not where its reference says. The message names the place and never the content. */
export class SecretError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SecretError';
  }
}

/**
 * The secret behind a reference, read at the moment of use, so that a rotated one is picked up without a restart.
 * One trailing line break of a file is not part of the secret.
 *
 * @throws SecretError when it is not there or empty
 */
export function secret(reference: SecretReference): string {
  if ('env' in reference) {
    const value = process.env[reference.env] ?? reference.default;
    if (value === undefined || value === '') {
      throw new SecretError(`environment variable ${reference.env} is not set; it must hold the secret`);
    }
    return value;
  }
  let content: string;
  try {
    content = readFileSync(reference.file, 'utf8');
  } catch (cause) {
    throw new SecretError(`secret file ${reference.file} cannot be read`, { cause });
  }
  const value = content.replace(/\r?\n$/, '');
  if (value === '') throw new SecretError(`secret file ${reference.file} is empty`);
  return value;
}
