import { AppError } from "../../../errors.ts";
import type { Schema } from "../resource-definition.ts";
import { builtinDefinitions } from "./definitions.ts";
import type { Fields } from "./fields.ts";
import { modelOf, modelSchema, quantitySchema } from "./model-schema.ts";
import { protobufFields, significantZeros } from "./protobuf-fields.ts";

export const protobufType = "application/vnd.kubernetes.protobuf";

/** Kinds that are written to subresources or as options only. */
const otherModels: Readonly<Record<string, string>> = {
  "authentication.k8s.io/v1 TokenRequest": "AuthenticationV1TokenRequest",
  "autoscaling/v1 Scale": "V1Scale",
  "policy/v1 Eviction": "V1Eviction",
  "v1 Binding": "V1Binding",
  "v1 DeleteOptions": "V1DeleteOptions",
  "meta.k8s.io/v1 DeleteOptions": "V1DeleteOptions",
};

const magic = [0x6b, 0x38, 0x73, 0x00];

/**
 * An object in the protobuf form of Kubernetes (magic number, then `runtime.Unknown`), as JSON. kubectl writes the built-in kinds so
 * in its typed commands (`kubectl create deployment`, `create token`, `auth can-i` ...). Throws an `AppError` of class `invalid` for what cannot be read.
 */
export function decodeProtobuf(body: Uint8Array): Fields {
  if (!magic.every((byte, index) => body[index] === byte))
    throw unreadable("the body has not the form of Kubernetes protobuf");
  let apiVersion = "";
  let kind = "";
  let raw: Uint8Array = new Uint8Array();
  for (const { number, bytes } of readFields(body.subarray(4))) {
    if (number === 1) {
      for (const part of readFields(bytes)) {
        if (part.number === 1) apiVersion = text(part.bytes);
        else if (part.number === 2) kind = text(part.bytes);
      }
    } else if (number === 2) raw = bytes;
  }
  const definition = builtinDefinitions.find(
    (candidate) =>
      candidate.kind === kind &&
      (candidate.group === "" ? candidate.version : `${candidate.group}/${candidate.version}`) === apiVersion,
  );
  const model = definition === undefined ? otherModels[`${apiVersion} ${kind}`] : modelOf(definition.schema);
  if (model === undefined) throw unreadable(`${kind} of ${apiVersion} cannot be read from protobuf`);
  return { apiVersion, kind, ...readMessage(raw, model) };
}

interface WireField {
  readonly number: number;
  /** Of varints: the number. */
  readonly value: bigint;
  /** Of length-delimited fields. */
  readonly bytes: Uint8Array;
}

function readMessage(bytes: Uint8Array, model: string, schema: Schema = modelSchema(model)): Fields {
  const numbers = fieldNumbers(model);
  const result: Fields = {};
  for (const field of readFields(bytes)) {
    const name = numbers.get(field.number);
    if (name === undefined) throw unreadable(`field ${field.number} of ${model} cannot be read from protobuf`);
    if (name === "status") continue;
    const inline = /^\((\w+)\)$/.exec(name)?.[1];
    if (inline !== undefined) {
      Object.assign(result, readMessage(field.bytes, inline, schema));
      continue;
    }
    const member = schema.properties?.[name] ?? {};
    const value = readValue(field, member);
    // An empty item of a list is one: the core group of a rule is called "".
    const isKept = member.type === "array" || significantZeros.has(`${model}.${name}`);
    if (value === undefined || (isZero(value) && !isKept)) continue;
    const known = result[name];
    if (member.type === "array") result[name] = [...((known as unknown[] | undefined) ?? []), value];
    else if (isMap(member)) result[name] = { ...(known as Fields | undefined), ...(value as Fields) };
    else result[name] = value;
  }
  return result;
}

function fieldNumbers(model: string): ReadonlyMap<number, string> {
  const words = (protobufFields[model] ?? "").split(" ");
  const numbers = new Map<number, string>();
  for (let index = 0; index + 1 < words.length; index += 2) numbers.set(Number(words[index]), words[index + 1] ?? "");
  return numbers;
}

function readValue(field: WireField, schema: Schema): unknown {
  if (schema.type === "array") return readValue(field, schema.items ?? {});
  if (isMap(schema)) return readEntry(field.bytes, schema.additionalProperties as Schema);
  if (schema === quantitySchema) {
    return readFields(field.bytes)
      .map((part) => text(part.bytes))
      .at(0);
  }
  if (schema["x-kubernetes-int-or-string"] === true) return intOrString(field.bytes);
  const model = modelOf(schema);
  if (model !== undefined) return readMessage(field.bytes, model);
  switch (schema.type) {
    case "boolean":
      return field.value !== 0n;
    case "integer":
      return Number(BigInt.asIntN(64, field.value));
    case "string":
      if (schema.format === "date-time") return time(field.bytes);
      return schema.format === "byte" ? Buffer.from(field.bytes).toString("base64") : text(field.bytes);
    default:
      return undefined;
  }
}

function readEntry(bytes: Uint8Array, schema: Schema): Fields {
  let key = "";
  let value: unknown = "";
  for (const part of readFields(bytes)) {
    if (part.number === 1) key = text(part.bytes);
    else value = readValue(part, schema);
  }
  return { [key]: value };
}

function intOrString(bytes: Uint8Array): unknown {
  let isText = false;
  let number = 0;
  let string = "";
  for (const part of readFields(bytes)) {
    if (part.number === 1) isText = part.value === 1n;
    else if (part.number === 2) number = Number(BigInt.asIntN(64, part.value));
    else string = text(part.bytes);
  }
  return isText ? string : number;
}

/** An empty message is Go's zero time: none. */
function time(bytes: Uint8Array): string | undefined {
  const seconds = readFields(bytes).find((part) => part.number === 1)?.value;
  if (seconds === undefined) return undefined;
  return new Date(Number(BigInt.asIntN(64, seconds)) * 1000).toISOString().replace(/\.\d+Z$/, "Z");
}

function isMap(schema: Schema): boolean {
  return typeof schema.additionalProperties === "object";
}

function isZero(value: unknown): boolean {
  return value === "" || value === 0 || value === false;
}

function readFields(bytes: Uint8Array): readonly WireField[] {
  const fields: WireField[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 63n) throw unreadable("the protobuf body ends too early");
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const number = tag >> 3;
    const wireType = tag & 7;
    if (wireType === 0) fields.push({ number, value: varint(), bytes: new Uint8Array() });
    else if (wireType === 2) {
      const length = Number(varint());
      if (at + length > bytes.length) throw unreadable("the protobuf body ends too early");
      fields.push({ number, value: 0n, bytes: bytes.subarray(at, at + length) });
      at += length;
    } else throw unreadable(`protobuf wire type ${wireType} is not used by Kubernetes objects`);
  }
  return fields;
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}

function unreadable(message: string): AppError {
  return new AppError(message, { class: "invalid", code: "UnreadableProtobuf" });
}
