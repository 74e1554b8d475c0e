import { choice, list, map, object, text } from "./schema.ts";

/** Where nodes or Fargate pods are placed; the same in every kind. */
const placement = {
  ids: list("Exactly these subnets.", text("The id of a subnet.", { max: 64, pattern: /^subnet-[0-9a-f]+$/ }), {
    min: 1,
    max: 16,
    set: true,
  }).exactOptional(),
  tags: map("Tags that a subnet must bear, with exactly these values.", text("The tag's value.", { max: 256 }), {
    max: 50,
  }).exactOptional(),
  zones: list("Only in these availability zones, by name or id; all when absent.", text("A zone.", { max: 64 }), {
    min: 1,
    max: 16,
    set: true,
  }).exactOptional(),
};

const rules = [
  { rule: "!(has(self.ids) && (has(self.tags) || has(self.zones)))", message: "ids excludes tags and zones" },
];

export const nodeSubnetsSchema = object(
  "Where the nodes are.",
  {
    ...placement,
    type: choice("Which of the cluster's subnets are found when ids is absent.", ["Private", "Public"], {
      default: "Private",
    }).exactOptional(),
  },
  { rules },
);

export const fargateSubnetsSchema = object("Where the pods are; private subnets only.", placement, { rules });
