import { readFile } from "node:fs/promises";
import type { HttpRequest, HttpResponse } from "../../src/http.ts";
import { type HttpServer, serve } from "../../src/sandbox/http-server.ts";
import type { Scenario } from "./scenario.ts";
import type { Body, Session } from "./session.ts";

/** What a webhook of the test says: the members of `response` beside the uid, or a whole HTTP answer. */
export type Verdict =
  | Readonly<Record<string, unknown>>
  | { readonly http: Partial<HttpResponse> & { readonly body: string } };

export type Decide = (request: Body) => Verdict | Promise<Verdict>;

const registration = "/apis/admissionregistration.k8s.io/v1";
const allowed: Decide = () => ({ allowed: true });

/** The webhooks of a scenario, on a port of their own, which keep the reviews that the API server sends. */
export class Reviewer {
  readonly #session: Session;
  readonly #server: HttpServer;
  readonly #caBundle: string;
  readonly #decisions: Map<string, Decide>;
  readonly #reviews: { path: string; review: Body }[];
  readonly #configurations: string[] = [];
  #registered = 0;

  private constructor(
    session: Session,
    server: HttpServer,
    caBundle: string,
    { decisions, reviews }: { decisions: Map<string, Decide>; reviews: { path: string; review: Body }[] },
  ) {
    this.#session = session;
    this.#server = server;
    this.#caBundle = caBundle;
    this.#decisions = decisions;
    this.#reviews = reviews;
  }

  static async start(session: Session): Promise<Reviewer> {
    const decisions = new Map<string, Decide>();
    const reviews: { path: string; review: Body }[] = [];
    const [key, cert, ca] = await Promise.all(["server-a.key", "server-a.pem", "ca-a.pem"].map(fixture));
    const handler = async (http: HttpRequest): Promise<HttpResponse> => {
      const path = new URL(http.path, "https://webhook.test").pathname;
      const review = JSON.parse(textOf(http)) as Body;
      if (path === "/marker") return answer(review, { allowed: false, status: { message: "in effect" } });
      reviews.push({ path: http.path, review });
      const verdict = await (decisions.get(path) ?? allowed)(review.request);
      if ("http" in verdict) {
        const given = verdict["http"] as Partial<HttpResponse> & { readonly body: string };
        return { status: 200, headers: { "content-type": "application/json" }, ...given };
      }
      return answer(review, verdict);
    };
    const server = await serve(handler, { port: 0, tls: { key: key ?? "", cert: cert ?? "" } });
    session.alias(`127.0.0.1:${server.port}`, "webhooks");
    return new Reviewer(session, server, Buffer.from(ca ?? "").toString("base64"), { decisions, reviews });
  }

  /** What is said to reviews that come to a path; without it all is allowed. */
  on(path: string, decide: Decide): void {
    this.#decisions.set(path, decide);
  }

  /** A webhook at a path, which sees ConfigMaps of the scenario's namespace unless `extra` says otherwise. */
  webhook(path: string, extra: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
    return {
      name: `${path.slice(1).replaceAll("/", "-")}.admission.test`,
      clientConfig: { url: `${this.#server.url}${path}`, caBundle: this.#caBundle },
      rules: [{ operations: ["*"], apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"] }],
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": this.#session.namespace } },
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
      ...extra,
    };
  }

  get caBundle(): string {
    return this.#caBundle;
  }

  get url(): string {
    return this.#server.url;
  }

  /** Registers webhooks, and waits until the API server heeds them. */
  async register(
    kind: "Mutating" | "Validating",
    name: string,
    webhooks: readonly Readonly<Record<string, unknown>>[],
  ): Promise<void> {
    const path = `${registration}/${kind.toLowerCase()}webhookconfigurations`;
    const label = `${this.#session.namespace.slice(-50)}-${this.#registered++}`;
    // A webhook of the same configuration that nothing else can match: once it refuses, all of them are in effect.
    const marker = this.webhook("/marker", {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "default" } },
      objectSelector: { matchLabels: { "admission-marker": label } },
    });
    const made = await this.#session.silently("POST", path, {
      metadata: { name },
      webhooks: [...webhooks, marker],
    });
    if (made.status !== 201) throw new Error(`configuration ${name}: ${JSON.stringify(made.body)}`);
    this.#configurations.push(`${path}/${name}`);
    const probe = { metadata: { name: "admission-marker", labels: { "admission-marker": label } } };
    for (const end = Date.now() + 20_000; ; ) {
      const { status } = await this.#session.silently(
        "POST",
        "/api/v1/namespaces/default/configmaps?dryRun=All",
        probe,
      );
      if (status >= 400) return;
      if (Date.now() > end) throw new Error(`the configuration ${name} does not come into effect`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Records the reviews that have come since the last time: in order, or sorted where the order is left to chance. */
  reviewed(what: string, order: "in order" | "sorted" = "in order"): void {
    const reviews = this.#reviews.splice(0).map(({ path, review }) => ({ path, review: withoutChance(review) }));
    if (order === "sorted") reviews.sort((a, b) => (a.path < b.path ? -1 : 1));
    this.#session.compared(`reviews of ${what}`, reviews);
  }

  async close(): Promise<void> {
    for (const path of this.#configurations) await this.#session.silently("DELETE", path);
    await this.#server.close();
  }
}

/** A scenario with webhooks of its own. */
export function webhookScenario(name: string, run: (session: Session, reviewer: Reviewer) => Promise<void>): Scenario {
  return {
    name,
    async run(session) {
      const reviewer = await Reviewer.start(session);
      try {
        await run(session, reviewer);
      } finally {
        await reviewer.close();
      }
    },
  };
}

/** A verdict that changes the object. */
export function patching(...operations: readonly Readonly<Record<string, unknown>>[]): Verdict {
  return {
    allowed: true,
    patchType: "JSONPatch",
    patch: Buffer.from(JSON.stringify(operations)).toString("base64"),
  };
}

function fixture(name: string): Promise<string> {
  return readFile(new URL(`../../test/fixtures/tls/${name}`, import.meta.url), "utf8");
}

function textOf({ body }: HttpRequest): string {
  return typeof body === "string" ? body : Buffer.from((body as Uint8Array | undefined) ?? []).toString("utf8");
}

function answer(review: Body, verdict: Verdict): HttpResponse {
  const { apiVersion, kind, request } = review;
  return {
    status: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ apiVersion, kind, response: { uid: request.uid, ...verdict } }),
  };
}

/** The uid of a review is new each time, and who the administrator is differs between the servers. */
function withoutChance(review: Body): Body {
  const { request, ...rest } = review;
  const { uid, userInfo, ...others } = request;
  const impersonated = String(userInfo?.username).startsWith("admission-");
  return {
    ...rest,
    request: {
      ...others,
      uid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uid) ? "<a uid>" : uid,
      userInfo: impersonated ? userInfo : typeof userInfo?.username,
    },
  };
}
