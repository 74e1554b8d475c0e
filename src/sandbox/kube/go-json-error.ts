/** Where a JSON text breaks off or goes wrong, in the words of Go's decoder; undefined when it is JSON. */
export function goJsonError(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    return new Scanner(text).problem();
  }
}

class JsonProblem extends Error {}

const ENDED = "unexpected end of JSON input";

/** Reads JSON only to find what is wrong with it. */
class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  problem(): string {
    try {
      this.#value();
      this.#space();
      if (this.#at < this.#text.length) this.#fail("after top-level value");
      return ENDED;
    } catch (error) {
      if (error instanceof JsonProblem) return error.message;
      throw error;
    }
  }

  #value(): void {
    const character = this.#next();
    if (character === "{") this.#object();
    else if (character === "[") this.#array();
    else if (character === '"') this.#string();
    else if (character === "-" || isDigit(character)) this.#number(character);
    else if (character === "t") this.#literal("true");
    else if (character === "f") this.#literal("false");
    else if (character === "n") this.#literal("null");
    else this.#failBefore("looking for beginning of value");
  }

  #object(): void {
    for (let first = true; ; first = false) {
      const character = this.#next();
      if (character === "}" && first) return;
      if (character !== '"') this.#failBefore("looking for beginning of object key string");
      this.#string();
      if (this.#next() !== ":") this.#failBefore("after object key");
      this.#value();
      const after = this.#next();
      if (after === "}") return;
      if (after !== ",") this.#failBefore("after object key:value pair");
    }
  }

  #array(): void {
    this.#space();
    if (this.#text[this.#at] === "]") {
      this.#at++;
      return;
    }
    for (;;) {
      this.#value();
      const after = this.#next();
      if (after === "]") return;
      if (after !== ",") this.#failBefore("after array element");
    }
  }

  #string(): void {
    for (;;) {
      const character = this.#take();
      if (character === '"') return;
      if (character < " ") this.#failBefore("in string literal");
      if (character !== "\\") continue;
      const escape = this.#take();
      if (escape === "u") {
        for (let digit = 0; digit < 4; digit++) {
          if (!/[0-9a-fA-F]/.test(this.#take())) this.#failBefore("in \\u hexadecimal character escape");
        }
      } else if (!'"\\/bfnrt'.includes(escape)) this.#failBefore("in string escape code");
    }
  }

  #number(first: string): void {
    let character = first;
    if (character === "-") {
      character = this.#take();
      if (!isDigit(character)) this.#failBefore("in numeric literal");
    }
    if (character !== "0") this.#digits();
    if (this.#text[this.#at] === ".") {
      this.#at++;
      if (!isDigit(this.#take())) this.#failBefore("after decimal point in numeric literal");
      this.#digits();
    }
    if (/[eE]/.test(this.#text[this.#at] ?? "")) {
      this.#at++;
      if (/[-+]/.test(this.#text[this.#at] ?? "")) this.#at++;
      if (!isDigit(this.#take())) this.#failBefore("in exponent of numeric literal");
      this.#digits();
    }
  }

  #digits(): void {
    while (isDigit(this.#text[this.#at] ?? "")) this.#at++;
  }

  #literal(word: string): void {
    for (const expected of word.slice(1)) {
      if (this.#take() !== expected) this.#failBefore(`in literal ${word} (expecting ${quoted(expected)})`);
    }
  }

  #space(): void {
    while (" \t\r\n".includes(this.#text[this.#at] ?? "x")) this.#at++;
  }

  #next(): string {
    this.#space();
    return this.#take();
  }

  #take(): string {
    const character = this.#text[this.#at];
    if (character === undefined) throw new JsonProblem(ENDED);
    this.#at++;
    return character;
  }

  #failBefore(where: string): never {
    this.#at--;
    return this.#fail(where);
  }

  #fail(where: string): never {
    throw new JsonProblem(`invalid character ${quoted(this.#text[this.#at] ?? "")} ${where}`);
  }
}

function isDigit(character: string): boolean {
  return character >= "0" && character <= "9" && character.length === 1;
}

const ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\", "'": "\\'" };

/** A character as Go quotes it. */
function quoted(character: string): string {
  const code = character.charCodeAt(0);
  const plain = code < 0x20 ? `\\x${code.toString(16).padStart(2, "0")}` : character;
  return `'${ESCAPES[character] ?? plain}'`;
}
