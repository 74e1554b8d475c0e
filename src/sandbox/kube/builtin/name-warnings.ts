import type { KubeObject } from "../resource-definition.ts";
import { dnsLabel, dnsSubdomain } from "./name-rules.ts";

const SURPRISING = "which can result in surprising behavior; a DNS label is recommended";

/** What the API server says of names that become host names, and are no labels of DNS. `use` is what they are used in. */
export function hostNameWarnings({ metadata: { name } }: KubeObject, use: string): readonly string[] {
  const onlyDots = name.includes(".") && name.length <= 63 && dnsSubdomain(name).length === 0;
  const problems = onlyDots ? ["must not contain dots"] : dnsLabel(name);
  return problems.length === 0 ? [] : [`metadata.name: this is used in ${use}, ${SURPRISING}: [${problems.join(" ")}]`];
}
