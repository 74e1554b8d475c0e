import assert from "node:assert/strict";
import { type Difference, describeDifference, differencesOf, matches } from "./compare.ts";
import type { Area, Scenario } from "./scenario.ts";
import { type ComparedServer, startOwnServers } from "./servers.ts";
import { Session } from "./session.ts";

/** What the comparison of an area has come to. */
export interface AreaResult {
  readonly area: string;
  readonly requests: number;
  /** Requests with a known difference in their answers. */
  readonly differing: number;
}

interface Servers {
  readonly real: ComparedServer;
  readonly embedded: ComparedServer;
}

/** Compares one scenario; fails with every difference that is not known. */
export async function runScenario(
  area: Area,
  scenario: Scenario,
  servers: Servers,
): Promise<{ readonly requests: number; readonly differences: readonly Difference[] }> {
  const namespace = `${area.name}-${scenario.name}`
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 60)
    .replace(/-+$/, "");
  const talkedTo = scenario.ownServers === true ? await startOwnServers() : servers;
  const [real, embedded] = await Promise.all([
    converse(talkedTo.real, namespace, scenario),
    converse(talkedTo.embedded, namespace, scenario),
  ]).finally(async () => {
    if (talkedTo !== servers) await Promise.all([talkedTo.real.close(), talkedTo.embedded.close()]);
  });
  const differences = differencesOf(scenario.name, real.exchanges, embedded.exchanges);
  const unknown = differences.filter(
    (difference) => !area.knownDifferences.some((known) => matches(known, difference)),
  );
  const report = unknown.map(describeDifference).join("\n");
  assert.equal(unknown.length, 0, `${unknown.length} differences of ${real.exchanges.length} requests:\n${report}`);
  return { requests: real.exchanges.length, differences };
}

async function converse(server: ComparedServer, namespace: string, scenario: Scenario): Promise<Session> {
  const session = new Session(server, namespace);
  const root = `/api/v1/namespaces`;
  const made = await session.silently("POST", root, { metadata: { name: namespace } });
  if (made.status !== 201) throw new Error(`${server.name}: namespace ${namespace}: ${JSON.stringify(made.body)}`);
  // No controllers run beside the servers; Pods are not admitted without it.
  await session.silently("POST", `${root}/${namespace}/serviceaccounts`, { metadata: { name: "default" } });
  await session.silently("DELETE", `${root}/${namespace}/configmaps/kube-root-ca.crt`);
  try {
    await scenario.run(session);
  } catch (error) {
    throw new Error(`${server.name}: ${(error as Error).message}`, { cause: error });
  } finally {
    await session.close();
    await session.silently("DELETE", `${root}/${namespace}`);
  }
  return session;
}
