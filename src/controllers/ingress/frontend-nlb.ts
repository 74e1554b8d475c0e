import { type Resource, ref } from "../../engine/stack.ts";
import type {
  HealthCheckSpec,
  ListenerSpec,
  LoadBalancerSpec,
  StringOrRef,
  SubnetMapping,
  Tags,
  TargetGroupSpec,
  TargetsSpec,
} from "../../resources/elbv2/specs.ts";
import type { FactReader, SubnetsRequest } from "../load-balancing/facts.ts";
import { InputError } from "../load-balancing/input-error.ts";
import { cut } from "../load-balancing/names.ts";
import { checkTags } from "../load-balancing/tags.ts";
import { GroupError, readOf } from "./group-error.ts";
import type { MemberWithPorts } from "./group-ports.ts";
import type { IngressGroupInput } from "./input.ts";
import { groupName, loadBalancerID } from "./load-balancer.ts";
import type { MemberView } from "./member-view.ts";
import { exclusive, type Setting } from "./merge.ts";

export const frontendNLBID = "FrontendNlb";

const prefix = "frontend-nlb-";
const routingPolicies = ["any_availability_zone", "partial_availability_zone_affinity", "availability_zone_affinity"];

/** The network load balancer in front of the application load balancer; nothing unless a member asks for it. */
export function frontendNLB(
  members: readonly MemberWithPorts[],
  alb: { readonly spec: LoadBalancerSpec; readonly tags: Tags },
  context: { readonly input: IngressGroupInput; readonly facts: FactReader },
): readonly Resource[] {
  const views = members.map(({ view }) => view);
  const enabled = exclusive(views, "enable-frontend-nlb", (view) => view.annotations.bool("enable-frontend-nlb"));
  const ports = frontendPorts(members);
  if (enabled?.value !== true) return [];
  const loadBalancer = loadBalancerOf(views, alb, context);
  return [loadBalancer, ...ports.flatMap((port) => portResources(port, views, loadBalancer.spec.tags, context.input))];
}

function loadBalancerOf(
  views: readonly MemberView[],
  alb: { readonly spec: LoadBalancerSpec; readonly tags: Tags },
  { input, facts }: { readonly input: IngressGroupInput; readonly facts: FactReader },
): Resource<LoadBalancerSpec> {
  const list = (suffix: string, sorted: boolean): Setting<readonly string[]> | undefined =>
    exclusive(
      views,
      `${prefix}${suffix}`,
      (view) => {
        const values = view.annotations.list(`${prefix}${suffix}`);
        return values === undefined || values.length === 0 ? undefined : values;
      },
      (values) => (sorted ? [...values].sort() : values),
    );
  const scheme = exclusive(views, `${prefix}scheme`, (view) =>
    view.annotations.oneOf<LoadBalancerSpec["scheme"]>(`${prefix}scheme`, ["internal", "internet-facing"]),
  );
  const attributes = exclusive(views, `${prefix}attributes`, readAttributes);
  const tags = exclusive(views, `${prefix}tags`, (view) => {
    const own = view.annotations.map(`${prefix}tags`);
    return own === undefined ? undefined : checkTags(own, input.settings.tags, `${prefix}tags`);
  });
  const schemeWord: LoadBalancerSpec["scheme"] = scheme?.value ?? input.settings.defaultScheme;
  const subnets = list("subnets", true);
  const selector =
    subnets === undefined ? { by: "discovery" as const } : { by: "names-or-ids" as const, values: subnets.value };
  return {
    type: "elbv2/LoadBalancer",
    id: frontendNLBID,
    spec: {
      name: `${cut(alb.spec.name, 28)}-nlb`,
      type: "network",
      scheme: schemeWord,
      ipAddressType: alb.spec.ipAddressType,
      subnetMappings: mappings(
        askSubnets(
          {
            kind: "subnets",
            loadBalancerType: "network",
            scheme: schemeWord,
            ipAddressType: alb.spec.ipAddressType,
            selector,
          },
          subnets,
          facts,
        ),
        list("eip-allocations", true),
        schemeWord,
      ),
      securityGroups: securityGroups(list("security-groups", false), alb.spec, facts),
      attributes: attributes?.value ?? {},
      tags: tags?.value ?? alb.tags,
    },
  };
}

