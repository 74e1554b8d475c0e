import { stopSharedControlPlane } from "../../test/support/control-plane.ts";
import { stopClusters } from "../../test/support/real-cluster/pool.ts";

// Read by test/support: whole-operator tests run against a real API server.
process.env["FAIRLEAD_TEST_KUBE"] = "real";

export const mochaHooks = {
  async afterAll(): Promise<void> {
    await stopClusters();
    await stopSharedControlPlane();
  },
};
