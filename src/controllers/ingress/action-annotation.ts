import { z } from "zod";
import type { PortNumberOrName } from "../../api/builtin.ts";
import { type Annotations, foldedObject } from "../load-balancing/annotations.ts";

export type BackendTarget =
  | { readonly kind: "service"; readonly name: string; readonly port: PortNumberOrName }
  | { readonly kind: "target-group"; readonly arn: string }
  | { readonly kind: "target-group-name"; readonly name: string };

/** What an `actions.<name>` annotation, or a plain backend, asks for. */
export type WantedAction =
  | {
      readonly type: "forward";
      readonly targets: readonly { readonly target: BackendTarget; readonly weight?: number }[];
      readonly stickiness?: { readonly enabled: boolean; readonly durationSeconds?: number };
    }
  | {
      readonly type: "redirect";
      readonly host?: string;
      readonly path?: string;
      readonly port?: string;
      readonly protocol?: string;
      readonly query?: string;
      readonly statusCode: string;
    }
  | {
      readonly type: "fixed-response";
      readonly contentType?: string;
      readonly messageBody?: string;
      readonly statusCode: string;
    };

/** Numbers where AWS takes text are taken as written; manifests hold both. */
const textual = z.union([z.string(), z.number().transform(String)]);
const numeric = z.union([z.number().int(), z.string().regex(/^\d+$/, "must be a number").transform(Number)]);
const servicePort = z.union([
  z.number().int(),
  z.string().transform((text): PortNumberOrName => (/^\d{1,9}$/.test(text) ? Number(text) : text)),
]);

const tupleSchema = foldedObject({
  serviceName: z.string().optional(),
  servicePort: servicePort.optional(),
  targetGroupARN: z.string().optional(),
  targetGroupName: z.string().optional(),
  weight: numeric.optional(),
});
const actionSchema = foldedObject({
  type: z.string(),
  targetGroupARN: z.string().optional(),
  targetGroupName: z.string().optional(),
  forwardConfig: foldedObject({
    targetGroups: z.array(tupleSchema).optional(),
    targetGroupStickinessConfig: foldedObject({
      enabled: z.union([z.boolean(), z.enum(["true", "false"]).transform((word) => word === "true")]).optional(),
      durationSeconds: numeric.optional(),
    }).optional(),
  }).optional(),
  redirectConfig: foldedObject({
    host: z.string().optional(),
    path: z.string().optional(),
    port: textual.optional(),
    protocol: z.string().optional(),
    query: z.string().optional(),
    statusCode: textual.optional(),
  }).optional(),
  fixedResponseConfig: foldedObject({
    contentType: z.string().optional(),
    messageBody: z.string().optional(),
    statusCode: textual.optional(),
  }).optional(),
});
type Action = z.output<typeof actionSchema>;

/** Undefined when the Ingress has no such annotation. */
export function readAction(annotations: Annotations, name: string): WantedAction | undefined {
  const suffix = `actions.${name}`;
  const action = annotations.json(suffix, actionSchema);
  return action === undefined ? undefined : check(action, (what) => annotations.invalid(suffix, what));
}

function check(action: Action, invalid: (what: string) => Error): WantedAction {
  switch (action.type) {
    case "forward":
      return forward(action, invalid);
    case "redirect": {
      const config = action.redirectConfig;
      if (config === undefined) throw invalid("missing RedirectConfig");
      const { statusCode, ...rest } = config;
      if (statusCode === undefined || statusCode === "")
        throw invalid("invalid RedirectConfig: statusCode is required");
      return { type: "redirect", ...defined(rest), statusCode };
    }
    case "fixed-response": {
      const config = action.fixedResponseConfig;
      if (config === undefined) throw invalid("missing FixedResponseConfig");
      const { statusCode, ...rest } = config;
      if (statusCode === undefined || statusCode === "")
        throw invalid("invalid FixedResponseConfig: statusCode is required");
      return { type: "fixed-response", ...defined(rest), statusCode };
    }
    default:
      throw invalid(`has unknown action type: ${action.type}; allowed are forward, redirect, fixed-response`);
  }
}

function forward(action: Action, invalid: (what: string) => Error): WantedAction {
  const { targetGroupARN, targetGroupName, forwardConfig } = action;
  const simple = targetGroupARN !== undefined || targetGroupName !== undefined;
  if (!simple && forwardConfig === undefined) throw invalid("missing ForwardConfig or TargetGroupARN/TargetGroupName");
  if (simple && forwardConfig !== undefined)
    throw invalid("either ForwardConfig or TargetGroupARN/TargetGroupName can be specified");
  if (forwardConfig === undefined)
    return { type: "forward", targets: [{ target: externalGroup(targetGroupARN, targetGroupName ?? "") }] };
  const tuples = forwardConfig.targetGroups ?? [];
  if (tuples.length === 0) throw invalid("invalid ForwardConfig: targetGroups cannot be empty");
  const targets = tuples.map((tuple) => {
    const external = tuple.targetGroupARN !== undefined || tuple.targetGroupName !== undefined;
    const wrong = (what: string): Error => invalid(`invalid ForwardConfig: invalid TargetGroupTuple: ${what}`);
    if (!external && tuple.serviceName === undefined)
      throw wrong("missing serviceName or targetGroupARN/targetGroupName");
    if (external && tuple.serviceName !== undefined)
      throw wrong("either serviceName or targetGroupARN/targetGroupName can be specified");
    if (tuple.serviceName !== undefined && tuple.servicePort === undefined) throw wrong("missing servicePort");
    if (tuple.weight === undefined && tuples.length > 1)
      throw invalid("invalid ForwardConfig: weight must be set when route to multiple target groups");
    if (tuple.weight !== undefined && (tuple.weight < 0 || tuple.weight > 999))
      throw wrong(`weight must be from 0 to 999: ${tuple.weight}`);
    const target: BackendTarget =
      tuple.serviceName === undefined
        ? externalGroup(tuple.targetGroupARN, tuple.targetGroupName ?? "")
        : { kind: "service", name: tuple.serviceName, port: tuple.servicePort ?? "" };
    return { target, ...(tuple.weight === undefined ? {} : { weight: tuple.weight }) };
  });
  const sticky = forwardConfig.targetGroupStickinessConfig;
  return {
    type: "forward",
    targets,
    ...(sticky === undefined
      ? {}
      : {
          stickiness: {
            enabled: sticky.enabled ?? false,
            ...(sticky.durationSeconds === undefined ? {} : { durationSeconds: sticky.durationSeconds }),
          },
        }),
  };
}

function externalGroup(arn: string | undefined, name: string): BackendTarget {
  return arn === undefined ? { kind: "target-group-name", name } : { kind: "target-group", arn };
}

/** The object without its undefined members. */
function defined<T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>;
  };
}
