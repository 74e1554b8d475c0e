import type { Scenario } from "../../scenario.ts";
import type { Session } from "../../session.ts";
import { withQuery } from "../query.ts";

const selecting = [
  "",
  " ",
  "tier=web",
  "tier==web",
  " tier = web ",
  "tier!=web",
  "tier",
  "!tier",
  "! tier",
  "tier in (web)",
  "tier in (web,db)",
  "tier in ( web , db )",
  "tier in(web)",
  "tier notin (web,db)",
  "tier in (web,)",
  "tier in (,web)",
  "tier in ()",
  "tier in (web,,db)",
  "tier=",
  "tier!=",
  "tier=web,zone=a",
  "tier=web,zone!=a",
  "tier=web,!zone",
  "tier,zone in (a,b),weight>5",
  "weight>5",
  "weight>10",
  "weight<10",
  "weight>-1",
  "weight<11",
  "example.com/part=one",
  "in=in",
  "notin",
  "in in (in)",
  "tier=web,tier=db",
  "tier=web,",
  ",tier=web",
  "tier in (web),zone notin (b)",
];

const malformed = [
  "tier=we b",
  "tier=web zone=a",
  "tier in web",
  "tier in (web",
  "tier in web)",
  "tier in",
  "tier notin",
  "tier isin (web)",
  "=web",
  "!",
  "!tier=web",
  "(tier)",
  "tier==",
  "tier===web",
  "tier=!web",
  "tier>web",
  "weight>",
  "weight>1.5",
  "weight<a",
  "tier>=1",
  "tier=-web",
  "tier=web-",
  "tier=_",
  "tier=web$",
  `tier=${"w".repeat(64)}`,
  `${"t".repeat(64)}=web`,
  "-tier=web",
  "tier-=web",
  "a/b/c=d",
  "/tier=web",
  "example.com/=x",
  "Example.com/tier=x",
  "tier in (we b)",
  "tier in (-web,db)",
  "tier,,zone",
  "tier=web,,zone=a",
  "tier web",
  "!!tier",
  "$",
  "tier;zone",
  "tier in (web) zone",
  "tier=web)",
];

export const labelSelectorScenarios: readonly Scenario[] = [
  {
    name: "label selectors that select",
    async run(session) {
      const path = await labelled(session);
      for (const labelSelector of selecting) await session.get(withQuery(path, { labelSelector }));
    },
  },
  {
    name: "label selectors that cannot be read",
    async run(session) {
      const path = session.at("v1", "configmaps");
      for (const labelSelector of malformed) await session.get(withQuery(path, { labelSelector }));
    },
  },
  {
    name: "label selectors given twice, in a watch and in a deletion",
    async run(session) {
      const path = await labelled(session);
      await session.get(`${path}?labelSelector=tier%3Dweb&labelSelector=tier%3Ddb`);
      await session.get(withQuery(path, { labelSelector: "tier in", watch: "true" }));
      await session.delete(withQuery(path, { labelSelector: "tier in" }));
      await session.get(withQuery(path, { labelSelector: "tier in", fieldSelector: "colour=blue" }));
    },
  },
];

async function labelled(session: Session): Promise<string> {
  const path = session.at("v1", "configmaps");
  const sets: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    a: { tier: "web", zone: "a", weight: "10" },
    b: { tier: "db", zone: "b", weight: "5" },
    c: { tier: "", weight: "heavy" },
    d: { zone: "a", "example.com/part": "one", weight: "-3" },
    e: { in: "in", notin: "", exists: "x" },
  };
  for (const [name, labels] of Object.entries(sets))
    await session.silently("POST", path, { metadata: { name, labels } });
  await session.silently("POST", path, { metadata: { name: "f" } });
  return path;
}
