import type { Pod, PortNumberOrName } from "../../api/builtin.ts";
import type { TargetGroupBinding } from "../../api/target-group-binding.ts";
import { canonicalJson } from "../../json.ts";
import type { IngressPermission } from "../../resources/ec2/specs.ts";

/** Marks rules as ours; LBC uses the same, so that rules are taken over as they are. */
export const ruleMarker = "elbv2.k8s.aws/targetGroupBinding=shared";

type Networking = NonNullable<TargetGroupBinding["spec"]["networking"]>;

/**
 * What one binding's `networking` opens on a security group. Named ports are those of the pods behind that group; pods
 * that lack the name are told in `unresolved` and stop nobody else. No pods: the name cannot be resolved for nodes.
 */
export function bindingPermissions(
  networking: Networking,
  pods: readonly Pod[],
): { readonly permissions: readonly IngressPermission[]; readonly unresolved: readonly string[] } {
  const unresolved: string[] = [];
  const permissions = (networking.ingress ?? []).flatMap((rule) =>
    // `ports: []` is documented as all TCP ports.
    (rule.ports.length === 0 ? [{ protocol: "TCP" as const }] : rule.ports).flatMap((port) => {
      const numbers = portNumbers(port.port, pods, unresolved);
      return rule.from.flatMap((peer) => {
        const source = sourceOf(peer);
        return source === undefined
          ? []
          : numbers.map((range) => ({
              protocol: (port.protocol ?? "TCP").toLowerCase(),
              ...range,
              source,
              description: ruleMarker,
            }));
      });
    }),
  );
  return { permissions, unresolved };
}

interface PortRange {
  readonly fromPort: number;
  readonly toPort: number;
}

function portNumbers(
  port: PortNumberOrName | undefined,
  pods: readonly Pod[],
  unresolved: string[],
): readonly PortRange[] {
  if (port === undefined) return [{ fromPort: 0, toPort: 65_535 }];
  if (typeof port === "number") return [{ fromPort: port, toPort: port }];
  const numbers = new Set<number>();
  for (const pod of pods) {
    const number = containerPort(pod, port);
    if (number === undefined)
      unresolved.push(`pod ${pod.metadata.namespace ?? ""}/${pod.metadata.name} has no port "${port}"`);
    else numbers.add(number);
  }
  return [...numbers].map((number) => ({ fromPort: number, toPort: number }));
}

/** Side-cars (init containers that stay) listen too. */
function containerPort(pod: Pod, name: string): number | undefined {
  const sidecars = (pod.spec?.initContainers ?? []).filter((container) => container.restartPolicy === "Always");
  return [...(pod.spec?.containers ?? []), ...sidecars]
    .flatMap((container) => container.ports ?? [])
    .find((port) => port.name === name)?.containerPort;
}

function sourceOf(
  peer: NonNullable<Networking["ingress"]>[number]["from"][number],
): IngressPermission["source"] | undefined {
  if (peer.securityGroup !== undefined) return { securityGroupID: peer.securityGroup.groupID };
  if (peer.ipBlock === undefined) return undefined;
  const { cidr } = peer.ipBlock;
  return cidr.includes(":") ? { cidrIPv6: cidr } : { cidr };
}

/**
 * The rules of one security group for all bindings together. Ranges of one source that overlap or touch become one;
 * gaps are closed, smallest first, only while there are more than `budget` rules (AWS's quota of rules per group).
 */
export function mergePermissions(
  permissions: readonly IngressPermission[],
  budget: number,
): readonly IngressPermission[] {
  const groups = Map.groupBy(permissions, ({ protocol, source }) => canonicalJson({ protocol, source }));
  const merged = [...groups.values()].map(mergeRanges);
  let count = merged.reduce((sum, ranges) => sum + ranges.length, 0);
  while (count > budget) {
    const gap = smallestGap(merged);
    if (gap === undefined) break;
    merged[gap.group] = gap.closed;
    count--;
  }
  return merged.flat();
}

function mergeRanges(permissions: readonly IngressPermission[]): readonly IngressPermission[] {
  const sorted = permissions.toSorted((a, b) => from(a) - from(b) || to(a) - to(b));
  const result: IngressPermission[] = [];
  for (const permission of sorted) {
    const last = result.at(-1);
    if (last !== undefined && from(permission) <= to(last) + 1) {
      result[result.length - 1] = { ...last, toPort: Math.max(to(last), to(permission)) };
    } else {
      result.push(permission);
    }
  }
  return result;
}

function smallestGap(
  groups: readonly (readonly IngressPermission[])[],
): { readonly group: number; readonly closed: readonly IngressPermission[] } | undefined {
  let best: { readonly group: number; readonly index: number; readonly width: number } | undefined;
  for (const [group, ranges] of groups.entries()) {
    for (let index = 1; index < ranges.length; index++) {
      const [left, right] = [ranges[index - 1], ranges[index]];
      if (left === undefined || right === undefined) continue;
      const width = from(right) - to(left);
      if (best === undefined || width < best.width) best = { group, index, width };
    }
  }
  if (best === undefined) return undefined;
  const ranges = groups[best.group] ?? [];
  const [left, right] = [ranges[best.index - 1], ranges[best.index]];
  if (left === undefined || right === undefined) return undefined;
  const closed = [...ranges.slice(0, best.index - 1), { ...left, toPort: to(right) }, ...ranges.slice(best.index + 1)];
  return { group: best.group, closed };
}

const from = (permission: IngressPermission): number => permission.fromPort ?? 0;
const to = (permission: IngressPermission): number => permission.toPort ?? 65_535;
