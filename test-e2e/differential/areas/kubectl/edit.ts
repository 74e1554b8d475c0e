import type { Scenario } from "../../scenario.ts";
import { webApplication } from "./manifests.ts";

/** Commands that change what is there. */
export const kubectlEditScenarios: readonly Scenario[] = [
  {
    name: "create, expose, run, set",
    async run(session) {
      await session.kubectl([
        "create",
        "deployment",
        "shop",
        "--image=example.test/shop",
        "--replicas=2",
        "--port=8080",
      ]);
      await session.kubectl(["expose", "deployment", "shop", "--port=80", "--target-port=8080"]);
      await session.kubectl(["create", "ingress", "shop", "--class=alb", "--rule=shop.example.test/*=shop:80"]);
      await session.kubectl(["create", "configmap", "settings", "--from-literal=a=b"]);
      await session.kubectl(["create", "secret", "generic", "key", "--from-literal=a=b"]);
      await session.kubectl(["create", "service", "loadbalancer", "front", "--tcp=443:8443"]);
      await session.kubectl(["create", "serviceaccount", "robot"]);
      await session.kubectl(["create", "role", "reader", "--verb=get", "--resource=pods"]);
      await session.kubectl([
        "create",
        "rolebinding",
        "reader",
        "--role=reader",
        `--serviceaccount=${session.namespace}:robot`,
      ]);
      await session.kubectl(["create", "quota", "limits", "--hard=pods=10"]);
      await session.kubectl(["create", "job", "once", "--image=example.test/once"]);
      await session.kubectl(["create", "cronjob", "nightly", "--image=example.test/nightly", "--schedule=0 3 * * *"]);
      await session.kubectl(["create", "token", "robot", "--duration=10s"]);
      await session.kubectl(["run", "single", "--image=example.test/single"]);
      await session.kubectl(["set", "image", "deployment/shop", "shop=example.test/shop:2"]);
      await session.kubectl(["set", "env", "deployment/shop", "MODE=green"]);
      await session.kubectl(["set", "resources", "deployment/shop", "--limits=cpu=1"]);
      await session.kubectl(["autoscale", "deployment", "shop", "--max=5"]);
      await session.kubectl(["rollout", "pause", "deployment/shop"]);
      await session.kubectl(["rollout", "pause", "deployment/shop"]);
      await session.kubectl(["rollout", "resume", "deployment/shop"]);
      await session.kubectl(["rollout", "status", "deployment/shop", "--watch=false"]);
    },
  },
  {
    name: "patch, label, annotate, scale",
    async run(session) {
      await session.kubectl(["apply", "-f", "-"], webApplication);
      await session.kubectl([
        "patch",
        "deployment",
        "web",
        "-p",
        '{"spec":{"template":{"spec":{"containers":[{"name":"web","image":"example.test/web:2"}]}}}}',
      ]);
      await session.kubectl(["patch", "service", "web", "--type=merge", "-p", '{"spec":{"type":"NodePort"}}']);
      await session.kubectl([
        "patch",
        "ingress",
        "web",
        "--type=json",
        "-p",
        '[{"op":"replace","path":"/spec/rules/0/host","value":"other.example.test"}]',
      ]);
      await session.kubectl([
        "patch",
        "ingress",
        "web",
        "--type=json",
        "-p",
        '[{"op":"remove","path":"/spec/nothing"}]',
      ]);
      await session.kubectl([
        "patch",
        "deployment",
        "web",
        "--subresource=status",
        "--type=merge",
        "-p",
        '{"status":{"observedGeneration":1}}',
      ]);
      await session.kubectl(["patch", "service", "nobody", "-p", "{}"]);
      await session.kubectl(["patch", "service", "web", "-p", '{"spec":{"clusterIP":"10.100.9.9"}}']);
      await session.kubectl(["label", "service", "web", "tier=front"]);
      await session.kubectl(["label", "service", "web", "tier=back"]);
      await session.kubectl(["label", "service", "web", "tier=back", "--overwrite"]);
      await session.kubectl(["label", "service", "web", "tier-"]);
      await session.kubectl(["label", "service", "web", "bad value=x"]);
      await session.kubectl(["annotate", "ingress", "web", "alb.ingress.kubernetes.io/target-type=ip"]);
      await session.kubectl(["annotate", "ingress", "web", "alb.ingress.kubernetes.io/target-type-"]);
      await session.kubectl(["scale", "deployment", "web", "--replicas=4"]);
      await session.kubectl(["scale", "deployment", "web", "--current-replicas=2", "--replicas=5"]);
      await session.kubectl(["replace", "-f", "-"], webApplication);
      await session.kubectl(["get", "deployment", "web", "-o", "yaml", "--show-managed-fields"]);
    },
  },
  {
    name: "delete",
    async run(session) {
      await session.kubectl(["apply", "-f", "-"], webApplication);
      await session.kubectl(["delete", "configmap", "settings", "--dry-run=server"]);
      await session.kubectl(["delete", "configmap", "settings"]);
      await session.kubectl(["delete", "configmap", "settings"]);
      await session.kubectl(["delete", "service", "-l", "app=nothing"]);
      await session.kubectl(["delete", "deployment", "web", "--cascade=background"]);
      await session.kubectl(["delete", "ingress", "--all"]);
      await session.kubectl(["delete", "service", "web", "--wait=false"]);
      await session.kubectl(["get", "all,ingress"]);
      await session.kubectl(["wait", "--for=delete", "service/web", "--timeout=5s"]);
      await session.kubectl(["wait", "--for=condition=Ready", "pod/nobody", "--timeout=1s"]);
    },
  },
];
