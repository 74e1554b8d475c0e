import { patching, type Verdict, webhookScenario } from "../../reviewer.ts";

const maps = "configmaps";
const encode = (text: string): string => Buffer.from(text).toString("base64");

const denials: Readonly<Record<string, Verdict>> = {
  plain: { allowed: false },
  absent: {},
  message: { allowed: false, status: { message: "because" } },
  reason: { allowed: false, status: { reason: "Expired" } },
  code: { allowed: false, status: { code: 418, message: "teapot" } },
  "low code": { allowed: false, status: { code: 200, message: "fine" } },
  "own status": {
    allowed: false,
    status: {
      status: "Success",
      code: 422,
      reason: "Invalid",
      message: "bad field",
      details: { name: "n", kind: "k", causes: [{ reason: "FieldValueInvalid", message: "m", field: "f" }] },
    },
  },
  retry: {
    allowed: false,
    status: { code: 429, reason: "TooManyRequests", message: "slowly", details: { retryAfterSeconds: 7 } },
  },
  "server error": { allowed: false, status: { code: 500, message: "own fault" } },
  warnings: { allowed: false, warnings: ["look out"], status: { message: "and no" } },
};

const mishaps: Readonly<Record<string, Verdict>> = {
  "status 500": { http: { status: 500, body: "went wrong" } },
  "status 500 with a Status": {
    http: {
      status: 500,
      body: JSON.stringify({
        kind: "Status",
        apiVersion: "v1",
        status: "Failure",
        message: "own words",
        reason: "InternalError",
        code: 500,
      }),
    },
  },
  "status 404": { http: { status: 404, body: "nothing here", headers: { "content-type": "text/plain" } } },
  "status 403": { http: { status: 403, body: "" } },
  "status 302": { http: { status: 302, body: "", headers: { location: "https://127.0.0.1:1/" } } },
  "no JSON": { http: { body: "plain words" } },
  empty: { http: { body: "" } },
  "empty object": { http: { body: "{}" } },
  "no response": { http: { body: JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview" }) } },
  "no uid": {
    http: {
      body: JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response: { allowed: true } }),
    },
  },
  "other uid": { uid: "other", allowed: true },
  "other version": {
    http: {
      body: JSON.stringify({
        apiVersion: "admission.k8s.io/v1beta1",
        kind: "AdmissionReview",
        response: { allowed: true },
      }),
    },
  },
  "other kind": { http: { body: JSON.stringify({ apiVersion: "v1", kind: "ConfigMap" }) } },
  "allowed as text": { allowed: "yes" },
  "patch without a type": { allowed: true, patch: encode("[]") },
  "type without a patch": { allowed: true, patchType: "JSONPatch" },
  "empty type": { allowed: true, patch: encode("[]"), patchType: "" },
  "type of another kind": {
    allowed: true,
    patch: encode(`[{"op":"add","path":"/data","value":{}}]`),
    patchType: "MergePatch",
  },
  "patch that is no base64": { allowed: true, patch: "%%%", patchType: "JSONPatch" },
  "patch that is no JSON": { allowed: true, patch: encode("nonsense"), patchType: "JSONPatch" },
  "patch that is an object": { allowed: true, patch: encode("{}"), patchType: "JSONPatch" },
  "empty patch": { allowed: true, patch: encode("[]"), patchType: "JSONPatch" },
  "patch with a test that fails": patching({ op: "test", path: "/data/k", value: "other" }),
  "patch that removes what is not there": patching({ op: "remove", path: "/data/missing" }),
  "patch that replaces what is not there": patching({ op: "replace", path: "/data/missing", value: "v" }),
  "patch that adds under what is not there": patching({ op: "add", path: "/spec/deep/er", value: "v" }),
  "patch of the wrong type": patching({ op: "add", path: "/data/k", value: 1 }),
  "patch with an unknown operation": patching({ op: "merge", path: "/data", value: {} }),
  "patch when denied": { ...patching({ op: "add", path: "/data/k", value: "1" }), allowed: false },
};

