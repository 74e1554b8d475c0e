import type { FargateProfileApiSpec } from "../../api/fargate-profile.ts";
import { canonicalJson } from "../../json.ts";
import type { FargateSelectorSpec } from "../../resources/eks/fargate-profile-spec.ts";
import type { ProblemList } from "../problem-list.ts";

/** Which pods run on Fargate ("Fargate profiles", wildcards): `*` stands for any characters and `?` for one. */

const mostSelectors = 5;
const mostLabels = 5;
const namespacePattern = /^[a-z0-9*?]([-a-z0-9*?]{0,61}[a-z0-9*?])?$/;

/** The selectors as EKS gets them; what EKS would refuse is a Problem. */
export function checkedSelectors(
  given: FargateProfileApiSpec["selectors"],
  problems: ProblemList,
): readonly FargateSelectorSpec[] {
  const invalid = (field: string, message: string, value?: string): void =>
    problems.error("InvalidSpec", field, message, value);
  if (given.length < 1 || given.length > mostSelectors)
    invalid("spec.selectors", `has ${given.length} selectors; a profile has 1 to ${mostSelectors}`);
  const seen = new Map<string, number>();
  return given.map(({ namespace, labels = {} }, index) => {
    const field = `spec.selectors[${index}]`;
    if (!namespacePattern.test(namespace))
      invalid(
        `${field}.namespace`,
        `is "${namespace}"; allowed are 1 to 63 lower-case letters, digits, hyphens, * and ?`,
        namespace,
      );
    const count = Object.keys(labels).length;
    if (count > mostLabels) invalid(`${field}.labels`, `has ${count} labels; a selector has at most ${mostLabels}`);
    if ("" in labels) invalid(`${field}.labels`, "has a label without a key");
    const selector = { namespace, labels };
    const text = canonicalJson(selector);
    const twin = seen.get(text);
    if (twin !== undefined) invalid(field, `is the same as spec.selectors[${twin}]`);
    seen.set(text, index);
    return selector;
  });
}

/** Whether a pod is one of those: any selector will do, and all of its labels must match. */
export function selectsPod(
  selectors: readonly FargateSelectorSpec[],
  pod: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> },
): boolean {
  return selectors.some(
    ({ namespace, labels }) =>
      patternsMeet(namespace, pod.namespace) &&
      Object.entries(labels).every(([key, value]) =>
        Object.entries(pod.labels).some(
          ([podKey, podValue]) => patternsMeet(key, podKey) && patternsMeet(value, podValue),
        ),
      ),
  );
}

/** Whether some pod could match both selectors. */
export function selectorsMeet(a: FargateSelectorSpec, b: FargateSelectorSpec): boolean {
  if (!patternsMeet(a.namespace, b.namespace)) return false;
  // A key without wildcards that both name has one value in a pod.
  return Object.entries(a.labels).every(([key, value]) => {
    const other = b.labels[key];
    return other === undefined || /[*?]/.test(key) || patternsMeet(value, other);
  });
}

/** Whether some text fits both patterns. */
export function patternsMeet(a: string, b: string): boolean {
  // reachable[j]: the part of `a` read so far and the first j characters of `b` have a text in common.
  let reachable: boolean[] = [true];
  for (let j = 1; j <= b.length; j++) reachable[j] = reachable[j - 1] === true && b[j - 1] === "*";
  for (let i = 1; i <= a.length; i++) {
    const next: boolean[] = [reachable[0] === true && a[i - 1] === "*"];
    for (let j = 1; j <= b.length; j++) {
      const [one, other] = [a[i - 1], b[j - 1]];
      next[j] =
        one === "*" || other === "*"
          ? reachable[j] === true || next[j - 1] === true || reachable[j - 1] === true
          : (one === other || one === "?" || other === "?") && reachable[j - 1] === true;
    }
    reachable = next;
  }
  return reachable[b.length] === true;
}
