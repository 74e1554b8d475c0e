import { defineOperation, type Operation } from "../service.ts";
import { list, required, string } from "../shapes.ts";
import type { Elbv2State } from "./state.ts";
import { mergedTags, tagList, tagsToWire } from "./tags.ts";

const arns = required(list(string(), { min: 1, max: 20 }));

/** AddTags, RemoveTags, DescribeTags: one resource that is not there refuses the whole call. */
export function tagOperations(state: Elbv2State): readonly Operation[] {
  return [
    defineOperation({
      name: "AddTags",
      mutating: true,
      bucket: "writes",
      input: { ResourceArns: arns, Tags: required(tagList) },
      handle(input) {
        const changes = input.ResourceArns.map((arn) => {
          const resource = state.getTagged(arn);
          return { resource, tags: mergedTags(resource.tags, input.Tags) };
        });
        for (const { resource, tags } of changes) for (const [key, value] of tags) resource.tags.set(key, value);
        return {};
      },
    }),
    defineOperation({
      name: "RemoveTags",
      mutating: true,
      bucket: "writes",
      input: {
        ResourceArns: arns,
        TagKeys: required(list(string({ minLength: 1, maxLength: 128 }), { min: 1 })),
      },
      handle(input) {
        const resources = input.ResourceArns.map((arn) => state.getTagged(arn));
        for (const { tags } of resources) for (const key of input.TagKeys) tags.delete(key);
        return {};
      },
    }),
    defineOperation({
      name: "DescribeTags",
      mutating: false,
      bucket: "reads",
      input: { ResourceArns: arns },
      handle: (input) => ({
        TagDescriptions: input.ResourceArns.map((arn) => ({
          ResourceArn: arn,
          Tags: tagsToWire(state.getTagged(arn).tags),
        })),
      }),
    }),
  ];
}
