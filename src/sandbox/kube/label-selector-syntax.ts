import { labelValue, qualifiedName } from "./builtin/name-rules.ts";
import { badRequest, type StatusError } from "./status-error.ts";

/** One condition on a label. `values` are without duplicates and in order. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: "in" | "notin" | "exists" | "!" | "gt" | "lt";
  readonly values: readonly string[];
}

interface Token {
  readonly kind: "word" | "symbol" | "keyword" | "end";
  readonly text: string;
}

const SYMBOLS = new Set("=!(),><");
const OPERATORS = new Set(["!", "!=", "(", ")", ",", "=", "==", "<", ">"]);
const end: Token = { kind: "end", text: "" };
const expectedOperators = "in, notin, =, ==, !=, gt, lt";

/** Reads the label selector of a query (apimachinery `labels.Parse`), with the API server's texts for what it cannot read. */
export function parseLabelRequirements(text: string): readonly LabelRequirement[] {
  return new Parser(tokensOf(text)).parse();
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text[at] ?? "";
    if (/[ \t\r\n]/.test(char)) at++;
    else {
      const token = SYMBOLS.has(char) ? symbolAt(text, at) : wordAt(text, at);
      tokens.push(token);
      at += token.text.length;
    }
  }
  return tokens;
}

/** The longest operator there: `==` before `=`. */
function symbolAt(text: string, at: number): Token {
  const two = text.slice(at, at + 2);
  return { kind: "symbol", text: OPERATORS.has(two) ? two : (text[at] ?? "") };
}

function wordAt(text: string, at: number): Token {
  const word = /^[^=!(),><\s]+/.exec(text.slice(at))?.[0] ?? "";
  return { kind: word === "in" || word === "notin" ? "keyword" : "word", text: word };
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): readonly LabelRequirement[] {
    const requirements: LabelRequirement[] = [];
    for (;;) {
      const next = this.#peek();
      if (next.kind === "end") return requirements;
      if (!startsRequirement(next))
        throw badRequest(`found '${next.text}', expected: !, identifier, or 'end of string'`);
      requirements.push(this.#requirement());
      const separator = this.#take();
      if (separator.kind === "end") return requirements;
      if (!isSymbol(separator, ",")) throw badRequest(`found '${separator.text}', expected: ',' or 'end of string'`);
      const following = this.#peek();
      if (!startsRequirement(following)) throw badRequest(`found '${following.text}', expected: identifier after ','`);
    }
  }

  #requirement(): LabelRequirement {
    let first = this.#take();
    const absent = isSymbol(first, "!");
    if (absent) first = this.#take();
    if (!isIdentifier(first)) throw unreadable(`found '${first.text}', expected: identifier`);
    const key = first.text;
    const problems = qualifiedName(key);
    if (problems.length > 0) throw unreadable(`<nil>: Invalid value: ${JSON.stringify(key)}: ${problems.join("; ")}`);
    const next = this.#peek();
    if (next.kind === "end" || isSymbol(next, ",")) return { key, operator: absent ? "!" : "exists", values: [] };
    // What follows a negated key is not an operator of it: the selector has to end there.
    if (absent) return { key, operator: "!", values: [] };
    const wantsList = next.kind === "keyword";
    const operator = this.#operator();
    const values = wantsList ? this.#values() : this.#exactValue();
    return checked({ key, operator, values: [...new Set(values)].sort() });
  }

  #operator(): "in" | "notin" | "gt" | "lt" {
    const token = this.#take();
    switch (token.text) {
      case "in":
      case "=":
      case "==":
        return "in";
      case "notin":
      case "!=":
        return "notin";
      case ">":
        return "gt";
      case "<":
        return "lt";
      default:
        throw unreadable(`found '${token.text}', expected: ${expectedOperators}`);
    }
  }

  #values(): readonly string[] {
    const open = this.#take();
    if (!isSymbol(open, "(")) throw unreadable(`found '${open.text}' expected: '('`);
    const first = this.#peek();
    if (isSymbol(first, ")")) {
      this.#take();
      return [""];
    }
    if (!isIdentifier(first) && !isSymbol(first, ","))
      throw unreadable(`found '${first.text}', expected: ',', ')' or identifier`);
    const values = this.#listed();
    this.#take();
    return values;
  }

  /** What is between the parentheses; nothing between two commas is an empty value. */
  #listed(): readonly string[] {
    const values: string[] = [];
    for (;;) {
      const token = this.#take();
      const next = this.#peek();
      if (isIdentifier(token)) {
        values.push(token.text);
        if (isSymbol(next, ")")) return values;
        if (!isSymbol(next, ",")) throw unreadable(`found '${next.text}', expected: ',' or ')'`);
      } else if (isSymbol(token, ",")) {
        if (values.length === 0) values.push("");
        if (isSymbol(next, ",") || isSymbol(next, ")")) values.push("");
        if (isSymbol(next, ")")) return values;
      } else throw unreadable(`found '${token.text}', expected: ',', or identifier`);
    }
  }

  #exactValue(): readonly string[] {
    const next = this.#peek();
    if (next.kind === "end" || isSymbol(next, ",")) return [""];
    this.#take();
    if (!isIdentifier(next)) throw unreadable(`found '${next.text}', expected: identifier`);
    return [next.text];
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? end;
  }

  #take(): Token {
    return this.#tokens[this.#at++] ?? end;
  }
}

function checked(requirement: LabelRequirement): LabelRequirement {
  const { key, operator, values } = requirement;
  const problems: string[] = [];
  for (const [index, value] of values.entries()) {
    if ((operator === "gt" || operator === "lt") && !isInteger(value)) {
      const said = "for 'Gt', 'Lt' operators, the value must be an integer";
      problems.push(`values[${index}]: Invalid value: ${JSON.stringify(value)}: ${said}`);
    }
  }
  for (const [index, value] of values.entries()) {
    const said = labelValue(value).join("; ");
    if (said !== "") problems.push(`values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${said}`);
  }
  if (problems.length > 0) throw unreadable(problems.length === 1 ? (problems[0] ?? "") : `[${problems.join(", ")}]`);
  return requirement;
}

function isInteger(text: string): boolean {
  return /^[-+]?\d+$/.test(text);
}

function startsRequirement(token: Token): boolean {
  return isIdentifier(token) || isSymbol(token, "!");
}

/** `in` and `notin` are names too, where no operator can be. */
function isIdentifier(token: Token): boolean {
  return token.kind === "word" || token.kind === "keyword";
}

function isSymbol(token: Token, text: string): boolean {
  return token.kind === "symbol" && token.text === text;
}

function unreadable(message: string): StatusError {
  return badRequest(`unable to parse requirement: ${message}`);
}
