import type { Context } from "mocha";
import nock from "nock";

/** Root hooks: no test reaches the network beyond this machine, and none leaves an expected call unmade. */
export const mochaHooks = {
  async beforeAll(this: Context): Promise<void> {
    nock.disableNetConnect();
    nock.enableNetConnect(/^(127\.0\.0\.1|localhost)(:\d+)?$/);
    this.timeout(60_000);
    await loadSdks();
  },
  afterEach(): void {
    const pending = nock.pendingMocks();
    nock.cleanAll();
    if (pending.length > 0) throw new Error(`expected calls were not made: ${pending.join(", ")}`);
  },
};

/**
 * The program loads the SDK of a service at its first call. Simulated time does not wait for the disk: on a busy machine
 * that first call would run into its time limit.
 */
async function loadSdks(): Promise<void> {
  await Promise.all([
    import("@aws-sdk/client-acm"),
    import("@aws-sdk/client-ec2"),
    import("@aws-sdk/client-eks"),
    import("@aws-sdk/client-elastic-load-balancing-v2"),
    import("@aws-sdk/client-iam"),
    import("@aws-sdk/client-shield"),
    import("@aws-sdk/client-sts"),
    import("@aws-sdk/client-wafv2"),
  ]);
}