function readAttributes(view: MemberView): Readonly<Record<string, string>> | undefined {
  const attributes = view.annotations.map(`${prefix}attributes`);
  const policy = attributes?.["dns_record.client_routing_policy"];
  if (policy !== undefined && !routingPolicies.includes(policy))
    throw view.annotations.invalid(
      `${prefix}attributes`,
      `dns_record.client_routing_policy must be one of ${routingPolicies.join(", ")}`,
    );
  return attributes;
}

function askSubnets(
  request: SubnetsRequest,
  wanted: Setting<unknown> | undefined,
  facts: FactReader,
): readonly string[] {
  const answer = facts.ask(request);
  if ("value" in answer) return answer.value.map(({ id }) => id);
  throw new GroupError(
    new InputError(`${prefix}subnets: ${answer.error}`, { reason: "SubnetNotFound", field: `${prefix}subnets` }),
    wanted?.member,
  );
}

function mappings(
  subnets: readonly string[],
  addresses: Setting<readonly string[]> | undefined,
  scheme: LoadBalancerSpec["scheme"],
): readonly SubnetMapping[] {
  if (addresses === undefined) return subnets.map((subnetID) => ({ subnetID }));
  const field = `${prefix}eip-allocations`;
  const refuse = (what: string): GroupError =>
    new GroupError(
      new InputError(`${field}: ${what}`, { reason: "InvalidAnnotation", field, value: addresses.value.join(",") }),
      addresses.member,
    );
  if (scheme !== "internet-facing") throw refuse("EIP allocations can only be set for internet facing load balancers");
  if (addresses.value.length !== subnets.length)
    throw refuse(`count of EIP allocations (${addresses.value.length}) and subnets (${subnets.length}) must match`);
  return subnets.map((subnetID, index) => ({ subnetID, allocationID: addresses.value[index] ?? "" }));
}

function securityGroups(
  wanted: Setting<readonly string[]> | undefined,
  alb: LoadBalancerSpec,
  facts: FactReader,
): readonly StringOrRef[] {
  if (wanted === undefined) return alb.securityGroups ?? [];
  const answer = facts.ask({ kind: "security-groups", namesOrIDs: wanted.value });
  if ("value" in answer) return answer.value;
  throw new GroupError(
    new InputError(`${prefix}security-groups: ${answer.error}`, {
      reason: "SecurityGroupNotFound",
      field: `${prefix}security-groups`,
    }),
    wanted.member,
  );
}

interface FrontendPort {
  readonly nlbPort: number;
  readonly albPort: number;
  readonly views: readonly MemberView[];
}

/** NLB ports in ascending order with the ALB port behind each; the senior member decides a port that two map differently. */
function frontendPorts(members: readonly MemberWithPorts[]): readonly FrontendPort[] {
  const ports = new Map<number, FrontendPort>();
  for (const { view, wanted } of members) {
    for (const [nlbPort, albPort] of readOf(view, () => memberMapping(view, [...wanted.ports.keys()]))) {
      const present = ports.get(nlbPort);
      if (present === undefined) ports.set(nlbPort, { nlbPort, albPort, views: [view] });
      else if (present.albPort === albPort) ports.set(nlbPort, { ...present, views: [...present.views, view] });
      else
        view.report({
          reason: "ConflictingSettings",
          field: `${prefix}listener-port-mapping`,
          value: `${nlbPort}=${albPort}`,
          message: `conflicting Target Port of NLB port ${nlbPort}: ${albPort} here, ${present.albPort} on Ingress ${present.views[0]?.key ?? ""}, which is in force for the group`,
          severity: "error",
        });
    }
  }
  return [...ports.values()].sort((a, b) => a.nlbPort - b.nlbPort);
}

