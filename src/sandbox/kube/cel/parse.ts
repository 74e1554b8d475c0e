import { type CelNode, CelSyntaxError, type ListItem, type MacroName, type MapEntry } from "./syntax.ts";
import { type Token, tokenize } from "./tokens.ts";

/** Parses an expression. Throws CelSyntaxError. */
export function parseCel(text: string): CelNode {
  return new Parser(tokenize(text)).parse();
}

const RELATIONS = new Set(["==", "!=", "<", "<=", ">", ">=", "in"]);
/** Macros by name, with the number of arguments that makes a call one. */
const MACROS: Readonly<Record<MacroName, readonly number[]>> = {
  all: [2, 3],
  exists: [2, 3],
  exists_one: [2],
  existsOne: [3],
  filter: [2],
  map: [2, 3],
  transformList: [3, 4],
  transformMap: [3, 4],
  transformMapEntry: [3, 4],
  optMap: [2],
  optFlatMap: [2],
  sortBy: [2],
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
  "namespace",
  "package",
  "return",
  "var",
  "void",
  "while",
]);
const OPERAND =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): CelNode {
    const node = this.#expression();
    if (this.#peek().kind !== "end") throw this.#unexpected("extraneous input", "<EOF>");
    return node;
  }

  #expression(): CelNode {
    const test = this.#or();
    const mark = this.#peek();
    if (!this.#take("?")) return test;
    const yes = this.#or();
    this.#expect(":");
    return call("_?_:_", mark, [test, yes, this.#expression()]);
  }

  #or(): CelNode {
    return this.#binary(["||"], () => this.#and());
  }

  #and(): CelNode {
    return this.#binary(["&&"], () => this.#relation());
  }

  #relation(): CelNode {
    let left = this.#addition();
    while (RELATIONS.has(this.#peek().text) && this.#peek().kind !== "string") {
      const operator = this.#next();
      left = call(operator.text === "in" ? "@in" : `_${operator.text}_`, operator, [left, this.#addition()]);
    }
    return left;
  }

  #addition(): CelNode {
    return this.#binary(["+", "-"], () => this.#multiplication());
  }

  #multiplication(): CelNode {
    return this.#binary(["*", "/", "%"], () => this.#unary());
  }

  #binary(operators: readonly string[], operand: () => CelNode): CelNode {
    let left = operand();
    for (;;) {
      const token = this.#peek();
      if (token.kind !== "symbol" || !operators.includes(token.text)) return left;
      this.#at++;
      left = call(`_${token.text}_`, token, [left, operand()]);
    }
  }

  #unary(): CelNode {
    const token = this.#peek();
    if (this.#take("!")) return call("!_", token, [this.#unary()]);
    if (!this.#take("-")) return this.#member();
    const operand = this.#unary();
    // A negative number is a literal of its own.
    if (operand.kind === "literal" && (typeof operand.value === "bigint" || typeof operand.value === "number")) {
      return { kind: "literal", value: -operand.value, offset: token.offset };
    }
    return call("-_", token, [operand]);
  }

  #member(): CelNode {
    let node = this.#primary();
    for (;;) {
      const token = this.#peek();
      if (this.#take(".")) node = this.#selection(node, this.#take("?"), token);
      else if (this.#take("?.")) node = this.#selection(node, true, token);
      else if (this.#take("[?")) node = this.#indexed("_[?_]", node, token);
      else if (this.#take("[")) node = this.#indexed(this.#take("?") ? "_[?_]" : "_[_]", node, token);
      else return node;
    }
  }

  #indexed(name: string, target: CelNode, token: Token): CelNode {
    const index = this.#expression();
    this.#expect("]");
    return call(name, token, [target, index]);
  }

  #selection(target: CelNode, optional: boolean, point: Token): CelNode {
    const token = this.#next();
    if (token.kind === "quoted name") {
      return { kind: "select", target, field: token.value as string, optional, offset: point.offset };
    }
    if (token.kind !== "name") throw this.#unexpected("no viable alternative at input", "", token);
    const open = this.#peek();
    if (!this.#take("(")) return { kind: "select", target, field: token.text, optional, offset: point.offset };
    const args = this.#arguments();
    if (token.text in MACROS && MACROS[token.text as MacroName].includes(args.length)) {
      return macro(token.text as MacroName, open, target, args);
    }
    return { kind: "call", name: token.text, target, args, offset: open.offset };
  }

  #primary(): CelNode {
    const token = this.#next();
    const { offset } = token;
    switch (token.kind) {
      case "number":
      case "string":
        return { kind: "literal", value: token.value, offset };
      case "name":
        return this.#named(token);
      case "symbol":
        if (token.text === "(") {
          const node = this.#expression();
          this.#expect(")");
          return node;
        }
        if (token.text === "[") return { kind: "list", items: this.#items("]"), offset };
        if (token.text === "[?") return { kind: "list", items: this.#items("]", true), offset };
        if (token.text === "{") return { kind: "map", entries: this.#entries(), offset };
        if (token.text === ".") return this.#primary();
        break;
      default:
    }
    throw this.#unexpected(token.kind === "end" ? "mismatched input" : "extraneous input", OPERAND, token);
  }

  #named(token: Token): CelNode {
    const { text, offset } = token;
    if (text === "true" || text === "false") return { kind: "literal", value: text === "true", offset };
    if (text === "null") return { kind: "literal", value: null, offset };
    const open = this.#peek();
    if (!this.#take("(")) {
      if (RESERVED.has(text)) throw new CelSyntaxError(`reserved identifier: ${text}`, offset);
      return { kind: "name", name: text, offset };
    }
    const args = this.#arguments();
    if (text !== "has" || args.length !== 1) {
      return { kind: "call", name: text, target: undefined, args, offset: open.offset };
    }
    const [argument] = args;
    if (argument?.kind !== "select")
      throw new CelSyntaxError("invalid argument to has() macro", argument?.offset ?? offset);
    return { kind: "has", target: argument.target, field: argument.field, offset: open.offset };
  }

  #arguments(): CelNode[] {
    return this.#items(")").map(({ value }) => value);
  }

  #items(close: string, firstOptional = false): ListItem[] {
    const items: ListItem[] = [];
    while (!this.#take(close)) {
      if (items.length > 0) {
        this.#expect(",");
        if (this.#take(close)) return items;
      }
      const optional = (firstOptional && items.length === 0) || (close === "]" && this.#take("?"));
      items.push({ value: this.#expression(), optional });
    }
    return items;
  }

  #entries(): MapEntry[] {
    const entries: MapEntry[] = [];
    while (!this.#take("}")) {
      if (entries.length > 0) {
        this.#expect(",");
        if (this.#take("}")) break;
      }
      const optional = this.#take("?");
      const key = this.#expression();
      this.#expect(":");
      entries.push({ key, value: this.#expression(), optional });
    }
    return entries;
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
    if (!this.#take(symbol)) throw this.#unexpected("missing", `'${symbol}'`);
  }

  #unexpected(what: string, expected: string, token = this.#peek()): CelSyntaxError {
    const text =
      what === "missing"
        ? `missing ${expected} at '${token.text}'`
        : `${what} '${token.text}'${expected === "" ? "" : ` expecting ${expected}`}`;
    return new CelSyntaxError(`Syntax error: ${text}`, token.offset);
  }
}

function call(name: string, token: Token, args: readonly CelNode[]): CelNode {
  return { kind: "call", name, target: undefined, args, offset: token.offset };
}

function macro(name: MacroName, open: Token, target: CelNode, args: readonly CelNode[]): CelNode {
  const single = name === "map" || name === "filter" || args.length === 2;
  const variableCount = single ? 1 : 2;
  const variables = args.slice(0, variableCount).map((argument) => {
    if (argument.kind === "name") return argument.name;
    throw new CelSyntaxError("argument must be a simple name", argument.offset);
  });
  return { kind: "macro", name, target, variables, bodies: args.slice(variableCount), offset: open.offset };
}
