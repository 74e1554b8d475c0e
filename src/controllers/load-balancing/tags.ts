import type { Tags } from "../../resources/elbv2/specs.ts";
import { InputError } from "./input-error.ts";

export interface TagSettings {
  /** On every AWS resource (`--default-tags`). */
  readonly defaultTags: Tags;
  /** Keys that somebody else sets on our resources (`--external-managed-tags`): neither written nor removed. */
  readonly externalManagedTags: readonly string[];
  /** Default tags give way to those of objects (gate `EnableDefaultTagsLowPriority`). */
  readonly defaultTagsLowPriority: boolean;
}

/** The tags of a resource beside its ownership tags; `layers` go from the weakest to the strongest. */
export function wantedTags(settings: TagSettings, layers: readonly Tags[]): Tags {
  const order = settings.defaultTagsLowPriority ? [settings.defaultTags, ...layers] : [...layers, settings.defaultTags];
  return sorted(Object.assign({}, ...order) as Tags);
}

/** Refuses tags whose key is reserved for somebody else. `field` names where the user wrote them. */
export function checkTags(tags: Tags, settings: TagSettings, field: string): Tags {
  const reserved = Object.keys(tags).find((key) => settings.externalManagedTags.includes(key));
  if (reserved === undefined) return tags;
  throw new InputError(
    `${field}: tag key ${reserved} is managed outside the cluster (--external-managed-tags) and cannot be set`,
    {
      reason: "InvalidAnnotation",
      field,
      value: reserved,
    },
  );
}

function sorted(tags: Tags): Tags {
  return Object.fromEntries(Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
