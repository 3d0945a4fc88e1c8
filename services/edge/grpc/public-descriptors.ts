// The contracts as gRPC's reflection shows them at the edge: what is public, and nothing else.
import {
  clone,
  create,
  type DescEnum,
  type DescField,
  type DescFile,
  type DescMessage,
  type Message,
  toBinary,
} from '@bufbuild/protobuf';
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  type SourceCodeInfo_Location,
} from '@bufbuild/protobuf/wkt';
import { publicMethods } from '../api/method.ts';

/** Field numbers of descriptor.proto, by which comments say what they belong to. */
const numberOf = { messages: 4, enums: 5, services: 6, methods: 2 } as const;

/**
 * A FileDescriptorSet of the public RPCs, what their messages are made of, and the comments on them. The options of our own are left
 * out: they say to the edge, not to clients, how a method is offered.
 */
export function publicDescriptors(): Uint8Array {
  const reached = reachable();
  const files = new Set([...reached].map(({ file }) => file));
  for (const { descriptor } of publicMethods().values()) files.add(descriptor.parent.file);
  const kept = [...files].map((file) => publicPart(file, reached, files));
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: inOrder(kept) }));
}

/** Every message and enum that a public RPC's request or answer can hold. */
function reachable(): Set<DescMessage | DescEnum> {
  const reached = new Set<DescMessage | DescEnum>();
  const visit = (type: DescMessage | DescEnum): void => {
    if (reached.has(type)) return;
    reached.add(type);
    // A nested type comes with what it is nested in.
    if (type.parent !== undefined) visit(type.parent);
    if (type.kind === 'message') for (const field of type.fields) for (const one of typesOf(field)) visit(one);
  };
  for (const { input, output } of publicMethods().values()) {
    visit(input);
    visit(output);
  }
  return reached;
}

function typesOf(field: DescField): (DescMessage | DescEnum)[] {
  return [field.message, field.enum].filter((type) => type !== undefined);
}

/** A file with only its public parts. Comments follow what they belong to. */
function publicPart(
  file: DescFile,
  reached: ReadonlySet<DescMessage | DescEnum>,
  files: ReadonlySet<DescFile>,
): FileDescriptorProto {
  const made = clone(FileDescriptorProtoSchema, file.proto);
  const messages = file.messages.map((message) => reached.has(message));
  const enums = file.enums.map((one) => reached.has(one));
  const methods = file.services.map(({ methods: all }) =>
    all.map((method) => isPublic(method.parent.typeName, method.name)),
  );
  const services = methods.map((all) => all.includes(true));
  made.messageType = made.messageType.filter((_, index) => messages[index]);
  made.enumType = made.enumType.filter((_, index) => enums[index]);
  for (const [index, service] of made.service.entries()) {
    service.method = service.method.filter((_, at) => methods[index]?.[at]);
  }
  made.service = made.service.filter((_, index) => services[index]);
  made.extension = [];
  const names = new Set([...files].map(({ proto }) => proto.name));
  made.dependency = made.dependency.filter((name) => names.has(name));
  made.publicDependency = [];
  made.weakDependency = [];
  forgetOwnOptions(made);
  const moved: Moved = { [numberOf.messages]: messages, [numberOf.enums]: enums, [numberOf.services]: services };
  if (made.sourceCodeInfo !== undefined) {
    made.sourceCodeInfo.location = made.sourceCodeInfo.location.flatMap((location) =>
      relocated(location, moved, methods),
    );
  }
  return made;
}

function isPublic(service: string, method: string): boolean {
  return publicMethods().has(`${service}/${method}`);
}

/** Of lists of a file, by their field number: which of their entries are kept. */
type Moved = Readonly<Record<number, readonly boolean[]>>;

/** A comment with the new place of what it belongs to; nothing where that is gone. */
function relocated(
  location: SourceCodeInfo_Location,
  moved: Moved,
  methods: readonly (readonly boolean[])[],
): SourceCodeInfo_Location[] {
  const [list = -1, index = -1, part, at = -1] = location.path;
  const kept = moved[list];
  if (kept === undefined) return [];
  if (!kept[index]) return [];
  location.path[1] = placeOf(kept, index);
  if (list === numberOf.services && part === numberOf.methods) {
    const keptMethods = methods[index] ?? [];
    if (!keptMethods[at]) return [];
    location.path[3] = placeOf(keptMethods, at);
  }
  return [location];
}

function placeOf(kept: readonly boolean[], index: number): number {
  return kept.slice(0, index).filter(Boolean).length;
}

/** Options of our own are extensions, which a descriptor that does not know them holds as unknown fields. */
function forgetOwnOptions(part: Message): void {
  for (const [name, value] of Object.entries(part)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (typeof one !== 'object' || one === null || !('$typeName' in one)) continue;
      if (name === 'options') delete (one as Message).$unknown;
      forgetOwnOptions(one as Message);
    }
  }
}

/** Files behind those that they import, as readers of a set expect. */
function inOrder(files: readonly FileDescriptorProto[]): FileDescriptorProto[] {
  const byName = new Map(files.map((file) => [file.name, file]));
  const ordered = new Set<FileDescriptorProto>();
  const add = (file: FileDescriptorProto): void => {
    for (const name of file.dependency) {
      const needed = byName.get(name);
      if (needed !== undefined && !ordered.has(needed)) add(needed);
    }
    ordered.add(file);
  };
  for (const file of files) add(file);
  return [...ordered];
}
