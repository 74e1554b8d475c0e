import type * as Sts from "@aws-sdk/client-sts";
import type { Port } from "./operation.ts";
import { read } from "./operation.ts";
import type { ClientSettings, PortFactory } from "./port.ts";
import { createPort } from "./port.ts";

export const stsOperations = {
  // Needs no permission: every identity may ask who it is.
  GetCallerIdentity: read("reads", []),
} as const;

export type StsPort = Port<typeof Sts, typeof stsOperations>;

export function createSts(factory: PortFactory): StsPort {
  return createPort(factory, {
    service: "sts",
    operations: stsOperations,
    load: () => import("@aws-sdk/client-sts"),
    client: (sdk: typeof Sts, settings: ClientSettings) => new sdk.STSClient(settings),
  });
}
