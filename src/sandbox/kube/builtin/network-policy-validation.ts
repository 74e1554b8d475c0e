import type { FieldError, KubeObject } from "../resource-definition.ts";
import { checkRange, isStrictlyWithin } from "./address-checks.ts";
import { forbidden, invalidBy, invalidValue, notSupported, required } from "./field-errors.ts";
import { type Fields, listAt, numberAt, objectsAt, stringAt, valueAt } from "./fields.ts";
import { validateLabelSelector } from "./label-validation.ts";
import { portName, portNumber } from "./name-rules.ts";

const protocols = ["TCP", "UDP", "SCTP"];
const directions = ["Ingress", "Egress"];

export function validateNetworkPolicy(policy: KubeObject, old: KubeObject | undefined): readonly FieldError[] {
  const errors: FieldError[] = [...validateLabelSelector(valueAt(policy, "spec", "podSelector"), "spec.podSelector")];
  const known = old === undefined ? [] : rangesOf(old);
  for (const [direction, peers] of [
    ["ingress", "from"],
    ["egress", "to"],
  ] as const) {
    for (const [index, rule] of objectsAt(policy, "spec", direction).entries()) {
      const path = `spec.${direction}[${index}]`;
      for (const [position, port] of objectsAt(rule, "ports").entries()) {
        errors.push(...validatePort(port, `${path}.ports[${position}]`));
      }
      for (const [position, peer] of objectsAt(rule, peers).entries()) {
        errors.push(...validatePeer(peer, `${path}.${peers}[${position}]`, known));
      }
    }
  }
  const types = listAt(policy, "spec", "policyTypes").map(String);
  if (types.length > directions.length) {
    return [...errors, invalidValue("spec.policyTypes", types, "may not specify more than two policyTypes")];
  }
  for (const [index, type] of types.entries()) {
    if (!directions.includes(type)) errors.push(notSupported(`spec.policyTypes[${index}]`, type, directions));
  }
  return errors;
}

function validatePort(entry: Fields, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const protocol = stringAt(entry, "protocol");
  if (protocol !== undefined && !protocols.includes(protocol)) {
    errors.push(notSupported(`${path}.protocol`, protocol, protocols));
  }
  const { port } = entry;
  const end = numberAt(entry, "endPort");
  if (typeof port === "number") {
    errors.push(...portNumber(port).map((problem) => invalidValue(`${path}.port`, port, problem)));
    if (end === undefined) return errors;
    // The API server tells the value of `port` here.
    if (end < port) errors.push(invalidValue(`${path}.endPort`, port, "must be greater than or equal to `port`"));
    return [...errors, ...portNumber(end).map((problem) => invalidValue(`${path}.endPort`, end, problem))];
  }
  if (end !== undefined) {
    const why = `may not be specified when \`port\` is ${port === undefined ? "not specified" : "non-numeric"}`;
    errors.push(invalidValue(`${path}.endPort`, end, why));
  }
  return typeof port === "string" ? [...errors, ...invalidBy(portName, `${path}.port`, port)] : errors;
}

function validatePeer(peer: Fields, path: string, known: readonly string[]): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ["podSelector", "namespaceSelector"]) {
    if (peer[field] !== undefined) errors.push(...validateLabelSelector(peer[field], `${path}.${field}`));
  }
  const block = peer["ipBlock"];
  if (block !== undefined) errors.push(...validateBlock(block, `${path}.ipBlock`, known));
  const count = ["podSelector", "namespaceSelector", "ipBlock"].filter((field) => peer[field] !== undefined).length;
  if (count === 0) errors.push(required(path, "must specify a peer"));
  else if (count > 1 && block !== undefined) {
    errors.push(forbidden(path, "may not specify both ipBlock and another peer"));
  }
  return errors;
}

function validateBlock(block: unknown, path: string, known: readonly string[]): readonly FieldError[] {
  const range = stringAt(block, "cidr") ?? "";
  if (range === "") return [required(`${path}.cidr`)];
  const errors: FieldError[] = [...checkRange(`${path}.cidr`, range, known)];
  if (isStrictlyWithin(range, range) === undefined) return errors;
  for (const [index, except] of listAt(block, "except").map(String).entries()) {
    const at = `${path}.except[${index}]`;
    errors.push(...checkRange(at, except, known));
    if (isStrictlyWithin(except, range) === false) {
      errors.push(invalidValue(at, except, "must be a strict subset of `cidr`"));
    }
  }
  return errors;
}

function rangesOf(policy: KubeObject): readonly string[] {
  const peers = [
    ...objectsAt(policy, "spec", "ingress").flatMap((rule) => objectsAt(rule, "from")),
    ...objectsAt(policy, "spec", "egress").flatMap((rule) => objectsAt(rule, "to")),
  ];
  return peers.flatMap((peer) => [
    stringAt(peer, "ipBlock", "cidr") ?? "",
    ...listAt(peer, "ipBlock", "except").map(String),
  ]);
}
