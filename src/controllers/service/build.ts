import type { Problem, Stack } from "../../engine/stack.ts";
import { unknownAnnotations } from "../load-balancing/annotation-registry.ts";
import type { FactRequest } from "../load-balancing/facts.ts";
import { serviceAnnotationRegistry } from "./annotation-keys.ts";
import { type AttemptResult, attemptService } from "./attempt.ts";
import type { AcceptedService, ServiceInput } from "./input.ts";
import { isHeld, serviceObject, serviceOwner, serviceOwnership } from "./ownership.ts";
import { acceptedContent } from "./service-view.ts";

/** Every type that the Stack of a Service may have. */
export const serviceStackTypes: readonly string[] = [
  "ec2/SecurityGroup",
  "elbv2/LoadBalancer",
  "elbv2/TargetGroup",
  "elbv2/Listener",
  "kubernetes/TargetGroupBinding",
];

export interface ServiceBuild {
  /** Absent while facts are missing, or when `held` says why AWS must be left as it is. */
  readonly stack?: Stack;
  readonly held?: string;
  /** Which content is in the Stack. */
  readonly version: "current" | "accepted" | "none";
  readonly problems: readonly Problem[];
  /** To be remembered: the present content, when it is in the Stack. */
  readonly accepted?: AcceptedService;
  /** Facts that the build needs and was not given: find them and build again. */
  readonly missing: readonly FactRequest[];
  /** Every fact that this build depends on. */
  readonly asked: readonly FactRequest[];
}

/**
 * The AWS resources of one Service. Pure. A Service in error keeps its last accepted content; one of which nothing is
 * remembered leaves AWS as it is.
 */
export function buildServiceStack(input: ServiceInput): ServiceBuild {
  const current = attemptService(input, undefined);
  if (current.kind !== "failed") return finish(input, current, { version: "current", failures: [] });
  const { failures } = current;
  if (input.accepted !== undefined && input.accepted.uid === input.service.metadata.uid) {
    const before = attemptService(input, input.accepted);
    if (before.kind !== "failed") return finish(input, before, { version: "accepted", failures });
  }
  const problems = withAnnotations(input, [...failures, ...current.problems]);
  return { version: "none", problems, held: heldText(input), missing: [], asked: current.asked };
}

function heldText({ service, existing }: ServiceInput): string {
  const name = `Service ${service.metadata.namespace ?? ""}/${service.metadata.name}`;
  return existing.length > 0 || isHeld(service)
    ? `${name} is in error and its last good content cannot be built; its load balancer is left as it is until it is corrected`
    : `${name} is in error; no load balancer is made until it is corrected`;
}

function finish(
  input: ServiceInput,
  attempt: Exclude<AttemptResult, { kind: "failed" }>,
  { version, failures }: { readonly version: "current" | "accepted"; readonly failures: readonly Problem[] },
): ServiceBuild {
  if (attempt.kind === "missing")
    return { version: "none", problems: [], missing: attempt.missing, asked: attempt.asked };
  const problems = withAnnotations(input, [...failures, ...attempt.problems]);
  const { service, settings } = input;
  return {
    version,
    problems,
    ...(version === "current" ? { accepted: acceptedContent(service) } : {}),
    missing: [],
    asked: attempt.asked,
    stack: {
      owner: serviceOwner(service),
      ownership: serviceOwnership(service, settings.clusterName),
      types: serviceStackTypes,
      resources: attempt.resources,
      problems,
    },
  };
}

function withAnnotations({ service }: ServiceInput, problems: readonly Problem[]): readonly Problem[] {
  const unknown = unknownAnnotations(
    serviceObject(service),
    service.metadata.annotations ?? {},
    serviceAnnotationRegistry,
  );
  return [...new Map([...problems, ...unknown].map((problem) => [JSON.stringify(problem), problem])).values()];
}
