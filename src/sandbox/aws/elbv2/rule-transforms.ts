import { list, oneOf, required, string, structure, type ValueOf } from "../shapes.ts";
import { validationError } from "./errors.ts";

const rewrites = structure({
  Rewrites: list(
    structure({ Regex: required(string({ maxLength: 1024 })), Replace: required(string({ maxLength: 1024 })) }),
  ),
});

const transform = structure({
  Type: required(oneOf(["host-header-rewrite", "url-rewrite"])),
  HostHeaderRewriteConfig: rewrites,
  UrlRewriteConfig: rewrites,
});

export const transformList = list(transform);

/** Transforms as AWS stores them: at most one of each type, one rewrite each. Source: ELBv2 API, RuleTransform. */
export function storedTransforms(
  input: readonly ValueOf<typeof transform>[],
): readonly Readonly<Record<string, unknown>>[] {
  const types = new Set<string>();
  return input.map((one) => {
    if (types.has(one.Type)) throw validationError(`A rule can only have one transform of type '${one.Type}'`);
    types.add(one.Type);
    const host = one.Type === "host-header-rewrite";
    const [name, other] = host
      ? (["HostHeaderRewriteConfig", "UrlRewriteConfig"] as const)
      : (["UrlRewriteConfig", "HostHeaderRewriteConfig"] as const);
    if (one[other] !== undefined) throw validationError(`A '${other}' is not compatible with '${one.Type}'`);
    const given = one[name]?.Rewrites ?? [];
    if (given.length !== 1)
      throw validationError(`A '${name}' must have exactly one rewrite for a transform of type '${one.Type}'`);
    for (const { Regex: regex } of given) {
      try {
        void new RegExp(regex);
      } catch {
        throw validationError(`The regular expression '${regex}' is not valid`);
      }
    }
    return { Type: one.Type, [name]: { Rewrites: given } };
  });
}
