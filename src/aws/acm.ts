import type * as Acm from "@aws-sdk/client-acm";
import type { Port } from "./operation.ts";
import { read } from "./operation.ts";
import type { ClientSettings, PortFactory } from "./port.ts";
import { createPort } from "./port.ts";

export const acmOperations = {
  ListCertificates: read("lists", ["acm:ListCertificates"]),
  DescribeCertificate: read("reads", ["acm:DescribeCertificate"]),
} as const;

export type AcmPort = Port<typeof Acm, typeof acmOperations>;

export function createAcm(factory: PortFactory): AcmPort {
  return createPort(factory, {
    service: "acm",
    operations: acmOperations,
    load: () => import("@aws-sdk/client-acm"),
    client: (sdk: typeof Acm, settings: ClientSettings) => new sdk.ACMClient(settings),
  });
}
