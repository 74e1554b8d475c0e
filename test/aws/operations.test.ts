import assert from "node:assert/strict";
import { acmOperations } from "../../src/aws/acm.ts";
import { ec2Operations } from "../../src/aws/ec2.ts";
import { eksOperations } from "../../src/aws/eks.ts";
import { elbv2Operations } from "../../src/aws/elbv2.ts";
import { iamOperations } from "../../src/aws/iam.ts";
import type { OperationTable, ServiceName } from "../../src/aws/operation.ts";
import { publishedRates } from "../../src/aws/rates.ts";
import { shieldOperations } from "../../src/aws/shield.ts";
import { stsOperations } from "../../src/aws/sts.ts";
import { wafv2Operations } from "../../src/aws/wafv2.ts";

const tables: Readonly<
  Record<ServiceName, { readonly operations: OperationTable; readonly sdk: () => Promise<object> }>
> = {
  acm: { operations: acmOperations, sdk: () => import("@aws-sdk/client-acm") },
  ec2: { operations: ec2Operations, sdk: () => import("@aws-sdk/client-ec2") },
  eks: { operations: eksOperations, sdk: () => import("@aws-sdk/client-eks") },
  elbv2: { operations: elbv2Operations, sdk: () => import("@aws-sdk/client-elastic-load-balancing-v2") },
  iam: { operations: iamOperations, sdk: () => import("@aws-sdk/client-iam") },
  shield: { operations: shieldOperations, sdk: () => import("@aws-sdk/client-shield") },
  sts: { operations: stsOperations, sdk: () => import("@aws-sdk/client-sts") },
  wafv2: { operations: wafv2Operations, sdk: () => import("@aws-sdk/client-wafv2") },
};

describe("the tables of operations", () => {
  for (const [service, { operations, sdk }] of Object.entries(tables)) {
    it(`name commands of the SDK, rate buckets and actions for ${service}`, async () => {
      const commands = await sdk();
      const { buckets } = publishedRates[service as ServiceName];
      for (const [name, { bucket, iamActions, idempotent, mutating }] of Object.entries(operations)) {
        assert.ok(`${name}Command` in commands, `${name} is no operation of ${service}`);
        assert.ok(bucket in buckets || bucket.replace(/:.*$/, ":*") in buckets, `${name}: no bucket ${bucket}`);
        assert.ok(
          iamActions.every((action) => /^[a-z0-9-]+:[A-Z][A-Za-z0-9]+$/.test(action)),
          name,
        );
        assert.ok(mutating || idempotent, `${name} reads, so it may be repeated`);
      }
    });
  }
});
