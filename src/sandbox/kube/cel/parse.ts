import { type BinaryOperator, type CelNode, CelSyntaxError, type MacroName } from "./syntax.ts";
import { type Token, tokenize } from "./tokens.ts";

/** Parses an expression. Throws CelSyntaxError. */
export function parseCel(text: string): CelNode {
  return new Parser(tokenize(text)).parse();
}

const RELATIONS = new Set(["==", "!=", "<", "<=", ">", ">=", "in"]);
/** Macros by name, with the number of arguments that makes a call one (the last variable form counts two names). */
const MACROS: Readonly<Record<string, readonly number[]>> = {
  all: [2, 3],
  exists: [2, 3],
  exists_one: [2, 3],
  existsOne: [2, 3],
  filter: [2],
  map: [2, 3],
  transformList: [3, 4],
  transformMap: [3, 4],
};
const RESERVED = new Set([
  "as",
  "break",
  "const",
  "continue",
  "else",
  "for",
  "function",
  "if",
  "import",
  "let",
  "loop",
  "package",
  "return",
  "var",
  "void",
  "while",
]);

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): CelNode {
    const node = this.#expression();
    if (this.#peek().kind !== "end") throw this.#unexpected("<EOF>");
    return node;
  }

  #expression(): CelNode {
    const test = this.#or();
    if (!this.#take("?")) return test;
    const yes = this.#or();
    this.#expect(":");
    return { kind: "conditional", test, yes, no: this.#expression() };
  }

  #or(): CelNode {
    let left = this.#and();
    while (this.#take("||")) left = { kind: "or", left, right: this.#and() };
    return left;
  }

  #and(): CelNode {
    let left = this.#relation();
    while (this.#take("&&")) left = { kind: "and", left, right: this.#relation() };
    return left;
  }

  #relation(): CelNode {
    let left = this.#addition();
    while (RELATIONS.has(this.#peek().text) && this.#peek().kind !== "string") {
      const operator = this.#next().text as BinaryOperator;
      left = { kind: "binary", operator, left, right: this.#addition() };
    }
    return left;
  }

  #addition(): CelNode {
    return this.#binary(["+", "-"], () => this.#multiplication());
  }

  #multiplication(): CelNode {
    return this.#binary(["*", "/", "%"], () => this.#unary());
  }

  #binary(operators: readonly BinaryOperator[], operand: () => CelNode): CelNode {
    let left = operand();
    for (;;) {
      const token = this.#peek();
      const operator = token.kind === "symbol" ? operators.find((candidate) => candidate === token.text) : undefined;
      if (operator === undefined) return left;
      this.#at++;
      left = { kind: "binary", operator, left, right: operand() };
    }
  }

  #unary(): CelNode {
    if (this.#take("!")) return { kind: "unary", operator: "!", operand: this.#unary() };
    if (this.#take("-")) return { kind: "unary", operator: "-", operand: this.#unary() };
    return this.#member();
  }

  #member(): CelNode {
    let node = this.#primary();
    for (;;) {
      if (this.#take(".")) {
        const optional = this.#take("?");
        node = this.#selection(node, optional);
      } else if (this.#take("[?")) {
        node = this.#indexed(node, true);
      } else if (this.#take("[")) {
        node = this.#indexed(node, false);
      } else return node;
    }
  }

  #indexed(target: CelNode, optional: boolean): CelNode {
    const index = this.#expression();
    this.#expect("]");
    return { kind: "index", target, index, optional };
  }

  #selection(target: CelNode, optional: boolean): CelNode {
    const token = this.#next();
    if (token.kind !== "name") throw this.#unexpected("IDENTIFIER", token);
    if (!this.#take("(")) return { kind: "select", target, field: token.text, optional };
    const args = this.#arguments(")");
    if (token.text === "bind" && target.kind === "name" && target.name === "cel" && args.length === 3) {
      const [variable, value, body] = args;
      if (variable?.kind === "name" && value !== undefined && body !== undefined) {
        return { kind: "macro", name: "bind", target: value, variables: [variable.name], bodies: [body] };
      }
    }
    if (MACROS[token.text]?.includes(args.length) === true) return macro(token, target, args);
    return { kind: "call", name: token.text, target, args };
  }

  #primary(): CelNode {
    const token = this.#next();
    switch (token.kind) {
      case "int":
      case "double":
      case "string":
        return { kind: "literal", value: token.value };
      case "name":
        return this.#named(token);
      case "symbol":
        if (token.text === "(") {
          const node = this.#expression();
          this.#expect(")");
          return node;
        }
        if (token.text === "[") return { kind: "list", items: this.#arguments("]") };
        if (token.text === "{") return this.#map();
        if (token.text === ".") return this.#primary();
        throw this.#unexpected("an expression", token);
      case "end":
        throw this.#unexpected("an expression", token);
    }
  }

  #named(token: Token): CelNode {
    const { text } = token;
    if (text === "true" || text === "false") return { kind: "literal", value: text === "true" };
    if (text === "null") return { kind: "literal", value: null };
    if (RESERVED.has(text)) throw new CelSyntaxError(`reserved identifier: ${text}`, token.offset);
    if (!this.#take("(")) return { kind: "name", name: text };
    const args = this.#arguments(")");
    if (text !== "has") return { kind: "call", name: text, target: undefined, args };
    const [argument] = args;
    if (args.length !== 1 || argument?.kind !== "select") {
      throw new CelSyntaxError("invalid argument to has() macro", token.offset);
    }
    return { kind: "has", target: argument.target, field: argument.field };
  }

  #arguments(close: string): CelNode[] {
    const args: CelNode[] = [];
    while (!this.#take(close)) {
      if (args.length > 0) {
        this.#expect(",");
        if (this.#take(close)) return args;
      }
      args.push(this.#expression());
    }
    return args;
  }

  #map(): CelNode {
    const entries: [CelNode, CelNode][] = [];
    while (!this.#take("}")) {
      if (entries.length > 0) {
        this.#expect(",");
        if (this.#take("}")) break;
      }
      const key = this.#expression();
      this.#expect(":");
      entries.push([key, this.#expression()]);
    }
    return { kind: "map", entries };
  }

  #peek(): Token {
    const token = this.#tokens[Math.min(this.#at, this.#tokens.length - 1)];
    if (token === undefined) throw new CelSyntaxError("empty expression", 0);
    return token;
  }

  #next(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }

  #take(symbol: string): boolean {
    const token = this.#peek();
    if (token.kind !== "symbol" || token.text !== symbol) return false;
    this.#at++;
    return true;
  }

  #expect(symbol: string): void {
    if (!this.#take(symbol)) throw this.#unexpected(`'${symbol}'`);
  }

  #unexpected(expected: string, token = this.#peek()): CelSyntaxError {
    return new CelSyntaxError(`Syntax error: mismatched input '${token.text}' expecting ${expected}`, token.offset);
  }
}

function macro(token: Token, target: CelNode, args: readonly CelNode[]): CelNode {
  const name = token.text as MacroName;
  const variableCount = name.startsWith("transform")
    ? 2
    : name === "map" || name === "filter" || args.length === 2
      ? 1
      : 2;
  const variables = args.slice(0, variableCount).map((argument) => {
    if (argument.kind === "name") return argument.name;
    throw new CelSyntaxError("argument must be a simple name", token.offset);
  });
  return { kind: "macro", name, target, variables, bodies: args.slice(variableCount) };
}
