/** The Common Expression Language as far as validation rules of CustomResourceDefinitions use it. */
export type CelNode = CelExpression & {
  /** Where error messages point to; zero-based. */
  readonly offset: number;
};

type CelExpression =
  | { readonly kind: "literal"; readonly value: unknown }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "select"; readonly target: CelNode; readonly field: string; readonly optional: boolean }
  | {
      /** Operators are calls too, by the names that error messages have for them, such as `_+_`. */
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
  | { readonly kind: "list"; readonly items: readonly ListItem[] }
  | { readonly kind: "map"; readonly entries: readonly MapEntry[] };

export interface ListItem {
  readonly value: CelNode;
  /** `[?x]`: left out when there is none. */
  readonly optional: boolean;
}

export interface MapEntry extends ListItem {
  readonly key: CelNode;
}

export type MacroName =
  | "all"
  | "exists"
  | "exists_one"
  | "existsOne"
  | "filter"
  | "map"
  | "transformList"
  | "transformMap"
  | "transformMapEntry"
  | "optMap"
  | "optFlatMap"
  | "sortBy";

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
