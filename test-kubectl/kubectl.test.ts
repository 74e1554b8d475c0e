import assert from "node:assert/strict";
import { type KubectlSandbox, missingKubectl, startKubectlSandbox } from "./kubectl-sandbox.ts";
import { ingressManifest, lakeDefinition, lakeManifest, webManifests } from "./manifests.ts";

describe("a stock kubectl against the sandbox", function () {
  this.timeout(120_000);
  let sandbox: KubectlSandbox;

  before(async function () {
    const missing = missingKubectl();
    if (missing !== undefined) {
      process.stderr.write(`kubectl suite skipped: ${missing}\n`);
      this.skip();
    }
    sandbox = await startKubectlSandbox();
    await sandbox.ok(["create", "namespace", "game"]);
    await sandbox.apply(webManifests, ["-n", "game"]);
    await sandbox.apply(ingressManifest, ["-n", "game"]);
    await sandbox.apply(lakeDefinition);
    await sandbox.ok(["wait", "--for=condition=Established", "crd/lakes.example.com", "--timeout=10s"]);
    await sandbox.ok(["rollout", "status", "deployment/web", "-n", "game", "--timeout=30s"]);
  });

  after(async () => {
    if (missingKubectl() === undefined) await sandbox.stop();
  });

  const inGame = (...args: string[]): Promise<string> => sandbox.ok([...args, "-n", "game"]);

  it("lists resources, versions and the two nodes", async () => {
    const found = await sandbox.ok(["api-resources", "--no-headers"]);
    assert.match(found, /^ingresses +ing +networking\.k8s\.io\/v1 +true +Ingress$/m);
    assert.match(found, /^lakes +lk +example\.com\/v1 +true +Lake$/m);
    assert.match(await sandbox.ok(["api-versions"]), /^apps\/v1$/m);
    assert.match(await sandbox.ok(["get", "nodes"]), /ip-192-168-32-10\S+ +Ready +<none> +\d+s +v1\.33/);
  });

  it("prints the server's tables, plain and wide", async () => {
    assert.match(await inGame("get", "deployment"), /NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +2\/2 +2 +2 /);
    assert.match(
      await inGame("get", "pods", "-o", "wide"),
      /READINESS GATES\nweb-\S+ +1\/1 +Running +0 +\d+s +192\.168\./,
    );
    assert.match(await inGame("get", "ingress"), /web +alb +game\.example\.com +80 /);
    assert.match(await inGame("get", "svc", "web"), /web +ClusterIP +10\.100\.\S+ +<none> +80\/TCP /);
    assert.match(await inGame("get", "endpointslices"), /web-\w+ +IPv4 +8080 +192\.168\.\S+,192\.168\.\S+ /);
    assert.match(await sandbox.ok(["get", "all", "-A"]), /deployment\.apps\/web/);
  });

  it("prints objects as YAML, JSON, names, JSONPath and custom columns", async () => {
    assert.match(await inGame("get", "deploy/web", "-o", "yaml"), /\n {2}progressDeadlineSeconds: 600\n/);
    const json = JSON.parse(await inGame("get", "deploy/web", "-o", "json")) as { spec: { replicas: number } };
    assert.equal(json.spec.replicas, 2);
    assert.equal(await inGame("get", "deploy", "-o", "name"), "deployment.apps/web\n");
    assert.equal(await inGame("get", "svc", "web", "-o", "jsonpath={.spec.ports[0].targetPort}"), "http");
    assert.equal(
      await inGame("get", "deploy", "-o", "custom-columns=NAME:.metadata.name,N:.spec.replicas"),
      "NAME   N\nweb    2\n",
    );
  });

  it("selects by label and by field", async () => {
    assert.match(await inGame("get", "pods", "-l", "app=web", "--no-headers"), /^(web-.*\n){2}$/);
    const empty = await sandbox.run(["get", "pods", "-n", "game", "-l", "app in (other)"]);
    assert.match(empty.stderr, /No resources found in game namespace/);
    assert.match(
      await inGame("get", "pods", "--field-selector", "status.phase=Running", "--no-headers"),
      /^(web-.*\n){2}$/,
    );
    assert.equal(await inGame("get", "pods", "--field-selector", "metadata.name=none", "--no-headers"), "");
    assert.match(await inGame("get", "pods", "--show-labels"), /app=web,pod-template-hash=/);
  });

  it("watches changes", async () => {
    const watching = sandbox.follow(["get", "configmaps", "-n", "game", "-w"], /watched +1 /);
    await watching.started;
    await inGame("create", "configmap", "watched", "--from-literal=a=b");
    assert.match(await watching.output, /NAME +DATA +AGE\n(.*\n)*watched +1 /);
  });

  it("describes objects with their events", async () => {
    const ingress = await inGame("describe", "ingress", "web");
    assert.match(ingress, /game\.example\.com +\n +\/ +web:80 \(192\.168\./);
    assert.match(await inGame("describe", "svc", "web"), /Endpoints: +192\.168\.\d+\.\d+:8080,192\.168/);
    assert.match(
      await inGame("describe", "deploy", "web"),
      /Replicas: +2 desired \| 2 updated \| 2 total \| 2 available/,
    );
    assert.match(await sandbox.ok(["describe", "node"]), /ProviderID: +aws:\/\/\/us-west-2a\/i-/);
  });

  it("explains built-in and custom kinds", async () => {
    assert.match(await sandbox.ok(["explain", "ingress.spec.rules.http.paths"]), /pathType\s+<string> -required-\n/);
    assert.match(await sandbox.ok(["explain", "deploy.spec.strategy"]), /Type of deployment\. Can be "Recreate"/);
    const lake = await sandbox.ok(["explain", "lake.spec"]);
    assert.match(lake, /VERSION: +v1/);
    assert.match(lake, /depth\s+<integer> -required-\n +Depth in metres\./);
    assert.match(await sandbox.ok(["explain", "lakes", "--recursive"]), /fish\s+<\[\]Object>/);
  });

  it("applies on the client side without a change the second time", async () => {
    const again = await sandbox.apply(webManifests, ["-n", "game"]);
    assert.equal(again, "deployment.apps/web unchanged\nservice/web unchanged\n");
    const changed = await sandbox.apply(webManifests.replace("nginx:1.27", "nginx:1.28"), ["-n", "game"]);
    assert.match(changed, /deployment\.apps\/web configured/);
    await inGame("rollout", "status", "deployment/web", "--timeout=30s");
    assert.equal(
      await inGame("get", "deploy", "web", "-o", "jsonpath={..containers[*].ports[*].containerPort}"),
      "8080",
    );
    assert.match(await inGame("rollout", "history", "deployment/web"), /\n2 /);
    await inGame("rollout", "undo", "deployment/web");
    await inGame("rollout", "status", "deployment/web", "--timeout=30s");
    assert.equal(await inGame("get", "deploy", "web", "-o", "jsonpath={..containers[*].image}"), "nginx:1.27");
  });

  it("applies on the server side, twice, with conflicts and with force", async () => {
    const manifest = lakeManifest.replace("constance", "geneva");
    const apply = (text: string, ...args: string[]): ReturnType<KubectlSandbox["run"]> =>
      sandbox.run(["apply", "--server-side", "-n", "game", "-f", "-", ...args], { input: text });
    assert.equal((await apply(manifest)).stdout, "lake.example.com/geneva serverside-applied\n");
    const version = await inGame("get", "lake", "geneva", "-o", "jsonpath={.metadata.resourceVersion}");
    assert.equal((await apply(manifest)).code, 0);
    assert.equal(await inGame("get", "lake", "geneva", "-o", "jsonpath={.metadata.resourceVersion}"), version);
    const other = await apply(manifest.replace("250", "310"), "--field-manager=other");
    assert.equal(other.code, 1);
    assert.match(other.stderr, /conflict with "kubectl": \.spec\.depth/);
    assert.equal((await apply(manifest.replace("250", "310"), "--field-manager=other", "--force-conflicts")).code, 0);
    assert.equal(await inGame("get", "lake", "geneva", "-o", "jsonpath={.spec.depth}"), "310");
    assert.match(await inGame("get", "lake", "geneva", "-o", "yaml", "--show-managed-fields"), /manager: other/);
  });

  it("patches in every way", async () => {
    const annotation = (name: string): Promise<string> =>
      inGame("get", "svc", "web", "-o", `jsonpath={.metadata.annotations.${name}}`);
    await inGame("patch", "svc", "web", "-p", '{"metadata":{"annotations":{"strategic":"yes"}}}');
    await inGame("patch", "svc", "web", "--type=merge", "-p", '{"metadata":{"annotations":{"merge":"yes"}}}');
    const operations = '[{"op":"add","path":"/metadata/annotations/json","value":"yes"}]';
    await inGame("patch", "svc", "web", "--type=json", "-p", operations);
    for (const name of ["strategic", "merge", "json"]) assert.equal(await annotation(name), "yes");
    const image = '{"spec":{"template":{"spec":{"containers":[{"name":"nginx","image":"nginx:1.26"}]}}}}';
    await inGame("patch", "deploy", "web", "-p", image);
    assert.equal(await inGame("get", "deploy", "web", "-o", "jsonpath={..containers[*].ports[*].name}"), "http");
  });

  it("edits, labels, annotates and replaces", async () => {
    await sandbox.ok(["edit", "ingress/web", "-n", "game"], {
      env: { EDITOR: "sed -i s/game.example.com/play.example.com/" },
    });
    assert.equal(await inGame("get", "ingress", "web", "-o", "jsonpath={.spec.rules[0].host}"), "play.example.com");
    await inGame("label", "ingress", "web", "team=red");
    await inGame("annotate", "ingress", "web", "alb.ingress.kubernetes.io/scheme=internal");
    assert.match(await inGame("get", "ingress", "-l", "team=red", "-o", "name"), /ingress\.networking\.k8s\.io\/web/);
    const current = await inGame("get", "ingress", "web", "-o", "yaml");
    const input = current.replaceAll("play.example.com", "game.example.com");
    await sandbox.ok(["replace", "-n", "game", "-f", "-"], { input });
    assert.equal(await inGame("get", "ingress", "web", "-o", "jsonpath={.spec.rules[0].host}"), "game.example.com");
  });

  it("scales Deployments and custom kinds and waits for the result", async () => {
    await inGame("scale", "deployment/web", "--replicas=4");
    await inGame("rollout", "status", "deployment/web", "--timeout=30s");
    assert.match(await inGame("get", "deploy", "web", "--no-headers"), /web +4\/4 /);
    await inGame("wait", "--for=condition=Ready", "pod", "-l", "app=web", "--timeout=30s");
    await sandbox.apply(lakeManifest, ["-n", "game"]);
    await inGame("scale", "lake/constance", "--replicas=7");
    assert.match(await inGame("get", "lakes", "constance"), /NAME +DEPTH +AGE\nconstance +250 /);
    assert.equal(await inGame("get", "lake", "constance", "-o", "jsonpath={.spec.boats}"), "7");
  });

  it("shows what an apply would change", async () => {
    const args = ["diff", "-n", "game", "-f", "-"];
    assert.equal((await sandbox.run(args, { input: lakeManifest.replace("constance", "ammer") })).code, 1);
    await sandbox.apply(lakeManifest.replace("constance", "ammer"), ["-n", "game"]);
    assert.equal((await sandbox.run(args, { input: lakeManifest.replace("constance", "ammer") })).code, 0);
    const changed = lakeManifest.replace("constance", "ammer").replace("250", "251");
    assert.match((await sandbox.run(args, { input: changed })).stdout, /-  depth: 250\n\+  depth: 251/);
    const dry = await sandbox.apply(changed, ["-n", "game", "--dry-run=server"]);
    assert.match(dry, /configured \(server dry run\)/);
  });

  it("refuses bad input with the API server's words", async () => {
    const refused = async (input: string): Promise<string> => {
      const result = await sandbox.run(["apply", "-n", "game", "-f", "-"], { input });
      assert.notEqual(result.code, 0);
      return result.stderr;
    };
    assert.match(
      await refused(
        ingressManifest.replace("name: web", "name: bad").replace("pathType: Prefix", "pathType: Sometimes"),
      ),
      /spec\.rules\[0\]\.http\.paths\[0\]\.pathType: Unsupported value: "Sometimes": supported values: "Exact", "ImplementationSpecific", "Prefix"/,
    );
    assert.match(
      await refused(lakeManifest.replace("250", "0")),
      /spec\.depth: Invalid value: 0: .*greater than or equal to 1/,
    );
    assert.match(
      await refused(lakeManifest.replace("depth: 250", "deep: 250")),
      /unknown field "spec\.deep"|strict decoding error/,
    );
    assert.match(
      await refused(webManifests.replaceAll("{ app: web }", "{ app: other }").split("---")[0] ?? ""),
      /spec\.selector: Invalid value: .*field is immutable/,
    );
  });

  it("makes tokens and answers who may do what", async () => {
    assert.match(await sandbox.ok(["create", "token", "default", "-n", "game"]), /^[\w-]+\.[\w-]+\.[\w-]+\n?$/);
    assert.equal(await sandbox.ok(["auth", "can-i", "create", "pods"]), "yes\n");
    assert.match(await sandbox.ok(["auth", "whoami"]), /Username +kubernetes-admin/);
  });

  it("lists events", async () => {
    await sandbox.apply(
      // Without the line, newer kubectls take it for JSON.
      `---\n{apiVersion: v1, kind: Event, metadata: {name: e1, namespace: game}, involvedObject: {kind: Ingress, namespace: game, name: web, apiVersion: networking.k8s.io/v1}, reason: Ready, message: is ready, type: Normal, count: 2, firstTimestamp: "2026-01-01T00:00:00Z", lastTimestamp: "2026-01-01T00:00:00Z", source: {component: fairlead}}`,
    );
    assert.match(await inGame("events", "--for", "ingress/web"), /Normal +Ready +Ingress\/web +is ready/);
    assert.match(await inGame("get", "events"), /Normal +Ready +ingress\/web +is ready/);
  });

  it("deletes objects and waits until they are gone", async () => {
    const pod = (await inGame("get", "pods", "-o", "name")).split("\n")[0] ?? "";
    await inGame("delete", pod, "--wait=false");
    await inGame("wait", "--for=delete", pod, "--timeout=30s");
    await inGame("delete", "deployment", "web");
    await inGame("wait", "--for=delete", "pod", "-l", "app=web", "--timeout=30s");
    assert.equal(await inGame("get", "rs,pods", "-o", "name"), "");
  });

  it("deletes a namespace completely", async () => {
    await sandbox.ok(["create", "namespace", "gone"]);
    await sandbox.apply(webManifests, ["-n", "gone"]);
    await sandbox.apply(lakeManifest, ["-n", "gone"]);
    await sandbox.ok(["rollout", "status", "deployment/web", "-n", "gone", "--timeout=30s"]);
    await sandbox.ok(["delete", "namespace", "gone", "--timeout=40s"]);
    assert.equal((await sandbox.run(["get", "namespace", "gone"])).code, 1);
    assert.equal(
      await sandbox.ok([
        "get",
        "pods,lakes,deployments",
        "-A",
        "--no-headers",
        "--field-selector=metadata.namespace=gone",
      ]),
      "",
    );
  });
});
