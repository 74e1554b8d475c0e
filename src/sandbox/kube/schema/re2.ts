/** A pattern that is no regular expression of RE2; `message` is that of Go's package regexp. */
export class Re2SyntaxError extends Error {
  override readonly name = "Re2SyntaxError";

  constructor(what: string, part: string) {
    super(`error parsing regexp: ${what}: \`${part}\``);
  }
}

const COMPILED = new Map<string, RegExp>();

/**
 * A regular expression in the syntax of RE2 (https://github.com/google/re2/wiki/Syntax), which Kubernetes uses for
 * patterns, as one of JavaScript. Throws Re2SyntaxError.
 */
export function re2(source: string): RegExp {
  let known = COMPILED.get(source);
  if (known === undefined) {
    const translated = new Translation(source).result();
    try {
      known = new RegExp(translated, "u");
    } catch {
      throw new Re2SyntaxError("invalid or unsupported Perl syntax", source);
    }
    COMPILED.set(source, known);
  }
  return known;
}

const CLASSES: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  ascii: "\\x00-\\x7F",
  blank: "\\t ",
  cntrl: "\\x00-\\x1F\\x7F",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-\\/:-@\\[-`\\{-~",
  space: "\\t\\n\\v\\f\\r ",
  upper: "A-Z",
  word: "0-9A-Za-z_",
  xdigit: "0-9A-Fa-f",
};
const SPACE = "\\t\\n\\f\\r ";
/** General categories that have one or two letters; every other name of a property is a script. */
const CATEGORY = /^(?:[CLMNPSZ][a-z]?|Any)$/;
const MAX_REPEAT = 1000;

class Translation {
  readonly #source: string;
  #at = 0;
  /** One entry a group that is open, with how many more groups of JavaScript its flags have opened. */
  readonly #open: { extra: number; dotAll: boolean; readonly at: number }[] = [{ extra: 0, dotAll: false, at: 0 }];

  constructor(source: string) {
    this.#source = source;
  }

  result(): string {
    let text = "";
    while (this.#at < this.#source.length) text += this.#next();
    const [bottom, ...unclosed] = this.#open;
    if (unclosed.length > 0) throw new Re2SyntaxError("missing closing )", this.#source);
    return text + ")".repeat(bottom?.extra ?? 0);
  }

  #take(form: RegExp): RegExpExecArray | undefined {
    form.lastIndex = this.#at;
    const found = form.exec(this.#source);
    if (found !== null) this.#at += found[0].length;
    return found ?? undefined;
  }

  #next(): string {
    const top = this.#open.at(-1);
    const flags = this.#take(/\(\?([imsU]*)(?:-([imsU]+))?([:)])/y);
    if (flags !== undefined) return this.#flags(flags);
    const named = this.#take(/\(\?P?<([A-Za-z_]\w*)>/y);
    if (named !== undefined) return this.#group(`(?<${named[1] ?? ""}>`);
    const unsupported = this.#take(/\(\?(?:<?[=!]|.?)/y);
    if (unsupported !== undefined) throw new Re2SyntaxError("invalid or unsupported Perl syntax", unsupported[0]);
    if (this.#take(/\(/y) !== undefined) return this.#group("(");
    if (this.#take(/\)/y) !== undefined) {
      const closed = this.#open.length > 1 ? this.#open.pop() : undefined;
      if (closed === undefined) throw new Re2SyntaxError("unexpected )", this.#source);
      return ")".repeat(closed.extra + 1);
    }
    if (this.#source[this.#at] === "[") return this.#characterClass();
    if (this.#source[this.#at] === "\\") return this.#escape(false);
    if (this.#take(/\./y) !== undefined) return top?.dotAll === true ? "[\\s\\S]" : "[^\\n]";
    const repeated = this.#take(/\{(\d+)(?:,(\d*))?\}/y);
    if (repeated !== undefined) return checkedRepeat(repeated);
    const dangling = this.#at === 0 ? this.#take(/[*+?]/y) : undefined;
    if (dangling !== undefined) throw new Re2SyntaxError("missing argument to repetition operator", dangling[0]);
    const double = this.#take(/(\*\*|\+\+|\+\*|\*\+|\?\*|\?\+)/y);
    if (double !== undefined) throw new Re2SyntaxError("invalid nested repetition operator", double[0]);
    const brace = this.#take(/[{}\]]/y);
    if (brace !== undefined) return `\\${brace[0]}`;
    return this.#take(/[\s\S]/uy)?.[0] ?? "";
  }

  #group(start: string): string {
    this.#open.push({ extra: 0, dotAll: this.#open.at(-1)?.dotAll ?? false, at: this.#at });
    return start;
  }

  /** `(?i)` holds up to the end of the group; JavaScript has `(?i:...)` alone. */
  #flags([whole, on = "", off = "", end]: RegExpExecArray): string {
    if (on === "" && off === "" && end === ")")
      throw new Re2SyntaxError("missing argument to repetition operator", whole);
    const top = this.#open.at(-1);
    const dotAll = on.includes("s") || (top?.dotAll === true && !off.includes("s"));
    const known = (flags: string): string => flags.replaceAll(/[^im]/g, "");
    const start = `(?${known(on)}${known(off) === "" ? "" : `-${known(off)}`}:`;
    if (end === ":") {
      this.#open.push({ extra: 0, dotAll, at: this.#at });
    } else if (top !== undefined) {
      top.extra++;
      top.dotAll = dotAll;
    }
    return start;
  }

  #escape(inClass: boolean): string {
    const quoted = this.#take(/\\Q([\s\S]*?)(?:\\E|$)/y);
    if (quoted !== undefined) return (quoted[1] ?? "").replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
    const property = this.#take(/\\([pP])(?:\{(\^?)([A-Za-z_]+)\}|([A-Z]))/y);
    if (property !== undefined) {
      const [, letter = "p", not = "", long, short = ""] = property;
      const name = long ?? short;
      const sign = not === "" ? letter : letter === "p" ? "P" : "p";
      return `\\${sign}{${CATEGORY.test(name) ? name : `Script=${name}`}}`;
    }
    const hex = this.#take(/\\x\{([0-9A-Fa-f]+)\}/y);
    if (hex !== undefined) return `\\u{${hex[1] ?? ""}}`;
    const plain = this.#take(/\\(x[0-9A-Fa-f]{2}|[dDwWtnrfvbB])/y);
    if (plain !== undefined) return plain[0];
    const octal = this.#take(/\\0[0-7]{0,2}/y);
    if (octal !== undefined) return `\\u{${Number.parseInt(octal[0].slice(1), 8).toString(16)}}`;
    const found = this.#take(/\\([\s\S])?/uy);
    const letter = found?.[1];
    if (letter === undefined) throw new Re2SyntaxError("trailing backslash at end of expression", "");
    switch (letter) {
      case "s":
        return inClass ? SPACE : `[${SPACE}]`;
      case "S":
        return inClass ? "\\S" : `[^${SPACE}]`;
      case "a":
        return "\\x07";
      case "A":
        return "(?<![\\s\\S])";
      case "z":
        return "(?![\\s\\S])";
      default:
        if (/[A-Za-z0-9]/.test(letter)) throw new Re2SyntaxError("invalid escape sequence", `\\${letter}`);
        return /[\\^$.*+?()[\]{}|/-]/.test(letter) ? (letter === "-" && !inClass ? "-" : `\\${letter}`) : letter;
    }
  }

  #characterClass(): string {
    const start = this.#at;
    let text = this.#take(/\[\^?/y)?.[0] ?? "";
    for (let first = true; ; first = false) {
      if (this.#at >= this.#source.length) throw new Re2SyntaxError("missing closing ]", this.#source.slice(start));
      if (!first && this.#take(/\]/y) !== undefined) return `${text}]`;
      const named = this.#take(/\[:(\^?)(\w+):\]/y);
      if (named !== undefined) {
        const members = CLASSES[named[2] ?? ""];
        if (members === undefined) throw new Re2SyntaxError("invalid character class range", named[0]);
        text += members;
        continue;
      }
      const range = this.#take(/([^\\\]])-([^\\\]])/uy);
      if (range !== undefined) {
        const [whole, low = "", high = ""] = range;
        if (low > high) throw new Re2SyntaxError("invalid character class range", whole);
        text += `${inClass(low)}-${inClass(high)}`;
      } else if (this.#source[this.#at] === "\\") text += this.#escape(true);
      else {
        const letter = this.#take(/[\s\S]/uy)?.[0] ?? "";
        // A hyphen in the middle is a range's when the ends are written as escapes.
        text += letter === "-" && !first && this.#source[this.#at] !== "]" ? "-" : inClass(letter);
      }
    }
  }
}

function inClass(letter: string): string {
  return /[\\\]^[-]/.test(letter) ? `\\${letter}` : letter;
}

function checkedRepeat([whole, low = "", high]: RegExpExecArray): string {
  const counts = [low, ...(high === undefined || high === "" ? [] : [high])].map(Number);
  if (counts.some((count) => count > MAX_REPEAT) || (counts.length === 2 && (counts[0] ?? 0) > (counts[1] ?? 0))) {
    throw new Re2SyntaxError("invalid repeat count", whole);
  }
  return whole;
}
