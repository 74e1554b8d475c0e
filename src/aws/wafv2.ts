import type * as Wafv2 from "@aws-sdk/client-wafv2";
import type { Port } from "./operation.ts";
import { idempotentWrite, read } from "./operation.ts";
import type { ClientSettings, PortFactory } from "./port.ts";
import { createPort } from "./port.ts";

export const wafv2Operations = {
  ListWebACLs: read("reads", ["wafv2:ListWebACLs"]),
  GetWebACL: read("reads", ["wafv2:GetWebACL"]),
  GetWebACLForResource: read("associationReads", ["wafv2:GetWebACLForResource", "wafv2:GetWebACL"]),
  AssociateWebACL: idempotentWrite("associations", ["wafv2:AssociateWebACL", "elasticloadbalancing:SetWebAcl"]),
  DisassociateWebACL: idempotentWrite("associations", ["wafv2:DisassociateWebACL", "elasticloadbalancing:SetWebAcl"]),
} as const;

export type Wafv2Port = Port<typeof Wafv2, typeof wafv2Operations>;

export function createWafv2(factory: PortFactory): Wafv2Port {
  return createPort(factory, {
    service: "wafv2",
    operations: wafv2Operations,
    load: () => import("@aws-sdk/client-wafv2"),
    client: (sdk: typeof Wafv2, settings: ClientSettings) => new sdk.WAFV2Client(settings),
  });
}
