import { readFileSync } from 'node:fs';
import {
  createFileRegistry,
  type DescEnum,
  type DescEnumValue,
  type DescField,
  type DescFile,
  type DescMessage,
  type DescMethod,
  type DescOneof,
  type DescService,
  type FileRegistry,
  fromBinary,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

/** The contracts' descriptors with their comments, as `npm run generate` wrote them. */

let registry: FileRegistry | undefined;

/**
 * The contracts' descriptors: every file, message, enum, service and extension, loaded once.
 * Throws when libs/contracts/gen/entrepot.binpb is missing (run `npm run generate`).
 */
export function descriptors(): FileRegistry {
  if (registry === undefined) {
    const file = new URL('../contracts/gen/entrepot.binpb', import.meta.url);
    registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(file)));
  }
  return registry;
}

/** What can carry a comment. */
export type Commented = DescMessage | DescField | DescOneof | DescEnum | DescEnumValue | DescService | DescMethod;

/** The comment before an element in its proto file, as one paragraph; empty when it has none. */
export function docOf(element: Commented): string {
  const file = fileOf(element);
  let comments = commentsByFile.get(file);
  if (comments === undefined) {
    comments = readComments(file);
    commentsByFile.set(file, comments);
  }
  return comments.get(pathOf(element).join('.')) ?? '';
}

const commentsByFile = new WeakMap<DescFile, ReadonlyMap<string, string>>();

function readComments(file: DescFile): ReadonlyMap<string, string> {
  const comments = new Map<string, string>();
  for (const location of file.proto.sourceCodeInfo?.location ?? []) {
    if (location.leadingComments !== '') {
      comments.set(location.path.join('.'), location.leadingComments.trim().replace(/\s*\n\s*/g, ' '));
    }
  }
  return comments;
}

function fileOf(element: Commented): DescFile {
  switch (element.kind) {
    case 'message':
    case 'enum':
    case 'service':
      return element.file;
    case 'enum_value':
      return element.parent.file;
    default:
      return element.parent.file;
  }
}

/** Field numbers of descriptor.proto, which is how source info names a place. */
const PATH = {
  message: 4,
  enum: 5,
  service: 6,
  nestedMessage: 3,
  nestedEnum: 4,
  field: 2,
  oneof: 8,
  value: 2,
  method: 2,
};

function pathOf(element: Commented): number[] {
  switch (element.kind) {
    case 'message':
      return element.parent === undefined
        ? [PATH.message, element.file.messages.indexOf(element)]
        : [...pathOf(element.parent), PATH.nestedMessage, element.parent.nestedMessages.indexOf(element)];
    case 'enum':
      return element.parent === undefined
        ? [PATH.enum, element.file.enums.indexOf(element)]
        : [...pathOf(element.parent), PATH.nestedEnum, element.parent.nestedEnums.indexOf(element)];
    case 'service':
      return [PATH.service, element.file.services.indexOf(element)];
    case 'field':
      return [...pathOf(element.parent), PATH.field, element.parent.proto.field.indexOf(element.proto)];
    case 'oneof':
      return [...pathOf(element.parent), PATH.oneof, element.parent.proto.oneofDecl.indexOf(element.proto)];
    case 'enum_value':
      return [...pathOf(element.parent), PATH.value, element.parent.values.indexOf(element)];
    case 'rpc':
      return [...pathOf(element.parent), PATH.method, element.parent.methods.indexOf(element)];
  }
}
