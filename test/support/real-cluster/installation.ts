import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { customKinds } from "../../../src/api/custom-kinds.ts";
import { apiVersion } from "../../../src/api/object.ts";
import { applyManifests, whenServed } from "../../../src/cli/apply-manifests.ts";
import { createKindFinder } from "../../../src/cli/kind-finder.ts";
import { readManifests } from "../../../src/cli/manifests.ts";
import { sleep, systemClock } from "../../../src/clock.ts";
import type { HttpHandler } from "../../../src/http.ts";
import { createKubeHttp } from "../../../src/kube/http-client.ts";
import { createKubeClient } from "../../../src/kube/rest-client.ts";
import type { TestControlPlane } from "../control-plane.ts";
import { textOf } from "./change-log.ts";

const serviceAccount = "/api/v1/namespaces/kube-system/serviceaccounts/fairlead";
/** Longer than any run of the tests. */
const tokenSeconds = 86_400;

/**
 * Applies `config/crd` and `config/rbac`, and fails when the server warns of anything in them. Resolves with the API as the
 * operator's service account sees it, once its rights are in effect.
 */
export async function installOperator(plane: TestControlPlane): Promise<HttpHandler> {
  const warnings: string[] = [];
  const http: HttpHandler = async (request) => {
    const response = await plane.admin.http(request);
    const { warning } = response.headers;
    if (warning !== undefined) warnings.push(`${request.method} ${request.path}: ${warning}`);
    return response;
  };
  const options = { http, clock: systemClock, random: Math.random };
  const kinds = createKindFinder(createKubeHttp(options));
  const apply = { kube: createKubeClient(options), kinds, clock: systemClock };
  for (const folder of ["crd", "rbac"]) {
    const files = (await readdir(config(folder))).filter((file) => file !== "kustomization.yaml");
    await applyManifests(await readManifests(files.map((file) => config(`${folder}/${file}`))), apply);
  }
  await Promise.all(customKinds.map((kind) => whenServed({ apiVersion: apiVersion(kind), kind: kind.kind }, apply)));
  assert.deepEqual(warnings, [], "warnings about config/crd or config/rbac");
  const { http: operator } = await plane.connect(await tokenOf(plane.admin.http));
  await untilAllowed(operator);
  return operator;
}

function config(path: string): string {
  return fileURLToPath(new URL(`../../../config/${path}`, import.meta.url));
}

async function tokenOf(http: HttpHandler): Promise<string> {
  const request = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { expirationSeconds: tokenSeconds },
  };
  const response = await http({
    method: "POST",
    path: `${serviceAccount}/token`,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
  });
  const text = await textOf(response);
  if (response.status !== 201) throw new Error(`no token for the operator: ${text}`);
  return (JSON.parse(text) as { readonly status: { readonly token: string } }).status.token;
}

/** The authoriser of the API server learns of new rules a moment after they were written. */
async function untilAllowed(operator: HttpHandler): Promise<void> {
  const paths = [
    "/api/v1/pods?limit=1",
    "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/aws-load-balancer-controller-leader",
  ];
  let refused = "";
  for (let tries = 0; tries < 500; tries++) {
    const answers = await Promise.all(paths.map((path) => operator({ method: "GET", path, headers: {} })));
    const texts = await Promise.all(answers.map(textOf));
    const at = answers.findIndex(({ status }) => status !== 200 && status !== 404);
    if (at < 0) return;
    refused = texts[at] ?? "";
    await sleep(systemClock, 20);
  }
  throw new Error(`the operator's rights do not come into effect: ${refused}`);
}
