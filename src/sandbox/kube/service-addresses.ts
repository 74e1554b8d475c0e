import type { Random } from "../../clock.ts";
import { invalidValue } from "./builtin/field-errors.ts";
import { listAt } from "./builtin/fields.ts";
import { isObject, type JsonObject } from "./json-value.ts";
import type { FieldError, KubeObject } from "./resource-definition.ts";
import { completeFamilies } from "./service-families.ts";
import { withoutFieldsOfOldType } from "./service-type-change.ts";
import type { Collection } from "./storage.ts";

const NODE_PORTS = { first: 30_000, last: 32_767 } as const;
/** 10.100.0.0/16, the range that EKS gives to Services of clusters outside 10.0.0.0/8. */
const CLUSTER_NETWORK = "10.100";
const ADDRESSES = 65_536;

interface ServicePort extends JsonObject {
  readonly nodePort?: number;
  readonly protocol?: string;
}

/** Gives Services their cluster addresses and node ports, as the API server's allocators do. */
export class ServiceAddresses {
  readonly #addresses = new Set<string>();
  readonly #ports = new Map<string, number>();
  readonly #random: Random;

  constructor(services: Collection, random: Random) {
    this.#random = random;
    services.watch(({ object, previous, type }) => {
      if (previous !== undefined) this.#release(previous);
      if (type !== "DELETED") this.#take(object);
    });
  }

  /** The service with all that it needs; `errors` tells what it asked for and cannot get. */
  complete(wanted: KubeObject, old: KubeObject | undefined, errors: FieldError[]): KubeObject {
    const service = old === undefined ? wanted : withoutFieldsOfOldType(wanted, old);
    const spec = isObject(service["spec"]) ? service["spec"] : {};
    const oldSpec = isObject(old?.["spec"]) ? old["spec"] : undefined;
    const type = spec["type"] ?? "ClusterIP";
    if (type === "ExternalName") return service;
    const next: JsonObject = { ...spec };
    if (oldSpec !== undefined && oldSpec["type"] !== "ExternalName") keepAddresses(next, oldSpec);
    completeFamilies(next, oldSpec, errors);
    if (errors.length === 0) this.#completeAddress(next, oldSpec, errors);
    const mayHavePorts = type === "NodePort" || type === "LoadBalancer";
    const needsPorts = mayHavePorts && (type === "NodePort" || spec["allocateLoadBalancerNodePorts"] !== false);
    if (errors.length === 0 && mayHavePorts) this.#completePorts(next, oldSpec, needsPorts, errors);
    if (errors.length === 0) this.#completeHealthPort(next, oldSpec);
    return { ...service, spec: next };
  }