/** What the API server makes of what webhooks answer. */
export const webhookAnswerScenarios = [
  webhookScenario("denials", async (session, webhooks) => {
    await webhooks.register("Mutating", "admission-denials", [
      webhooks.webhook("/mutating", { objectSelector: { matchLabels: { by: "mutating" } }, failurePolicy: "Ignore" }),
    ]);
    await webhooks.register("Validating", "admission-denials", [
      webhooks.webhook("/validating", {
        objectSelector: { matchLabels: { by: "validating" } },
        failurePolicy: "Ignore",
      }),
    ]);
    for (const [what, verdict] of Object.entries(denials)) {
      session.note(what, "begins");
      for (const by of ["mutating", "validating"]) {
        webhooks.on(`/${by}`, () => verdict);
        await session.post(session.at("v1", maps), { metadata: { name: "a", labels: { by } } });
      }
    }
    await session.get(session.at("v1", maps));
  }),

  webhookScenario("denials of update, patch and delete", async (session, webhooks) => {
    await webhooks.register("Validating", "admission-denials", [
      webhooks.webhook("/validating", { objectSelector: { matchLabels: { by: "validating" } } }),
    ]);
    const path = session.at("v1", maps);
    await session.post(path, { metadata: { name: "a", labels: { by: "validating" } }, data: { k: "v" } });
    await session.post(path, { metadata: { name: "b" } });
    webhooks.on("/validating", () => ({ allowed: false, status: { message: "kept as it is" } }));
    await session.put(`${path}/a`, { metadata: { name: "a" } });
    await session.patch(`${path}/a`, "merge", { data: { k: "w" } });
    await session.apply(
      `${path}/a`,
      "me",
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { k: "x" } },
      "&force=true",
    );
    await session.delete(`${path}/a`);
    await session.delete(path);
    await session.get(`${path}/a`);
    webhooks.on("/validating", () => ({ allowed: true, warnings: ["gone now"] }));
    await session.delete(`${path}/a`);
  }),

  ...(["Fail", "Ignore"] as const).map((failurePolicy) =>
    webhookScenario(`mishaps with failurePolicy ${failurePolicy}`, async (session, webhooks) => {
      await webhooks.register("Mutating", "admission-mishaps", [
        webhooks.webhook("/mutating", { objectSelector: { matchLabels: { by: "mutating" } }, failurePolicy }),
      ]);
      await webhooks.register("Validating", "admission-mishaps", [
        webhooks.webhook("/validating", { objectSelector: { matchLabels: { by: "validating" } }, failurePolicy }),
      ]);
      for (const [what, verdict] of Object.entries(mishaps)) {
        session.note(what, "begins");
        for (const by of ["mutating", "validating"]) {
          webhooks.on(`/${by}`, (request) => {
            session.alias(String(request.uid), "uid of the review");
            return verdict;
          });
          await session.post(`${session.at("v1", maps)}?dryRun=All`, {
            metadata: { name: "a", labels: { by } },
            data: { k: "v" },
          });
        }
      }
    }),
  ),

  ...(["Fail", "Ignore"] as const).map((failurePolicy) =>
    webhookScenario(`webhooks out of reach with failurePolicy ${failurePolicy}`, async (session, webhooks) => {
      const other = { failurePolicy };
      const selected = (by: string): Record<string, unknown> => ({ ...other, objectSelector: { matchLabels: { by } } });
      const clients: Record<string, Record<string, unknown>> = {
        refused: { clientConfig: { url: "https://127.0.0.1:1/refused", caBundle: webhooks.caBundle } },
        untrusted: { clientConfig: { url: `${webhooks.url}/untrusted` } },
        misnamed: {
          clientConfig: {
            url: `${webhooks.url.replace("127.0.0.1", "localhost")}/misnamed`,
            caBundle: webhooks.caBundle,
          },
        },
        slow: { timeoutSeconds: 1 },
      };
      webhooks.on("/slow", () => new Promise(() => undefined));
      session.alias(webhooks.url.replace("https://127.0.0.1", "localhost"), "webhooks by name");
      for (const kind of ["Mutating", "Validating"] as const) {
        const hooks = Object.entries(clients).map(([by, extra]) =>
          webhooks.webhook(`/${by}`, { ...selected(`${kind.toLowerCase()}-${by}`), ...extra }),
        );
        await webhooks.register(kind, "admission-unreachable", hooks);
      }
      for (const kind of ["mutating", "validating"]) {
        for (const by of Object.keys(clients)) {
          await session.post(session.at("v1", maps), {
            metadata: { name: `${kind}-${by}`, labels: { by: `${kind}-${by}` } },
          });
        }
      }
      webhooks.reviewed("what came through");
    }),
  ),

  webhookScenario("warnings", async (session, webhooks) => {
    const path = session.at("v1", maps);
    await webhooks.register("Mutating", "admission-warnings", [
      webhooks.webhook("/first"),
      webhooks.webhook("/second"),
    ]);
    await webhooks.register("Validating", "admission-warnings", [webhooks.webhook("/last")]);
    const sets: Record<string, readonly string[]> = {
      single: ["one"],
      several: ["one", "two", "one"],
      odd: ['with "quotes" and \\ strokes', "two\nlines", "ünï → cödé", "", " spaces "],
      long: ["x".repeat(300)],
      many: Array.from({ length: 30 }, (_, index) => `${index} ${"y".repeat(200)}`),
      huge: Array.from({ length: 12 }, (_, index) => `${index} ${"z".repeat(1000)}`),
    };
    for (const [name, warnings] of Object.entries(sets)) {
      webhooks.on("/first", () => ({ allowed: true, warnings }));
      await session.post(path, { metadata: { name } });
    }
    webhooks.on("/first", () => ({ allowed: true, warnings: ["of the first"] }));
    webhooks.on("/second", () => ({ allowed: true, warnings: ["of the second", "of the first"] }));
    webhooks.on("/last", () => ({ allowed: true, warnings: ["of the last"], auditAnnotations: { k: "v" } }));
    await session.post(path, { metadata: { name: "all" } });
    await session.post(path, { metadata: { name: "all" }, unknown: 1 });
    await session.delete(path);
  }),

  webhookScenario("side effects and dry run", async (session, webhooks) => {
    const path = session.at("v1", maps);
    for (const sideEffects of ["None", "NoneOnDryRun"]) {
      const by = sideEffects.toLowerCase();
      await webhooks.register("Mutating", `admission-effects-${by}`, [
        webhooks.webhook("/m", { sideEffects, objectSelector: { matchLabels: { by } } }),
      ]);
      await session.post(`${path}?dryRun=All`, { metadata: { name: "a", labels: { by } } });
      await session.post(path, { metadata: { name: "a", labels: { by } } });
      await session.patch(`${path}/a?dryRun=All`, "merge", { data: { k: "v" } });
      await session.delete(`${path}/a`, { dryRun: ["All"] });
      await session.delete(`${path}/a`);
      webhooks.reviewed(sideEffects);
    }
    await session.post("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations", {
      metadata: { name: "admission-effects-some" },
      webhooks: [webhooks.webhook("/m", { sideEffects: "Some" })],
    });
  }),
];
