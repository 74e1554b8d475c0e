import { z } from "zod";
import type { PortNumberOrName } from "../../api/builtin.ts";
import { foldedObject } from "../load-balancing/annotations.ts";
import type { ListenerPort } from "./listener-ports.ts";
import type { ServiceView } from "./service-view.ts";

/** A listener's traffic shared between the Service and others. */
export interface WeightedForward {
  readonly baseWeight?: number;
  readonly others: readonly WeightedBackend[];
  readonly stickiness?: { readonly enabled: boolean };
}

export interface WeightedBackend {
  readonly target:
    | { readonly kind: "arn"; readonly arn: string }
    | { readonly kind: "service"; readonly name: string; readonly port: PortNumberOrName };
  readonly weight?: number;
  /** Send plain TCP to this Service though the listener is TLS. */
  readonly decrypt?: boolean;
}

const weight = z.int().min(0).max(999);

const backend = foldedObject({
  targetGroupARN: z.string().optional(),
  serviceName: z.string().optional(),
  servicePort: z.union([z.int(), z.string()]).optional(),
  weight: weight.optional(),
  decrypt: z.boolean().optional(),
});

const action = foldedObject({
  type: z.string(),
  forwardConfig: foldedObject({
    baseServiceWeight: weight.optional(),
    targetGroups: z.array(backend).optional(),
    targetGroupStickinessConfig: foldedObject({ enabled: z.boolean().optional() }).optional(),
  }).optional(),
});

export function actionSuffix({ protocol, port }: ListenerPort): string {
  return `actions.${protocol}-${port.port}`;
}

/** The action annotation of one listener, if there is one. */
export function readAction(view: ServiceView, listener: ListenerPort): WeightedForward | undefined {
  const suffix = actionSuffix(listener);
  const { plain } = view;
  const value = plain.json(suffix, action);
  if (value === undefined) return undefined;
  if (value.type !== "forward") throw plain.invalid(suffix, `has type ${value.type}; only forward is allowed`);
  const { forwardConfig } = value;
  if (forwardConfig === undefined) throw plain.invalid(suffix, "has no forwardConfig");
  const { baseServiceWeight, targetGroups = [], targetGroupStickinessConfig } = forwardConfig;
  const others = targetGroups.map((entry, index): WeightedBackend => {
    const place = `targetGroups[${index}]`;
    const { targetGroupARN, serviceName, servicePort } = entry;
    if ((targetGroupARN === undefined) === (serviceName === undefined))
      throw plain.invalid(suffix, `must have exactly one of targetGroupARN and serviceName in ${place}`);
    if (targetGroups.length > 1 && entry.weight === undefined)
      throw plain.invalid(suffix, `must have a weight in ${place}, because there are several target groups`);
    const rest = {
      ...(entry.weight === undefined ? {} : { weight: entry.weight }),
      ...(entry.decrypt === undefined ? {} : { decrypt: entry.decrypt }),
    };
    if (targetGroupARN !== undefined) return { target: { kind: "arn", arn: targetGroupARN }, ...rest };
    if (servicePort === undefined) throw plain.invalid(suffix, `must have a servicePort in ${place}`);
    return { target: { kind: "service", name: serviceName ?? "", port: portOf(servicePort) }, ...rest };
  });
  return {
    ...(baseServiceWeight === undefined ? {} : { baseWeight: baseServiceWeight }),
    others,
    ...(targetGroupStickinessConfig?.enabled === undefined
      ? {}
      : { stickiness: { enabled: targetGroupStickinessConfig.enabled } }),
  };
}

/** Numbers may be written as text. */
function portOf(port: number | string): PortNumberOrName {
  return typeof port === "string" && /^\d+$/.test(port) ? Number(port) : port;
}

/** The Services that an object's action annotations name, as far as they can be understood. */
export function backendsOf(annotations: Readonly<Record<string, string>>, prefix: string): readonly string[] {
  const names = Object.entries(annotations).flatMap(([key, text]) => {
    if (!key.startsWith(prefix)) return [];
    try {
      const parsed = action.safeParse(JSON.parse(text));
      return (parsed.data?.forwardConfig?.targetGroups ?? []).flatMap(({ serviceName }) => serviceName ?? []);
    } catch {
      // The build tells the user.
      return [];
    }
  });
  return [...new Set(names)].sort();
}