  #completeAddress(spec: JsonObject, oldSpec: JsonObject | undefined, errors: FieldError[]): void {
    const given = spec["clusterIP"] as string | undefined;
    const old = oldSpec?.["clusterIP"];
    if (given === undefined || given === "") {
      spec["clusterIP"] = typeof old === "string" && old !== "" ? old : this.#freeAddress();
    } else if (given !== "None" && given !== old) {
      const why = this.#addresses.has(given)
        ? "provided IP is already allocated"
        : "the provided network does not match the current range";
      if (this.#addresses.has(given) || !given.startsWith(`${CLUSTER_NETWORK}.`)) {
        errors.push(invalidValue("spec.clusterIPs", [given], `failed to allocate IP ${given}: ${why}`));
      }
    }
    spec["clusterIPs"] = [spec["clusterIP"]];
    spec["internalTrafficPolicy"] ??= "Cluster";
  }

  #completePorts(spec: JsonObject, oldSpec: JsonObject | undefined, needed: boolean, errors: FieldError[]): void {
    const ports = portsOf(spec);
    if (ports.length === 0) return;
    const before = portsOf(oldSpec);
    const own = new Set(before.map(({ nodePort }) => nodePort));
    const taken = new Set<number>();
    const kept = new Set(ports.map(({ nodePort }) => nodePort));
    spec["ports"] = ports.map((port, index) => {
      if (port.nodePort !== undefined && port.nodePort !== 0) {
        const inUse = !own.has(port.nodePort) && this.#ports.has(portKey(port.nodePort, port.protocol));
        const field = `spec.ports[${index}].nodePort`;
        if (port.nodePort < NODE_PORTS.first || port.nodePort > NODE_PORTS.last) {
          const why = `provided port is not in the valid range. The range of valid ports is ${NODE_PORTS.first}-${NODE_PORTS.last}`;
          errors.push({ field, type: "FieldValueInvalid", detail: `Invalid value: ${port.nodePort}: ${why}` });
        } else if (inUse) {
          errors.push({
            field,
            type: "FieldValueInvalid",
            detail: `Invalid value: ${port.nodePort}: provided port is already allocated`,
          });
        }
        taken.add(port.nodePort);
        return port;
      }
      if (!needed) return port;
      const known = before.find(({ name }) => name === port["name"])?.nodePort;
      const nodePort = known === undefined || kept.has(known) ? this.#freePort(taken) : known;
      taken.add(nodePort);
      return { ...port, nodePort };
    });
  }

  #completeHealthPort(spec: JsonObject, oldSpec: JsonObject | undefined): void {
    const needed = spec["type"] === "LoadBalancer" && spec["externalTrafficPolicy"] === "Local";
    if (!needed) return;
    const given = spec["healthCheckNodePort"];
    if (given === undefined || given === 0) {
      spec["healthCheckNodePort"] =
        oldSpec?.["healthCheckNodePort"] ?? this.#freePort(new Set(portsOf(spec).map((port) => port.nodePort ?? 0)));
    }
  }

  #freeAddress(): string {
    for (;;) {
      const number = 256 + Math.floor(this.#random() * (ADDRESSES - 512));
      const address = `${CLUSTER_NETWORK}.${number >> 8}.${number & 255}`;
      if ((number & 255) !== 0 && !this.#addresses.has(address)) return address;
    }
  }

  #freePort(taken: ReadonlySet<number>): number {
    const count = NODE_PORTS.last - NODE_PORTS.first + 1;
    const start = Math.floor(this.#random() * count);
    for (let step = 0; step < count; step++) {
      const port = NODE_PORTS.first + ((start + step) % count);
      if (!taken.has(port) && !this.#ports.has(portKey(port, "TCP")) && !this.#ports.has(portKey(port, "UDP")))
        return port;
    }
    return NODE_PORTS.first;
  }

  #take(service: KubeObject): void {
    this.#count(service, 1);
    const spec = service["spec"];
    if (isObject(spec) && typeof spec["clusterIP"] === "string" && spec["clusterIP"] !== "None") {
      this.#addresses.add(spec["clusterIP"]);
    }
  }

  #release(service: KubeObject): void {
    this.#count(service, -1);
    const spec = service["spec"];
    if (isObject(spec) && typeof spec["clusterIP"] === "string") this.#addresses.delete(spec["clusterIP"]);
  }

  #count(service: KubeObject, step: 1 | -1): void {
    const spec = service["spec"];
    if (!isObject(spec)) return;
    const keys = portsOf(spec).flatMap(({ nodePort, protocol }) =>
      nodePort === undefined ? [] : [portKey(nodePort, protocol)],
    );
    const health = spec["healthCheckNodePort"];
    if (typeof health === "number" && health !== 0) keys.push(portKey(health, "TCP"));
    for (const key of keys) {
      const count = (this.#ports.get(key) ?? 0) + step;
      if (count <= 0) this.#ports.delete(key);
      else this.#ports.set(key, count);
    }
  }
}

/** The record of an address names the Service that has it: without a name, none can be allocated. */
export function unnamedErrors({ metadata, spec }: KubeObject): readonly FieldError[] {
  const address = isObject(spec) ? spec["clusterIP"] : undefined;
  if (metadata.name !== "" || typeof address !== "string" || address === "None") return [];
  const why = `IPAddress.networking.k8s.io ${JSON.stringify(address)} is invalid: spec.parentRef.name: Required value`;
  return [invalidValue("spec.clusterIPs", [""], `failed to allocate IP: ${why}`)];
}

function portsOf(spec: JsonObject | undefined): readonly ServicePort[] {
  const ports = spec?.["ports"];
  return Array.isArray(ports) ? (ports as ServicePort[]) : [];
}

function portKey(port: number, protocol: string | undefined): string {
  return `${port}/${protocol ?? "TCP"}`;
}

/** A client that knows only one of `clusterIP` and `clusterIPs`, or neither, changes both or leaves both alone. */
function keepAddresses(spec: JsonObject, old: JsonObject): void {
  const [before, beforeAll] = [old["clusterIP"] ?? "", listAt(old, "clusterIPs")];
  if ((spec["clusterIP"] ?? "") === "") spec["clusterIP"] = before;
  const isSame = spec["clusterIP"] === before;
  if (isSame && listAt(spec, "clusterIPs").length === 0) spec["clusterIPs"] = beforeAll;
  const isSameList = JSON.stringify(listAt(spec, "clusterIPs")) === JSON.stringify(beforeAll);
  if (!isSame && isSameList) spec["clusterIPs"] = [spec["clusterIP"]];
}
