import assert from "node:assert/strict";
import type { KubeObject } from "../../../src/sandbox/kube/resource-definition.ts";
import { ApiClient, deployment } from "./api-client.ts";

const SERVICES = "/api/v1/namespaces/default/services";

interface ServiceSpec {
  readonly clusterIP?: string;
  readonly ports: readonly { readonly port: number; readonly nodePort?: number }[];
}

function service(name: string, spec: Record<string, unknown>): Record<string, unknown> {
  return { apiVersion: "v1", kind: "Service", metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } };
}

function specOf(object: unknown): ServiceSpec {
  return (object as { spec: ServiceSpec }).spec;
}

describe("services", () => {
  it("get an address of their own and node ports where they need them", async () => {
    const client = new ApiClient();
    const plain = specOf(await client.create(SERVICES, service("plain", {})));
    const balanced = specOf(await client.create(SERVICES, service("balanced", { type: "LoadBalancer" })));
    assert.match(plain.clusterIP ?? "", /^10\.100\.\d+\.\d+$/);
    assert.notEqual(plain.clusterIP, balanced.clusterIP);
    assert.equal(plain.ports[0]?.nodePort, undefined);
    const port = balanced.ports[0]?.nodePort ?? 0;
    assert.equal(port >= 30_000 && port <= 32_767, true);
  });

  it("keep both when they are applied again without them", async () => {
    const client = new ApiClient();
    const first = specOf(await client.create(SERVICES, service("a", { type: "NodePort" })));
    const { body } = await client.call(
      "PUT",
      `${SERVICES}/a`,
      service("a", { type: "NodePort", ports: [{ port: 80, targetPort: 8080 }] }),
    );
    assert.deepEqual(
      [specOf(body).clusterIP, specOf(body).ports[0]?.nodePort],
      [first.clusterIP, first.ports[0]?.nodePort],
    );
  });

  it("cannot take a node port that another has or that is out of range", async () => {
    const client = new ApiClient();
    await client.create(SERVICES, service("a", { type: "NodePort", ports: [{ port: 80, nodePort: 30_080 }] }));
    const taken = await client.call(
      "POST",
      SERVICES,
      service("b", { type: "NodePort", ports: [{ port: 80, nodePort: 30_080 }] }),
    );
    const outside = await client.call(
      "POST",
      SERVICES,
      service("b", { type: "NodePort", ports: [{ port: 80, nodePort: 80 }] }),
    );
    assert.deepEqual(
      [taken.body.message, outside.body.message],
      [
        'Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
        'Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
      ],
    );
    await client.call("DELETE", `${SERVICES}/a`);
    const free = await client.call(
      "POST",
      SERVICES,
      service("b", { type: "NodePort", ports: [{ port: 80, nodePort: 30_080 }] }),
    );
    assert.equal(free.status, 201);
  });
});

describe("pods", () => {
  it("start pending, with the service account of their namespace", async () => {
    const client = new ApiClient();
    await client.createAccount();
    const created = await client.create("/api/v1/namespaces/default/pods", {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "a" },
      spec: { containers: [{ name: "main", image: "x" }] },
      status: { phase: "Running" },
    });
    const spec = created["spec"] as { serviceAccountName: string; volumes: { name: string }[] };
    assert.equal(spec.serviceAccountName, "default");
    assert.match(spec.volumes[0]?.name ?? "", /^kube-api-access-.{5}$/);
    assert.deepEqual(created["status"], { phase: "Pending", qosClass: "BestEffort" });
  });

  it("are refused when their account is not there", async () => {
    const spec = { serviceAccountName: "robot", containers: [{ name: "main", image: "x" }] };
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "a" }, spec };
    const { status, body } = await new ApiClient().call("POST", "/api/v1/namespaces/default/pods", pod);
    assert.equal(status, 403);
    assert.equal(
      body.message,
      'pods "a" is forbidden: error looking up service account default/robot: serviceaccount "robot" not found',
    );
  });

  it("are bound to a node once", async () => {
    const client = new ApiClient();
    await client.createAccount();
    const path = "/api/v1/namespaces/default/pods";
    await client.create(path, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "a" },
      spec: { containers: [{ name: "m", image: "x" }] },
    });
    const binding = {
      apiVersion: "v1",
      kind: "Binding",
      metadata: { name: "a" },
      target: { kind: "Node", name: "n1" },
    };
    assert.equal((await client.call("POST", `${path}/a/binding`, binding)).status, 201);
    const { body } = await client.get(`${path}/a`);
    assert.equal((body["spec"] as { nodeName: string }).nodeName, "n1");
    assert.equal((await client.call("POST", `${path}/a/binding`, binding)).status, 409);
    const { body: listed } = await client.get("/api/v1/pods?fieldSelector=spec.nodeName%3Dn1");
    assert.equal((listed["items"] as unknown[]).length, 1);
  });
});

