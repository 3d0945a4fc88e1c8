import {
  type DescExtension,
  type DescField,
  type DescMessage,
  type DescMethod,
  getOption,
  hasOption,
  isMessage,
} from '@bufbuild/protobuf';
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';
import { descriptors } from './descriptors.ts';

/**
 * The fields of a custom option by name; a field that the option does not set answers its type's zero, and undefined where it is
 * optional. A field with a message answers the same of that, and undefined where it is not set.
 */
export type OptionReader = (name: string) => unknown;

/**
 * The custom option of a field, message or RPC.
 * @param name full name of the extension, whose type is a message
 * @returns undefined when the element does not carry it
 */
export function readOption(element: DescField | DescMessage | DescMethod, name: string): OptionReader | undefined {
  const extension = messageExtension(name);
  if (!hasOption(element, extension)) return undefined;
  const option: unknown = getOption(element, extension);
  if (!isMessage(option, extension.message)) throw new Error(`${element.toString()}: unreadable option ${name}`);
  return readerOf(reflect(extension.message, option));
}

/**
 * The custom option of a field that is a text.
 * @param name full name of the extension
 * @returns undefined when the field does not carry it
 */
export function readText(field: DescField, name: string): string | undefined {
  const extension = descriptors().getExtension(name);
  if (extension?.fieldKind !== 'scalar') throw new Error(`The descriptors lack the option ${name}.`);
  return hasOption(field, extension) ? String(getOption(field, extension)) : undefined;
}

function readerOf(message: ReflectMessage): OptionReader {
  return (wanted) => {
    const field = message.fields.find((candidate) => candidate.name === wanted);
    if (field === undefined) throw new Error(`${message.desc.typeName} lacks the field ${wanted}.`);
    if (field.proto.proto3Optional && !message.isSet(field)) return undefined;
    if (field.fieldKind !== 'message') return message.get(field);
    return message.isSet(field) ? readerOf(message.get(field)) : undefined;
  };
}

function messageExtension(name: string): DescExtension & { fieldKind: 'message' } {
  const extension = descriptors().getExtension(name);
  if (extension?.fieldKind !== 'message') throw new Error(`The descriptors lack the option ${name}.`);
  return extension;
}
