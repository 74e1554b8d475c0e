import type { EndpointSlice, Node, Pod, Service } from "../../api/builtin.ts";
import type { TargetGroupBinding } from "../../api/target-group-binding.ts";
import type { Problem, Stack } from "../../engine/stack.ts";
import type { Target, TargetsSpec } from "../../resources/elbv2/specs.ts";
import { InputError, problemOf } from "../load-balancing/input-error.ts";
import { servicePort } from "../load-balancing/service-port.ts";
import { nodeTargets } from "./node-targets.ts";
import { podTargets } from "./pod-targets.ts";
import type { TargetGroupFact } from "./ports.ts";

export interface BindingInput {
  readonly binding: TargetGroupBinding;
  readonly group: TargetGroupFact;
  readonly service: Service | undefined;
  readonly slices: readonly EndpointSlice[];
  readonly pod: (key: string) => Pod | undefined;
  readonly node: (name: string) => Node | undefined;
  readonly nodes: Iterable<Node>;
  readonly inVPC: (ip: string) => boolean;
  readonly failOpen: boolean;
  /** 0: no limit (`--max-targets-per-target-group`). */
  readonly maxTargets: number;
}

export interface BindingBuild {
  readonly targets: readonly Target[];
  /** The pod of each ip target. */
  readonly pods: ReadonlyMap<string, Pod>;
  /** Another look is worth while soon: the caches are not of one mind yet. */
  readonly incomplete: boolean;
  readonly problems: readonly Problem[];
}

/** The targets that a binding wants. A Service or port that is not there means none, and a Problem that says so. Pure. */
export function buildBinding(input: BindingInput): BindingBuild {
  const { binding, group } = input;
  const { namespace, name } = binding.metadata;
  const object = { kind: binding.kind, name, ...(namespace === undefined ? {} : { namespace }) };
  const none = { targets: [], pods: new Map<string, Pod>(), incomplete: false };
  try {
    const found = resolveTargets(input);
    const limit = input.maxTargets === 0 ? found.targets.length : input.maxTargets;
    const problems: Problem[] = [...found.problems];
    if (found.targets.length > limit) {
      problems.push({
        object,
        reason: "QuotaExceeded",
        field: "spec.serviceRef",
        message: `only ${limit} of ${found.targets.length} targets are registered: the limit of targets per target group is ${limit}`,
        severity: "warning",
      });
    }
    return { ...found, targets: found.targets.slice(0, limit), problems };
  } catch (error) {
    const problem = problemOf(error, object);
    return {
      ...none,
      problems: [
        {
          ...problem,
          field: problem.field ?? `spec.serviceRef`,
          message: `${problem.message} (target group ${group.arn})`,
        },
      ],
    };
  }
}

function resolveTargets(input: BindingInput): BindingBuild {
  const { binding, service, group } = input;
  const { serviceRef } = binding.spec;
  if (service === undefined) {
    throw new InputError(`service "${binding.metadata.namespace ?? ""}/${serviceRef.name}" does not exist`, {
      reason: "BackendNotFound",
      field: "spec.serviceRef.name",
      value: serviceRef.name,
    });
  }
  const port = servicePort(service, serviceRef.port);
  const targetType = binding.spec.targetType ?? group.targetType;
  if (targetType === "ip") {
    const { targets, missingPods } = podTargets({
      port,
      slices: input.slices,
      addressFamily: binding.spec.ipAddressType ?? group.ipAddressType,
      pod: input.pod,
      node: input.node,
      failOpen: input.failOpen,
      inVPC: input.inVPC,
    });
    return {
      targets: targets.map(({ target }) => target),
      pods: new Map(targets.map(({ target, pod }) => [`${target.id}:${target.port}`, pod])),
      incomplete: missingPods.length > 0,
      problems: [],
    };
  }
  const type = service.spec?.type ?? "ClusterIP";
  if ((type !== "NodePort" && type !== "LoadBalancer") || port.nodePort === undefined) {
    throw new InputError(
      `service type must be either 'NodePort' or 'LoadBalancer' for instance targets: ${serviceRef.name} is ${type}`,
      { reason: "InvalidSpec", field: "spec.targetType", value: type },
    );
  }
  const { targets, withoutInstance } = nodeTargets({
    nodes: input.nodes,
    nodePort: port.nodePort,
    ...(binding.spec.nodeSelector === undefined ? {} : { selector: binding.spec.nodeSelector }),
    failOpen: input.failOpen,
  });
  return {
    targets: targets.map(({ target }) => target),
    pods: new Map(),
    incomplete: false,
    problems: withoutInstance.map((node) => ({
      object: { kind: "Node", name: node },
      reason: "ResourceNotFound",
      field: "spec.providerID",
      message: `node ${node} is not registered: its spec.providerID names no EC2 instance`,
      severity: "warning" as const,
    })),
  };
}

/** The Stack of a binding: what is registered in its target group. No targets: all are deregistered. */
export function bindingStack(
  binding: TargetGroupBinding,
  arn: string,
  build: {
    readonly targets: readonly Target[];
    readonly problems: readonly Problem[];
    /** Of a target group that others share: what may be taken out, as `id:port`. */
    readonly mayDeregister?: readonly string[];
  },
): Stack {
  const spec: TargetsSpec = {
    targetGroupARN: arn,
    targets: build.targets.toSorted((a, b) => (targetName(a) < targetName(b) ? -1 : 1)),
    ...(build.mayDeregister === undefined ? {} : { mayDeregister: build.mayDeregister }),
  };
  return {
    owner: { kind: "TargetGroupBinding", namespace: binding.metadata.namespace ?? "", name: binding.metadata.name },
    ownership: { tags: {}, idTag: "" },
    types: ["elbv2/Targets"],
    resources: [{ type: "elbv2/Targets", id: arn, spec }],
    problems: build.problems,
  };
}

function targetName({ id, port }: Target): string {
  return `${typeof id === "string" ? id : ""}:${port}`;
}

const ownerLabels = ["ingress.k8s.aws/stack", "ingress.k8s.aws/stack-name", "service.k8s.aws/stack-name"];

/** Made by the Ingress or Service controller: its target group goes with the owner's Stack. */
export function isManaged(binding: TargetGroupBinding): boolean {
  return ownerLabels.some((label) => binding.metadata.labels?.[label] !== undefined);
}
