import { z } from "zod";
import type { Problem } from "../../engine/stack.ts";
import { type Parsed, parseBool, parseInteger, parseList, parseMap, parseOneOf } from "./annotation-value.ts";
import { InputError } from "./input-error.ts";

/** Annotations of one object; where several are asked in turn, the first that has a key decides it. */
export interface AnnotationSource {
  readonly object: Problem["object"];
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * Typed reading of the annotations under one prefix. Absent keys give undefined; a value that does not fit throws an
 * InputError that names object, key, value and what is allowed.
 */
export class Annotations {
  readonly #prefix: string;
  readonly #sources: readonly AnnotationSource[];

  constructor(prefix: string, sources: readonly AnnotationSource[]) {
    this.#prefix = prefix;
    this.#sources = sources;
  }

  key(suffix: string): string {
    return `${this.#prefix}${suffix}`;
  }

  text(suffix: string): string | undefined {
    return this.#find(suffix)?.value.trim();
  }

  bool(suffix: string): boolean | undefined {
    return this.#parse(suffix, parseBool);
  }

  integer(suffix: string, min?: number, max?: number): number | undefined {
    return this.#parse(suffix, (text) => parseInteger(text, min, max));
  }

  oneOf<T extends string>(suffix: string, words: readonly T[]): T | undefined {
    return this.#parse(suffix, (text) => parseOneOf(text, words));
  }

  list(suffix: string): readonly string[] | undefined {
    const found = this.#find(suffix);
    return found === undefined ? undefined : parseList(found.value);
  }

  map(suffix: string): Readonly<Record<string, string>> | undefined {
    return this.#parse(suffix, parseMap);
  }

  /** `schema` says what is allowed; `null` in objects made by `foldedObject` means unset. */
  json<T>(suffix: string, schema: z.ZodType<T>): T | undefined {
    const found = this.#find(suffix);
    if (found === undefined) return undefined;
    let value: unknown;
    try {
      value = JSON.parse(found.value);
    } catch (error) {
      throw this.#error(found, suffix, `is not JSON: ${(error as Error).message}`);
    }
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const issue = result.error.issues[0];
    const where = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.map(String).join(".")}`;
    throw this.#error(found, suffix, `is not valid${where}: ${issue?.message ?? "unknown shape"}`);
  }

  /** An error about the value of `suffix`, attributed to the object that has it. */
  invalid(suffix: string, what: string): InputError {
    const found = this.#find(suffix);
    if (found === undefined)
      return new InputError(`annotation ${this.key(suffix)} ${what}`, {
        reason: "InvalidAnnotation",
        field: this.key(suffix),
      });
    return this.#error(found, suffix, what);
  }

  #parse<T>(suffix: string, parse: (text: string) => Parsed<T>): T | undefined {
    const found = this.#find(suffix);
    if (found === undefined) return undefined;
    const parsed = parse(found.value);
    if (!parsed.ok) throw this.#error(found, suffix, `must be ${parsed.allowed}`);
    return parsed.value;
  }

  #find(suffix: string): { readonly value: string; readonly object: Problem["object"] } | undefined {
    const key = this.key(suffix);
    for (const source of this.#sources) {
      const value = source.annotations[key];
      if (value !== undefined) return { value, object: source.object };
    }
    return undefined;
  }

  #error(
    found: { readonly value: string; readonly object: Problem["object"] },
    suffix: string,
    what: string,
  ): InputError {
    const key = this.key(suffix);
    return new InputError(`annotation ${key} ${what} (value ${JSON.stringify(shorten(found.value))})`, {
      reason: "InvalidAnnotation",
      field: `metadata.annotations[${key}]`,
      value: found.value,
      object: found.object,
    });
  }
}

/**
 * A JSON object whose field names are matched without regard to case, as manifests of older controllers rely on;
 * unknown fields are ignored and `null` means unset.
 */
export function foldedObject<Shape extends z.ZodRawShape>(shape: Shape): z.ZodType<z.output<z.ZodObject<Shape>>> {
  const known = new Map(Object.keys(shape).map((name) => [name.toLowerCase(), name]));
  return z.preprocess((value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, inner]) =>
        inner === null ? [] : [[known.get(name.toLowerCase()) ?? name, inner] as const],
      ),
    );
  }, z.object(shape)) as unknown as z.ZodType<z.output<z.ZodObject<Shape>>>;
}

function shorten(text: string): string {
  return text.length <= 120 ? text : `${text.slice(0, 117)}...`;
}
