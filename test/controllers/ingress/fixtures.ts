import type { Ingress, Service } from "../../../src/api/builtin.ts";
import { buildIngressStack, type IngressBuild } from "../../../src/controllers/ingress/build.ts";
import { groupKey } from "../../../src/controllers/ingress/group.ts";
import {
  defaultQuotas,
  type GroupMember,
  type IngressGroupInput,
  type IngressSettings,
} from "../../../src/controllers/ingress/input.ts";
import { type FactAnswer, type FactRequest, factKey } from "../../../src/controllers/load-balancing/facts.ts";
import type { Resource } from "../../../src/engine/stack.ts";

export const prefix = "alb.ingress.kubernetes.io/";

export const settings: IngressSettings = {
  clusterName: "demo",
  vpcID: "vpc-1",
  ingressClass: "alb",
  defaultScheme: "internal",
  defaultTargetType: "instance",
  defaultSSLPolicy: "ELBSecurityPolicy-2016-08",
  tags: { defaultTags: {}, externalManagedTags: [], defaultTagsLowPriority: false },
  backendSecurityGroup: { kind: "managed" },
  manageBackendSecurityGroupRules: false,
  restrictedSecurityGroupRules: true,
  tolerateMissingService: true,
  tolerateMissingAction: true,
  allowedCertificateAuthorityARNs: [],
  attachAllCertificates: false,
  enableWAFv2: true,
  enableShield: true,
  enableIPTargetType: true,
  weightedTargetGroups: true,
  capacityReservation: true,
  enhancedDefaultBehavior: false,
  quotas: defaultQuotas,
};

/** `annotations` without the prefix. */
export function ingress(
  key: string,
  options: {
    readonly annotations?: Readonly<Record<string, string>>;
    readonly spec?: Ingress["spec"];
    readonly metadata?: Partial<Ingress["metadata"]>;
  } = {},
): Ingress {
  const [namespace = "", name = ""] = key.split("/");
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: {
      namespace,
      name,
      uid: `uid-${key}`,
      resourceVersion: "1",
      generation: 1,
      annotations: Object.fromEntries(
        Object.entries(options.annotations ?? {}).map(([suffix, value]) => [`${prefix}${suffix}`, value]),
      ),
      ...options.metadata,
    },
    spec: options.spec ?? {},
  };
}

export function service(
  key: string,
  options: {
    readonly spec?: Service["spec"];
    readonly annotations?: Readonly<Record<string, string>>;
    readonly uid?: string;
  } = {},
): Service {
  const [namespace = "", name = ""] = key.split("/");
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      namespace,
      name,
      uid: options.uid ?? `uid-${key}`,
      resourceVersion: "1",
      annotations: Object.fromEntries(
        Object.entries(options.annotations ?? {}).map(([suffix, value]) => [`${prefix}${suffix}`, value]),
      ),
    },
    spec: {
      type: "NodePort",
      ipFamilies: ["IPv4"],
      ports: [{ port: 80, targetPort: 8080, protocol: "TCP", nodePort: 30080 }],
      ...options.spec,
    },
  };
}

export function path(
  text: string,
  serviceName: string,
  options: { readonly type?: string; readonly port?: number | string } = {},
): NonNullable<NonNullable<Ingress["spec"]>["rules"]>[number]["http"] & object {
  const port = options.port ?? 80;
  return {
    paths: [
      {
        path: text,
        pathType: options.type ?? "Prefix",
        backend: { service: { name: serviceName, port: typeof port === "number" ? { number: port } : { name: port } } },
      },
    ],
  };
}

export type FactTable = readonly (readonly [FactRequest, FactAnswer])[];

const subnets: FactAnswer<"subnets"> = {
  value: [
    { id: "subnet-a", zone: "us-west-2a" },
    { id: "subnet-b", zone: "us-west-2b" },
  ],
};

/** Answers any question that `table` does not: discovered subnets, no certificates, no Shield; an error for the rest. */
export function answer(request: FactRequest, table: FactTable): FactAnswer {
  const found = table.find(([known]) => factKey(known) === factKey(request));
  if (found !== undefined) return found[1];
  switch (request.kind) {
    case "subnets":
      return subnets;
    case "certificates":
      return { value: [] };
    case "shield-subscription":
    case "deletion-protection":
    case "name-in-use":
      return { value: false };
    default:
      return { error: "not found" };
  }
}

export interface BuildOptions extends Partial<Omit<IngressGroupInput, "services" | "active" | "facts">> {
  readonly services?: readonly Service[];
  readonly facts?: FactTable;
}

/** Builds until no fact is missing, as the loader does. */
export function build(members: readonly (Ingress | GroupMember)[], options: BuildOptions = {}): IngressBuild {
  const active = members.map((member) => ("ingress" in member ? member : { ingress: member }));
  const first = active[0]?.ingress.metadata;
  const { services = [], facts: table = [], ...rest } = options;
  const facts = new Map<string, FactAnswer>();
  for (let round = 0; round < 10; round++) {
    const result = buildIngressStack({
      group: { namespace: first?.namespace ?? "", name: first?.name ?? "" },
      inactive: [],
      existing: [],
      settings,
      now: Date.parse("2026-01-01T00:00:00Z"),
      ...rest,
      active,
      services: new Map(
        services.map((one) => [groupKey({ namespace: one.metadata.namespace ?? "", name: one.metadata.name }), one]),
      ),
      facts,
    });
    if (result.missing.length === 0) return result;
    for (const request of result.missing) facts.set(factKey(request), answer(request, table));
  }
  throw new Error("the build keeps asking");
}

export function resources<Spec = Record<string, unknown>>(
  result: IngressBuild,
  type: string,
): readonly Resource<Spec>[] {
  return (result.stack?.resources ?? []).filter((resource) => resource.type === type) as readonly Resource<Spec>[];
}