function memberMapping(view: MemberView, listening: readonly number[]): readonly (readonly [number, number])[] {
  const suffix = `${prefix}listener-port-mapping`;
  const map = view.annotations.map(suffix);
  if (map === undefined || Object.keys(map).length === 0) return listening.map((port) => [port, port]);
  return Object.entries(map).flatMap(([from, to]) => {
    const [nlbPort, albPort] = [portNumber(from), portNumber(to)];
    if (nlbPort === undefined) throw view.annotations.invalid(suffix, `has an invalid NLB listener port: ${from}`);
    if (albPort === undefined) throw view.annotations.invalid(suffix, `has an invalid ALB listener port: ${to}`);
    if (listening.includes(albPort)) return [[nlbPort, albPort] as const];
    view.report({
      reason: "InvalidAnnotation",
      field: suffix,
      value: `${from}=${to}`,
      message: `${suffix}: ${from}=${to} has no effect, the Ingress does not listen on port ${to}`,
      severity: "warning",
    });
    return [];
  });
}

function portNumber(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65535 ? port : undefined;
}

function portResources(
  port: FrontendPort,
  seniority: readonly MemberView[],
  tags: Tags,
  input: IngressGroupInput,
): readonly Resource[] {
  const healthCheck = healthCheckOf(
    seniority.filter((view) => port.views.includes(view)),
    port.nlbPort,
  );
  const { settings, group } = input;
  const targetGroup: Resource<TargetGroupSpec> = {
    type: "elbv2/TargetGroup",
    id: `${frontendNLBID}-tg-TCP-${port.nlbPort}`,
    spec: {
      name: groupName(
        group,
        settings.clusterName,
        String(port.nlbPort),
        "alb",
        "TCP",
        healthCheck.port,
        healthCheck.protocol,
      ),
      targetType: "alb",
      protocol: "TCP",
      port: port.nlbPort,
      vpcID: settings.vpcID,
      healthCheck,
      attributes: {},
      tags,
    },
  };
  const targetGroupARN = ref(targetGroup.type, targetGroup.id, "arn");
  const listener: Resource<ListenerSpec> = {
    type: "elbv2/Listener",
    id: `${frontendNLBID}-ls-TCP-${port.nlbPort}`,
    spec: {
      loadBalancerARN: ref("elbv2/LoadBalancer", frontendNLBID, "arn"),
      port: port.nlbPort,
      protocol: "TCP",
      defaultActions: [{ type: "forward", targetGroups: [{ targetGroupARN }] }],
      attributes: {},
      tags,
    },
  };
  const albARN = ref("elbv2/LoadBalancer", loadBalancerID, "arn");
  const targets: Resource<TargetsSpec> = {
    type: "elbv2/Targets",
    id: targetGroup.id,
    spec: { targetGroupARN, targets: [{ id: albARN, port: port.albPort }] },
  };
  return [targetGroup, listener, targets];
}

function healthCheckOf(views: readonly MemberView[], nlbPort: number): HealthCheckSpec {
  const key = (suffix: string): string => `${prefix}healthcheck-${suffix}`;
  const setting = <T>(suffix: string, read: (view: MemberView) => T | undefined): T | undefined =>
    exclusive(views, `${key(suffix)} of NLB port ${nlbPort}`, read)?.value;
  const integer = (suffix: string, min: number, max: number): number | undefined =>
    setting(suffix, (view) => view.annotations.integer(key(suffix), min, max));
  return {
    port:
      setting("port", (view) => {
        const text = view.annotations.text(key("port"));
        if (text === undefined || text === "traffic-port" || portNumber(text) !== undefined) return text;
        throw view.annotations.invalid(
          key("port"),
          "must be traffic-port or a port number: failed to resolve healthCheckPort",
        );
      }) ?? "traffic-port",
    protocol: setting("protocol", (view) => view.annotations.oneOf(key("protocol"), ["HTTP", "HTTPS"])) ?? "HTTP",
    path: setting("path", (view) => view.annotations.text(key("path"))) ?? "/",
    matcher: { httpCode: setting("success-codes", (view) => view.annotations.text(key("success-codes"))) ?? "200" },
    intervalSeconds: integer("interval-seconds", 5, 300) ?? 15,
    timeoutSeconds: integer("timeout-seconds", 2, 120) ?? 5,
    healthyThreshold: integer("healthy-threshold-count", 2, 10) ?? 2,
    unhealthyThreshold: integer("unhealthy-threshold-count", 2, 10) ?? 2,
  };
}