describe("ingresses", () => {
  const ingress = (name: string, metadata: Record<string, unknown> = {}): Record<string, unknown> => ({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name, ...metadata },
    spec: { defaultBackend: { service: { name: "a", port: { number: 80 } } } },
  });

  it("get the default class, unless an annotation names one", async () => {
    const client = new ApiClient();
    await client.create("/apis/networking.k8s.io/v1/ingressclasses", {
      apiVersion: "networking.k8s.io/v1",
      kind: "IngressClass",
      metadata: { name: "alb", annotations: { "ingressclass.kubernetes.io/is-default-class": "true" } },
      spec: { controller: "ingress.k8s.aws/alb" },
    });
    const path = "/apis/networking.k8s.io/v1/namespaces/default/ingresses";
    const given = await client.create(path, ingress("a"));
    const annotated = await client.create(
      path,
      ingress("b", { annotations: { "kubernetes.io/ingress.class": "nginx" } }),
    );
    assert.deepEqual(
      [given, annotated].map((object) => (object["spec"] as { ingressClassName?: string }).ingressClassName),
      ["alb", undefined],
    );
  });
});

describe("events", () => {
  it("are one storage behind two APIs", async () => {
    const client = new ApiClient();
    await client.create("/api/v1/namespaces/default/events", {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: "e" },
      involvedObject: { kind: "Pod", namespace: "default", name: "p" },
      reason: "Started",
      message: "all is well",
      type: "Normal",
      count: 2,
      source: { component: "tester" },
    });
    const { body } = await client.get("/apis/events.k8s.io/v1/namespaces/default/events/e");
    assert.deepEqual(
      [body["apiVersion"], body["note"], body["deprecatedCount"]],
      ["events.k8s.io/v1", "all is well", 2],
    );
    assert.deepEqual(body["regarding"], { kind: "Pod", namespace: "default", name: "p" });
  });
});

describe("scale", () => {
  it("changes the replicas of a deployment and nothing else", async () => {
    const client = new ApiClient();
    const path = "/apis/apps/v1/namespaces/default/deployments";
    await client.create(path, deployment("a"));
    const { body: scale } = await client.get(`${path}/a/scale`);
    assert.deepEqual([scale["spec"], scale["status"]], [{ replicas: 1 }, { replicas: 0, selector: "app=a" }]);
    const put = await client.call("PUT", `${path}/a/scale`, { ...scale, spec: { replicas: 4 } });
    assert.deepEqual(put.body["spec"], { replicas: 4 });
    const { body } = await client.get(`${path}/a`);
    assert.equal((body["spec"] as { replicas: number }).replicas, 4);
    assert.equal((body as unknown as KubeObject).metadata.generation, 2);
    const negative = await client.patch(`${path}/a/scale`, "merge", { spec: { replicas: -1 } });
    assert.deepEqual(
      [negative.status, negative.body.message],
      [422, 'Scale.autoscaling "a" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    );
  });
});

describe("identity", () => {
  it("of service accounts comes in tokens that the API knows again", async () => {
    const client = new ApiClient();
    const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } };
    await client.create("/api/v1/namespaces/default/serviceaccounts", account);
    const { status, body } = await client.call("POST", "/api/v1/namespaces/default/serviceaccounts/default/token", {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: { audiences: ["sts.amazonaws.com"], expirationSeconds: 900 },
    });
    assert.equal(status, 201);
    const { token, expirationTimestamp } = body["status"] as { token: string; expirationTimestamp: string };
    assert.equal(expirationTimestamp, "2026-01-01T00:15:00Z");
    const review = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } };
    const known = await client.call("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review);
    assert.equal(
      (known.body["status"] as { user: { username: string } }).user.username,
      "system:serviceaccount:default:default",
    );
    await client.clock.advance(901_000);
    const late = await client.call("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review);
    assert.equal((late.body["status"] as { authenticated?: boolean }).authenticated, undefined);
  });

  it("may do everything", async () => {
    const { body } = await new ApiClient().call("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes: { verb: "delete", resource: "nodes" } },
    });
    assert.deepEqual(body["status"], { allowed: true });
  });
});
