// JSON bodies as requests.
import { invalidField } from '../../../libs/errors/index.ts';
import { checkShape } from '../../../libs/vertical/index.ts';
import { madeOnce } from '../api/made-once.ts';
import type { PublicMethod } from '../api/method.ts';
import type { PathFields } from './paths.ts';

/** Reads the body of a POST, and what its path says, as the request of a method. */
export type BodyReader = (body: unknown, path: PathFields) => object;

/**
 * The reader of a method's bodies: strict, so that a mistake is answered with where it is. A body that is read again is the same request
 * again. The fields of the path are left out of it; where they are all that is required, so is the body.
 */
export function bodyReader({ input, request, http }: PublicMethod): BodyReader {
  const checked = (body: unknown): object => {
    checkShape(input, body);
    return request.fromJSON(body);
  };
  if (http.pathFields.length === 0) {
    const once = madeOnce(checked);
    return (body) => (typeof body === 'object' && body !== null ? once(body) : checked(body));
  }
  return (body = {}, path) => {
    checkShape(input, body);
    for (const [name, value] of Object.entries(path)) {
      const said = (body as Record<string, unknown>)[name];
      if (said !== undefined && said !== value)
        throw invalidField(name, 'The path says another one; leave it out here.');
    }
    return checked({ ...(body as object), ...path });
  };
}
