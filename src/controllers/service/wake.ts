import type { Service } from "../../api/builtin.ts";
import { canonicalJson } from "../../json.ts";
import type { InformerEvent } from "../../kube/informer.ts";
import type { Lister } from "../../kube/lister.ts";
import { backendsOf } from "./action-annotation.ts";
import { servicePrefix } from "./annotation-keys.ts";
import { isHeld, isOrphaned, type OwnershipSettings, wantsLoadBalancer } from "./ownership.ts";

/** Indexes that the informer of Services must declare. */
export const serviceIndexes = {
  /** `namespace/name` of each Service that its actions name. */
  backend: "service-backend",
} as const;

export const serviceIndexFunctions: Readonly<Record<string, (service: Service) => readonly string[]>> = {
  [serviceIndexes.backend]: ({ metadata }) =>
    backendsOf(metadata.annotations ?? {}, `${servicePrefix}actions.`).map(
      (name) => `${metadata.namespace ?? ""}/${name}`,
    ),
};

/** The Service itself where it is ours, and those that share their traffic with it. Labels and status do not matter. */
export function keysForService(
  event: InformerEvent<Service>,
  { services, settings }: { readonly services: Lister<Service>; readonly settings: OwnershipSettings },
): readonly string[] {
  const isChanged = event.type !== "update" || content(event.old) !== content(event.new);
  const own = event.new !== undefined && (wantsLoadBalancer(event.new, settings) || isHeld(event.new));
  const keys = own && isChanged ? [event.key] : [];
  const gone = event.type === "delete" ? [event.key] : [];
  const isOtherBackend = event.type !== "update" || target(event.old) !== target(event.new);
  const bases = isOtherBackend ? services.byIndex(serviceIndexes.backend, event.key) : [];
  return [
    ...new Set([...keys, ...gone, ...bases.map(({ metadata }) => `${metadata.namespace ?? ""}/${metadata.name}`)]),
  ];
}

/** A Service that nobody takes, newly so: its owner has to be told. */
export function becameOrphan(
  event: InformerEvent<Service>,
): event is InformerEvent<Service> & { readonly new: Service } {
  return event.new !== undefined && isOrphaned(event.new) && !(event.old !== undefined && isOrphaned(event.old));
}

function content({ spec, metadata }: Service): string {
  return canonicalJson([spec, metadata.annotations ?? {}, metadata.deletionTimestamp, metadata.uid]);
}

/** What another Service's target group takes from this one. */
function target({ spec, metadata }: Service): string {
  const { ports, type, ipFamilies, externalTrafficPolicy, healthCheckNodePort } = spec ?? {};
  return canonicalJson([ports, type, ipFamilies, externalTrafficPolicy, healthCheckNodePort, metadata.uid]);
}
