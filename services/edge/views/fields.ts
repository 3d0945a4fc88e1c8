// Paths to fields of Offer, as read masks and views name them.
import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { descriptors } from '../../../libs/vertical/index.ts';

const offerMessage = 'entrepot.offer.v1.Offer';

/** What is there whatever is asked for: updates are put together by it. */
export const alwaysThere = 'offer_id';

/** The message that views and masks choose fields of. */
export function offerDescriptor(): DescMessage {
  const message = descriptors().getMessage(offerMessage);
  if (message === undefined) throw new Error(`The descriptors lack ${offerMessage}.`);
  return message;
}

/** The message in a field, or of the elements of its list, where one may choose among its fields. */
export function messageIn(field: DescField): DescMessage | undefined {
  const message = field.fieldKind === 'message' || field.fieldKind === 'list' ? field.message : undefined;
  return message?.typeName.startsWith('google.') ? undefined : message;
}

/** A path by proto names, whichever names it was written in; or what is wrong with it. */
export function readPath(text: string): { readonly path: string } | { readonly problem: string } {
  let at: DescMessage | undefined = offerDescriptor();
  const path: string[] = [];
  for (const name of text.split('.')) {
    if (at === undefined)
      return { problem: `"${text}" goes on behind ${path.join('.')}, which has no fields to choose` };
    const field: DescField | undefined = at.fields.find((one) => one.name === name || one.jsonName === name);
    if (field === undefined) {
      const there = at.fields.map((one) => one.name).join(', ');
      return { problem: `"${text}" names no field: ${at.name} has ${there}` };
    }
    path.push(field.name);
    at = messageIn(field);
  }
  return { path: path.join('.') };
}

/** Whether a path is another one, or leads into it. */
export function isWithin(path: string, other: string): boolean {
  return path === other || path.startsWith(`${other}.`);
}

/** Every field of Offer that holds no other one to choose, sorted. A message within itself is looked at once. */
export function leafPaths(): readonly string[] {
  leaves ??= leavesOf(offerDescriptor(), '', [offerDescriptor()]).sort();
  return leaves;
}

let leaves: readonly string[] | undefined;

function leavesOf(message: DescMessage, prefix: string, above: readonly DescMessage[]): string[] {
  return message.fields.flatMap((field) => {
    const path = `${prefix}${field.name}`;
    const inner = messageIn(field);
    return inner === undefined || above.includes(inner) ? [path] : leavesOf(inner, `${path}.`, [...above, inner]);
  });
}
