import { type CelProblem, checkCel } from "./check.ts";
import { literalProblems } from "./literal-problems.ts";
import { parseCel } from "./parse.ts";
import { type CelNode, CelSyntaxError } from "./syntax.ts";
import type { CelType } from "./types.ts";

/** An expression that can be evaluated, with the type of its result. */
export interface CompiledCel {
  readonly node: CelNode;
  readonly type: CelType;
}

/** Parses and checks an expression; else gives what the API server says of one that does not compile. */
export function compileCel(
  text: string,
  variables: ReadonlyMap<string, CelType>,
): CompiledCel | { readonly problem: string } {
  const failed = (problems: readonly CelProblem[]): { readonly problem: string } => ({
    problem: `compilation failed: ${[...problems]
      .sort((a, b) => a.offset - b.offset)
      .map((problem) => marked(text, problem))
      .join("\n")}`,
  });
  try {
    const node = parseCel(text);
    const { type, problems } = checkCel(node, variables);
    if (problems.length > 0) return failed(problems);
    const inLiterals = literalProblems(node);
    return inLiterals.length > 0 ? failed(inLiterals) : { node, type };
  } catch (error) {
    if (error instanceof CelSyntaxError) return failed([error]);
    throw error;
  }
}

/** A problem with the line of the text that it is in, and a mark below. */
function marked(text: string, { message, offset }: CelProblem): string {
  const before = text.slice(0, offset).split("\n");
  const column = Array.from(before.at(-1) ?? "").length;
  const line = text.split("\n")[before.length - 1] ?? "";
  return `ERROR: <input>:${before.length}:${column + 1}: ${message}\n | ${line}\n | ${".".repeat(column)}^`;
}
