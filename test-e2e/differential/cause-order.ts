import type { Body } from "./session.ts";

interface Cause {
  readonly field?: string;
  readonly message?: string;
}

/** An answer in which the causes, and the list of them in the message, are in an order of their texts. */
export function withSortedCauses(body: Body): Body {
  const causes = body?.details?.causes as readonly Cause[] | undefined;
  if (causes === undefined || typeof body.message !== "string") return body;
  const texts = causes.map(({ field = "", message = "" }) => `${field}: ${message}`);
  const sorted = [...causes].sort(
    (one, other) => compare(one.field, other.field) || compare(one.message, other.message),
  );
  const list = `[${texts.join(", ")}]`;
  const message = (body.message as string).endsWith(list)
    ? `${(body.message as string).slice(0, -list.length)}[${[...texts].sort().join(", ")}]`
    : body.message;
  return { ...body, message, details: { ...body.details, causes: sorted } };
}

function compare(one = "", other = ""): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
