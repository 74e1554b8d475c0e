import nock from "nock";

/** Root hooks: no test reaches the network beyond this machine, and none leaves an expected call unmade. */
export const mochaHooks = {
  beforeAll(): void {
    nock.disableNetConnect();
    nock.enableNetConnect(/^(127\.0\.0\.1|localhost)(:\d+)?$/);
  },
  afterEach(): void {
    const pending = nock.pendingMocks();
    nock.cleanAll();
    if (pending.length > 0) throw new Error(`expected calls were not made: ${pending.join(", ")}`);
  },
};
