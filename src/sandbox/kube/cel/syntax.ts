/** The Common Expression Language as far as validation rules of CustomResourceDefinitions use it. */
export type CelNode =
  | { readonly kind: "literal"; readonly value: unknown }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "select"; readonly target: CelNode; readonly field: string; readonly optional: boolean }
  | { readonly kind: "index"; readonly target: CelNode; readonly index: CelNode; readonly optional: boolean }
  | {
      readonly kind: "call";
      readonly name: string;
      readonly target: CelNode | undefined;
      readonly args: readonly CelNode[];
    }
  | { readonly kind: "has"; readonly target: CelNode; readonly field: string }
  | {
      readonly kind: "macro";
      readonly name: MacroName;
      readonly target: CelNode;
      readonly variables: readonly string[];
      readonly bodies: readonly CelNode[];
    }
  | { readonly kind: "list"; readonly items: readonly CelNode[] }
  | { readonly kind: "map"; readonly entries: readonly (readonly [key: CelNode, value: CelNode])[] }
  | { readonly kind: "conditional"; readonly test: CelNode; readonly yes: CelNode; readonly no: CelNode }
  | { readonly kind: "and" | "or"; readonly left: CelNode; readonly right: CelNode }
  | { readonly kind: "unary"; readonly operator: "!" | "-"; readonly operand: CelNode }
  | { readonly kind: "binary"; readonly operator: BinaryOperator; readonly left: CelNode; readonly right: CelNode };

export type BinaryOperator = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "+" | "-" | "*" | "/" | "%";
export type MacroName =
  | "all"
  | "exists"
  | "exists_one"
  | "existsOne"
  | "filter"
  | "map"
  | "transformList"
  | "transformMap"
  | "bind";

/** Where and why a text is no expression. */
export class CelSyntaxError extends Error {
  override readonly name = "CelSyntaxError";
  /** Zero-based. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}
