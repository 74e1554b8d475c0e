import type { Scenario } from "../../scenario.ts";
import { everydayObjects, webApplication } from "./manifests.ts";

const everyday =
  "deployments,services,ingresses,configmaps,secrets,serviceaccounts,pods,jobs,cronjobs,hpa,pdb,netpol,roles,rolebindings,pvc,quota,sts,ds";

/** kubectl get, describe, explain. */
export const kubectlReadScenarios: readonly Scenario[] = [
  {
    name: "get in every form",
    async run(session) {
      await session.kubectl(["apply", "-f", "-"], webApplication + "---\n" + everydayObjects);
      for (const kind of everyday.split(",")) {
        await session.kubectl(["get", kind]);
        await session.kubectl(["get", kind, "-o", "wide"]);
      }
      await session.kubectl(["get", "all"]);
      await session.kubectl(["get", "deployment", "web", "-o", "yaml"]);
      await session.kubectl(["get", "deployment", "web", "-o", "json", "--show-managed-fields"]);
      await session.kubectl(["get", "svc,ing", "-o", "name"]);
      await session.kubectl(["get", "svc", "web", "-o", "jsonpath={.spec.ports[0].port}"]);
      await session.kubectl(["get", "deploy", "-o", "custom-columns=NAME:.metadata.name,REPLICAS:.spec.replicas"]);
      await session.kubectl(["get", "deploy", "-l", "app=web", "--show-labels"]);
      await session.kubectl(["get", "pods", "--field-selector", "status.phase=Pending"]);
      await session.kubectl(["get", "pods", "--field-selector", "spec.colour=blue"]);
      await session.kubectl(["get", "pod", "nobody"]);
      await session.kubectl(["get", "widgets"]);
      await session.kubectl(["get", "deploy", "--sort-by", ".metadata.name"]);
      await session.kubectl(["get", "--raw", `/api/v1/namespaces/${session.namespace}`]);
      await session.kubectl(["get", "namespaces", session.namespace]);
      await session.kubectl(["get", "cm", "--chunk-size", "1"]);
    },
  },
  {
    name: "describe",
    async run(session) {
      await session.kubectl(["apply", "-f", "-"], webApplication + "---\n" + everydayObjects);
      for (const name of [
        "deployment/web",
        "service/web",
        "ingress/web",
        "configmap/settings",
        "secret/key",
        "serviceaccount/robot",
        "pod/single",
        "job/once",
        "cronjob/nightly",
        "hpa/web",
        "pdb/web",
        "networkpolicy/closed",
        "role/reader",
        "rolebinding/reader",
        "pvc/disk",
        "quota/limits",
        "statefulset/store",
        "daemonset/agent",
        `namespace/${session.namespace}`,
      ]) {
        await session.kubectl(["describe", name]);
      }
    },
  },
  {
    name: "explain and api resources",
    async run(session) {
      await session.kubectl(["explain", "deployment.spec.strategy"]);
      await session.kubectl(["explain", "ingress.spec.rules.http.paths"]);
      await session.kubectl(["explain", "service.spec.ports", "--recursive"]);
      await session.kubectl(["explain", "pod.spec.nothing"]);
      await session.kubectl(["api-versions"]);
      await session.kubectl(["api-resources", "--namespaced=false", "-o", "wide"]);
      await session.kubectl(["api-resources", "--api-group=apps"]);
      await session.kubectl(["cluster-info"]);
      await session.kubectl(["version"]);
      await session.kubectl(["auth", "can-i", "create", "deployments"]);
      await session.kubectl(["auth", "whoami"]);
    },
  },
];
