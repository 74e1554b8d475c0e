import type { Entry } from "../../aws/inventory-collection.ts";
import { hasTags } from "../../aws/tags.ts";
import type { CallContext } from "../../engine/resource-type.ts";
import type { Resource } from "../../engine/stack.ts";
import { ownershipTags } from "../tagging.ts";
import { nameTaken, notShownYet } from "./context.ts";

/**
 * What a create came upon under its name, if it bears the ownership tags or the user handed it over; it is never touched
 * otherwise. `read` gives undefined while AWS does not show it yet.
 *
 * @throws AppError `conflict` that names the holder of the name and how to adopt it.
 */
export async function requireOurs<Item>(
  found: { readonly what: string; readonly arn: string; readonly read: () => Promise<Entry<Item> | undefined> },
  resource: Resource<{ readonly name: string }>,
  context: CallContext,
): Promise<Entry<Item>> {
  const entry = await found.read();
  if (entry === undefined) throw notShownYet(found.arn);
  const isOurs = hasTags(entry.tags, ownershipTags(resource, context));
  if (isOurs || resource.adopt === found.arn || resource.adopt === entry.name) return entry;
  throw nameTaken(found.what, resource.spec.name, found.arn);
}
