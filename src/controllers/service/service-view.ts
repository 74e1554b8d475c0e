import type { Service } from "../../api/builtin.ts";
import type { Problem } from "../../engine/stack.ts";
import { Annotations } from "../load-balancing/annotations.ts";
import type { FactReader } from "../load-balancing/facts.ts";
import { nlbPrefix, servicePrefix } from "./annotation-keys.ts";
import type { AcceptedService, ServiceInput } from "./input.ts";
import { serviceObject } from "./ownership.ts";

/** A Service in one version of its content, as the build reads it. */
export interface ServiceView {
  readonly input: ServiceInput;
  /** With the spec of this version. */
  readonly service: Service;
  readonly namespace: string;
  readonly name: string;
  readonly object: Problem["object"];
  readonly spec: NonNullable<Service["spec"]>;
  /** Under `service.beta.kubernetes.io/aws-load-balancer-`. */
  readonly annotations: Annotations;
  /** Under `service.beta.kubernetes.io/`. */
  readonly plain: Annotations;
  /** All annotations of this version. */
  readonly all: Readonly<Record<string, string>>;
  /** This is the last accepted content: what has gone missing in the surroundings since is bridged. */
  readonly lenient: boolean;
  readonly facts: FactReader;
  /** For what is wrong and yet stops nothing. */
  readonly report: (problem: Omit<Problem, "object">) => void;
}

export function serviceView(
  input: ServiceInput,
  accepted: AcceptedService | undefined,
  { facts, problems }: { readonly facts: FactReader; readonly problems: Problem[] },
): ServiceView {
  const { metadata } = input.service;
  const object = serviceObject(input.service);
  const all = (accepted === undefined ? metadata.annotations : accepted.annotations) ?? {};
  const spec = (accepted === undefined ? input.service.spec : accepted.spec) ?? {};
  const sources = [{ object, annotations: all }];
  return {
    input,
    service: { ...input.service, spec },
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    object,
    spec,
    annotations: new Annotations(nlbPrefix, sources),
    plain: new Annotations(servicePrefix, sources),
    all,
    lenient: accepted !== undefined,
    facts,
    report: (problem) => void problems.push({ object, ...problem }),
  };
}

/** What a Service that was built without error is remembered by. */
export function acceptedContent({ metadata, spec }: Service): AcceptedService {
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => key.startsWith(servicePrefix));
  return {
    uid: metadata.uid,
    ...(metadata.generation === undefined ? {} : { generation: metadata.generation }),
    spec,
    annotations: Object.fromEntries(annotations),
  };
}
