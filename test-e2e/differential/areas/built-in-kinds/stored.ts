import type { Scenario } from "../../scenario.ts";
import type { Session } from "../../session.ts";
import { leastObjects } from "./least.ts";
import { type Sample, samples } from "./objects.ts";
import { richObjects } from "./rich.ts";

/** What becomes of objects when they are created, written back as read, and deleted. */
export const storedScenarios: readonly Scenario[] = [
  ...samples(leastObjects).map((sample) => scenario("the least", sample)),
  ...samples(richObjects).map((sample) => scenario("much of", sample)),
];

function scenario(what: string, sample: Sample): Scenario {
  const { kind, metadata } = sample.object as Sample["object"] & { readonly kind: string };
  return {
    name: `${what} ${kind} ${metadata.name} of ${sample.apiVersion}`,
    async run(session) {
      await session.silently("POST", session.at("v1", "serviceaccounts"), { metadata: { name: "default" } });
      await keep(session, inNamespace(sample, session.namespace));
    },
  };
}

function inNamespace(sample: Sample, namespace: string): Sample {
  const text = JSON.stringify(sample.object).replaceAll("$NAMESPACE", namespace);
  return { ...sample, object: JSON.parse(text) as Sample["object"] };
}

async function keep(session: Session, { apiVersion, plural, object, clusterScoped }: Sample): Promise<void> {
  const path = clusterScoped
    ? `${apiVersion.includes("/") ? "/apis" : "/api"}/${apiVersion}/${plural}`
    : session.at(apiVersion, plural);
  const { name } = object.metadata;
  await session.post(path, object);
  const { body } = await session.get(`${path}/${name}`);
  await session.put(`${path}/${name}`, body);
  await session.patch(`${path}/${name}`, "merge", { metadata: { labels: { changed: "yes" } } });
  await session.delete(`${path}/${name}`, { gracePeriodSeconds: 0 });
  await session.get(`${path}/${name}`);
  if (clusterScoped)
    await session.silently(
      "PATCH",
      `${path}/${name}`,
      { metadata: { finalizers: null } },
      { contentType: "application/merge-patch+json" },
    );
}
