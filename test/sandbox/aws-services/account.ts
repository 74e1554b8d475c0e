import { ACMClient } from "@aws-sdk/client-acm";
import { EC2Client } from "@aws-sdk/client-ec2";
import { EKSClient } from "@aws-sdk/client-eks";
import { IAMClient } from "@aws-sdk/client-iam";
import { ShieldClient } from "@aws-sdk/client-shield";
import { STSClient } from "@aws-sdk/client-sts";
import { WAFV2Client } from "@aws-sdk/client-wafv2";
import { type AwsSandboxOptions, createAwsSandbox } from "../../../src/sandbox/aws/aws-sandbox.ts";
import { inProcessHandler } from "../../../src/sandbox/aws/in-process-handler.ts";
import { SimClock } from "../../support/sim-clock.ts";

/** A sandbox on simulated time and the real SDK clients that talk to it. */
export function openAccount(options: Partial<AwsSandboxOptions> = {}) {
  const clock = new SimClock();
  const sandbox = createAwsSandbox({ clock, region: "us-west-2", clusterName: "sandbox", ...options });
  const config = {
    region: sandbox.region,
    credentials: sandbox.credential,
    maxAttempts: 1,
    requestHandler: inProcessHandler(sandbox.handle),
    systemClockOffset: clock.now() - Date.now(),
  };
  return {
    clock,
    sandbox,
    ec2: new EC2Client(config),
    iam: new IAMClient(config),
    sts: new STSClient(config),
    eks: new EKSClient(config),
    acm: new ACMClient(config),
    wafv2: new WAFV2Client(config),
    shield: new ShieldClient(config),
  };
}

/** The wire code of the error that a call ends with; fails when it succeeds. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    const { Code, name } = error as { readonly Code?: string; readonly name: string };
    return Code ?? name;
  }
  throw new Error("the call was expected to fail");
}
