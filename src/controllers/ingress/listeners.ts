import { type Resource, ref } from "../../engine/stack.ts";
import type { ActionSpec, ListenerSpec, RuleSpec, Tags } from "../../resources/elbv2/specs.ts";
import { InputError } from "../load-balancing/input-error.ts";
import type { BackendActions } from "./backend.ts";
import { GroupError } from "./group-error.ts";
import type { GroupPort } from "./group-ports.ts";
import type { IngressSettings } from "./input.ts";
import { loadBalancerID } from "./load-balancer.ts";
import type { LoadBalancerSettings } from "./load-balancer-settings.ts";
import type { MemberView } from "./member-view.ts";
import type { ListenerRule } from "./rules.ts";

/** The port that all HTTP listeners of the group redirect to. Throws a GroupError when it is no HTTPS port of the group. */
export function redirectPort(wanted: LoadBalancerSettings, ports: readonly GroupPort[]): number | undefined {
  const { sslRedirect } = wanted;
  if (sslRedirect === undefined) return undefined;
  const target = ports.find(({ port }) => port === sslRedirect.value);
  if (target?.protocol === "HTTPS") return sslRedirect.value;
  const what =
    target === undefined
      ? `listener does not exist for SSLRedirect port: ${sslRedirect.value}`
      : `listener protocol non-SSL for SSLRedirect port: ${sslRedirect.value}`;
  const secure = ports.filter(({ protocol }) => protocol === "HTTPS").map(({ port }) => port);
  throw new GroupError(
    new InputError(`ssl-redirect: ${what}; the HTTPS ports of the group are [${secure.join(", ")}]`, {
      reason: "InvalidAnnotation",
      field: "ssl-redirect",
      value: String(sslRedirect.value),
    }),
    sslRedirect.member,
  );
}

/** The default backend of a listener, and the members that wanted to give another one. */
export function defaultActions(
  port: GroupPort,
  backends: ReadonlyMap<string, BackendActions>,
  seniority: readonly MemberView[],
): readonly ActionSpec[] {
  const members = seniority.filter((view) => port.members.includes(view) && backends.has(view.key));
  const [winner, ...losers] = members;
  for (const loser of losers) {
    loser.report({
      reason: "ConflictingSettings",
      field: "spec.defaultBackend",
      message: `multiple ingress defined default backend on port ${port.port}: that of Ingress ${winner?.key ?? ""} is in force for the group`,
      severity: "error",
    });
  }
  const actions = winner === undefined ? undefined : backends.get(winner.key)?.[port.protocol];
  return actions ?? [{ type: "fixed-response", contentType: "text/plain", statusCode: "404" }];
}

export function listenerResource(
  port: GroupPort,
  actions: readonly ActionSpec[],
  context: { readonly settings: IngressSettings; readonly tags: Tags },
): Resource<ListenerSpec> {
  const secure = port.protocol === "HTTPS";
  const { defaultARN, extraARNs } = port.certificates;
  const mutual =
    port.mutualAuthentication ?? (context.settings.enhancedDefaultBehavior ? ({ mode: "off" } as const) : undefined);
  return {
    type: "elbv2/Listener",
    id: String(port.port),
    spec: {
      loadBalancerARN: ref("elbv2/LoadBalancer", loadBalancerID, "arn"),
      port: port.port,
      protocol: port.protocol,
      defaultActions: actions,
      ...(secure && defaultARN !== undefined ? { certificateARN: defaultARN } : {}),
      ...(secure
        ? { extraCertificateARNs: extraARNs, sslPolicy: port.sslPolicy ?? context.settings.defaultSSLPolicy }
        : {}),
      ...(secure && mutual !== undefined ? { mutualAuthentication: mutual } : {}),
      attributes: port.attributes,
      tags: context.tags,
    },
  };
}

export function redirectAction(port: number): ActionSpec {
  return { type: "redirect", protocol: "HTTPS", port: String(port), statusCode: "HTTP_301" };
}

/** Priorities count from 1, in order. */
export function ruleResources(port: number, rules: readonly ListenerRule[]): readonly Resource<RuleSpec>[] {
  return rules.map((rule, index) => ({
    type: "elbv2/Rule",
    id: `${port}:${index + 1}`,
    spec: {
      listenerARN: ref("elbv2/Listener", String(port), "arn"),
      priority: index + 1,
      conditions: rule.conditions,
      actions: rule.actions,
      ...(rule.transforms.length > 0 ? { transforms: rule.transforms } : {}),
      tags: rule.tags,
    },
  }));
}
