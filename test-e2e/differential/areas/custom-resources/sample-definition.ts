import type { Body, RawAnswer, Session } from "../../session.ts";

export const group = "custom-resources.differential.test";
export const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** A definition that is in order; `plural` has to be the scenario's own. */
export function definition(plural: string, openAPIV3Schema: object, version: object = {}, spec: object = {}): Body {
  const kind = plural.charAt(0).toUpperCase() + plural.slice(1, -1);
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural, singular: plural.slice(0, -1), kind, listKind: `${kind}List` },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema }, ...version }],
      ...spec,
    },
  };
}

/** The schema of an object with one member, `spec`. */
export function specSchema(spec: object, rest: object = {}): object {
  return { type: "object", properties: { spec }, ...rest };
}

/** A custom kind that is served for as long as `use` runs. */
export async function withKind(session: Session, crd: Body, use: (kind: ServedKind) => Promise<void>): Promise<void> {
  const { name } = crd.metadata;
  await session.silently("DELETE", `${crds}/${name}`);
  await session.until(`${crds}/${name}`, ({ status }) => status === 404);
  const made = await session.silently("POST", crds, crd);
  if (made.status !== 201) throw new Error(`definition ${name}: ${JSON.stringify(made.body)}`);
  try {
    const kind = new ServedKind(session, crd);
    await session.until(kind.path(), ({ status }) => status === 200);
    await use(kind);
  } finally {
    await session.silently("DELETE", `${crds}/${name}`);
    await session.until(`${crds}/${name}`, ({ status }) => status === 404);
  }
}

/** Requests for the objects of a custom kind. */
export class ServedKind {
  readonly session: Session;
  readonly crd: Body;

  constructor(session: Session, crd: Body) {
    this.session = session;
    this.crd = crd;
  }

  /** Path of the collection in the scenario's namespace, or of one object of it. */
  path(...rest: readonly string[]): string {
    return this.pathIn(this.crd.spec.versions[0].name, ...rest);
  }

  pathIn(version: string, ...rest: readonly string[]): string {
    const apiVersion = `${this.crd.spec.group}/${version}`;
    return this.crd.spec.scope === "Cluster"
      ? [`/apis/${apiVersion}/${this.crd.spec.names.plural}`, ...rest].join("/")
      : this.session.at(apiVersion, this.crd.spec.names.plural, ...rest);
  }

  object(name: string, content: object = {}): Body {
    return {
      apiVersion: `${this.crd.spec.group}/${this.crd.spec.versions[0].name}`,
      kind: this.crd.spec.names.kind,
      metadata: { name },
      ...content,
    };
  }

  create(name: string, content: object = {}, query = ""): Promise<RawAnswer> {
    return this.session.post(this.path() + query, this.object(name, content), { anyOrder: true });
  }

  /** Creates an object of each content, numbered from 1. */
  async createEach(contents: readonly object[], query = ""): Promise<void> {
    for (const [index, content] of contents.entries()) await this.create(`case-${index + 1}`, content, query);
  }

  /** Creates an object with each of these as its `spec`. */
  createSpecs(specs: readonly unknown[], query = ""): Promise<void> {
    return this.createEach(
      specs.map((spec) => ({ spec })),
      query,
    );
  }

  /** Replaces the definition, and returns when objects are served by it: when `done` holds of a dry run's answer. */
  async redefine(crd: Body, probe: object, done: (answer: RawAnswer) => boolean): Promise<void> {
    const { name } = crd.metadata;
    const { body } = await this.session.silently("GET", `${crds}/${name}`);
    const updated = await this.session.silently("PUT", `${crds}/${name}`, { ...body, spec: crd.spec });
    if (updated.status !== 200) throw new Error(`definition ${name}: ${JSON.stringify(updated.body)}`);
    for (const end = Date.now() + 20_000; ; ) {
      const answer = await this.session.silently("POST", `${this.path()}?dryRun=All`, this.object("probe", probe));
      if (done(answer)) return;
      if (Date.now() > end) throw new Error(`the new definition of ${name} is not served`);
    }
  }
}
