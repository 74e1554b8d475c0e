import type { Tags } from "../../resources/elbv2/specs.ts";
import { checkTags } from "../load-balancing/tags.ts";
import type { MemberView } from "./member-view.ts";

/** The `tags` annotation of an Ingress. */
export function memberTags(view: MemberView): Tags {
  return checkTags(
    view.annotations.map("tags") ?? {},
    view.settings.tags,
    `metadata.annotations[${view.annotations.key("tags")}]`,
  );
}

/** The tags of its class. */
export function paramsTags(view: MemberView): Tags {
  const tags = Object.fromEntries((view.params.tags ?? []).map(({ key, value }) => [key, value]));
  return checkTags(tags, view.settings.tags, "spec.tags of IngressClassParams");
}

/** Class over annotation: what the member contributes to resources of the whole group. */
export function groupTags(view: MemberView): Tags {
  return { ...memberTags(view), ...paramsTags(view) };
}
