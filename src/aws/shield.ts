import type * as Shield from "@aws-sdk/client-shield";
import type { Port } from "./operation.ts";
import { idempotentWrite, onceOnlyWrite, read } from "./operation.ts";
import type { ClientSettings, PortFactory } from "./port.ts";
import { createPort } from "./port.ts";

export const shieldOperations = {
  GetSubscriptionState: read("reads", ["shield:GetSubscriptionState"]),
  DescribeProtection: read("reads", ["shield:DescribeProtection"]),
  CreateProtection: onceOnlyWrite("writes", ["shield:CreateProtection"]),
  DeleteProtection: idempotentWrite("writes", ["shield:DeleteProtection"]),
} as const;

export type ShieldPort = Port<typeof Shield, typeof shieldOperations>;

export function createShield(factory: PortFactory): ShieldPort {
  return createPort(factory, {
    service: "shield",
    operations: shieldOperations,
    load: () => import("@aws-sdk/client-shield"),
    client: (sdk: typeof Shield, settings: ClientSettings) => new sdk.ShieldClient(settings),
  });
}
