import assert from "node:assert/strict";
import { DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { createAwsSandbox } from "../../../src/sandbox/aws/aws-sandbox.ts";
import { createEc2 } from "../../../src/sandbox/aws/ec2/service.ts";
import { inProcessHandler } from "../../../src/sandbox/aws/in-process-handler.ts";
import { SimClock } from "../../support/sim-clock.ts";

describe("EC2 in the sandbox", () => {
  it("lists six subnets in three zones", async () => {
    const sandbox = createAwsSandbox({ clock: new SimClock(), services: [createEc2] });
    const ec2 = new EC2Client({
      region: sandbox.region,
      credentials: sandbox.credential,
      maxAttempts: 1,
      requestHandler: inProcessHandler(sandbox.handle),
    });
    const { Subnets } = await ec2.send(new DescribeSubnetsCommand({}));
    assert.equal(Subnets?.length, 6);
  });
});
