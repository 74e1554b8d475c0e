import { AwsError } from "../aws-error.ts";
import { list, required, string, structure } from "../shapes.ts";
import { tooMany, validationError } from "./errors.ts";
import type { Tags } from "./model.ts";

const tag = structure({
  Key: required(string({ minLength: 1, maxLength: 128, pattern: /^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$/u })),
  Value: string({ maxLength: 256, pattern: /^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$/u }),
});

/** The parameter `Tags` of creates and of AddTags. */
export const tagList = list(tag, { min: 1 });

const tagsPerResource = 50;

/** The tags after `given` is added to `before`; refuses what ELBv2 refuses. */
export function mergedTags(
  before: ReadonlyMap<string, string>,
  given: readonly { readonly Key: string; readonly Value: string | undefined }[] | undefined,
): Tags {
  const merged: Tags = new Map(before);
  const seen = new Set<string>();
  for (const { Key: key, Value: value } of given ?? []) {
    if (seen.has(key)) throw new AwsError("DuplicateTagKeys", `The tag key '${key}' was specified more than once`);
    seen.add(key);
    if (key.toLowerCase().startsWith("aws:"))
      throw validationError(`The tag key '${key}' is reserved: tag keys cannot start with 'aws:'`);
    merged.set(key, value ?? "");
  }
  if (merged.size > tagsPerResource)
    throw tooMany("TooManyTags", `The maximum number of tags per resource '${tagsPerResource}' has been reached`);
  return merged;
}

export function tagsToWire(tags: ReadonlyMap<string, string>): { Key: string; Value: string }[] {
  return [...tags].map(([key, value]) => ({ Key: key, Value: value }));
}
