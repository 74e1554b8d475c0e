import { stopSharedControlPlane } from "../../test/support/control-plane.ts";

// Read by test/support: whole-operator tests run against a real API server.
process.env["FAIRLEAD_TEST_KUBE"] = "real";

export const mochaHooks = {
  async afterAll(): Promise<void> {
    await stopSharedControlPlane();
  },
};
