import type { Scenario } from "../../scenario.ts";
import { webApplication } from "./manifests.ts";

const edited = webApplication.replace("replicas: 2", "replicas: 3").replace("colour: blue", "shade: dark");

/** kubectl apply on the client's and the server's side, diff, prune, and what is refused. */
export const kubectlApplyScenarios: readonly Scenario[] = [
  {
    name: "apply on the client's side",
    async run(session) {
      await session.kubectl(["apply", "-f", "-", "--dry-run=server"], webApplication);
      await session.kubectl(["apply", "-f", "-"], webApplication);
      await session.kubectl(["apply", "-f", "-"], webApplication);
      await session.kubectl(["diff", "-f", "-"], edited);
      await session.kubectl(["apply", "-f", "-"], edited);
      await session.kubectl(["apply", "view-last-applied", "configmap/settings"]);
      await session.kubectl(["get", "configmap", "settings", "-o", "yaml"]);
      await session.kubectl(["delete", "-f", "-", "--wait=false"], webApplication);
      await session.kubectl(["delete", "-f", "-", "--wait=false"], webApplication);
      await session.kubectl(["delete", "-f", "-", "--ignore-not-found", "--wait=false"], webApplication);
    },
  },
  {
    name: "apply on the server's side",
    async run(session) {
      await session.kubectl(["apply", "--server-side", "-f", "-"], webApplication);
      await session.kubectl(["apply", "--server-side", "-f", "-"], webApplication);
      await session.kubectl(["apply", "--server-side", "--field-manager=other", "-f", "-"], edited);
      await session.kubectl(
        ["apply", "--server-side", "--field-manager=other", "--force-conflicts", "-f", "-"],
        edited,
      );
      await session.kubectl(["get", "deployment", "web", "-o", "yaml", "--show-managed-fields"]);
      await session.kubectl(["diff", "--server-side", "--force-conflicts", "-f", "-"], webApplication);
    },
  },
  {
    name: "from the client's side to the server's",
    async run(session) {
      await session.kubectl(["apply", "-f", "-"], webApplication);
      await session.kubectl(["apply", "--server-side", "-f", "-"], webApplication);
      await session.kubectl(["apply", "--server-side", "-f", "-"], edited);
      await session.kubectl(["get", "deployment,configmap", "-o", "yaml", "--show-managed-fields"]);
      await session.kubectl(["apply", "-f", "-"], webApplication);
    },
  },
  {
    name: "what is refused",
    async run(session) {
      const service = (spec: string): string =>
        `{"apiVersion":"v1","kind":"Service","metadata":{"name":"bad"},"spec":${spec}}`;
      await session.kubectl(["apply", "-f", "-"], service('{"ports":[{"port":99999}]}'));
      await session.kubectl(["apply", "-f", "-"], service('{"ports":[{"port":"http"}]}'));
      await session.kubectl(["apply", "-f", "-"], service('{"prots":[{"port":80}]}'));
      await session.kubectl(["apply", "-f", "-", "--validate=warn"], service('{"prots":[],"ports":[{"port":80}]}'));
      await session.kubectl(["apply", "-f", "-", "--validate=ignore"], service('{"prots":[],"ports":[{"port":80}]}'));
      await session.kubectl(["apply", "-f", "-"], '{"apiVersion":"v1","kind":"Widget","metadata":{"name":"bad"}}');
      await session.kubectl(
        ["apply", "-f", "-"],
        '{"apiVersion":"example.test/v1","kind":"Widget","metadata":{"name":"a"}}',
      );
      await session.kubectl(["apply", "-f", "-"], webApplication);
      const otherSelector = webApplication.replaceAll("app: web", "app: other");
      await session.kubectl(["apply", "-f", "-"], otherSelector);
      await session.kubectl(["create", "-f", "-"], webApplication);
      await session.kubectl(["create", "configmap", "Settings"]);
    },
  },
];
