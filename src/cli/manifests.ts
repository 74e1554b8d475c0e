import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { AppError } from "../errors.ts";

/** A manifest as it was written, with where it came from. */
export interface Manifest {
  /** `FILE` or `FILE, document N`. */
  readonly source: string;
  readonly object: ManifestObject;
}

export interface ManifestObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/**
 * Reads all manifests of files and folders (`.yaml`, `.yml`, `.json`, folders whole and in order of name). `-` is standard
 * input. A `List` is taken apart. Throws an `invalid` AppError that names file, line and what is wrong.
 */
export async function readManifests(
  paths: readonly string[],
  stdin?: () => Promise<string>,
): Promise<readonly Manifest[]> {
  const manifests: Manifest[] = [];
  for (const path of paths) {
    if (path === "-") {
      manifests.push(...parseManifests(stdin === undefined ? "" : await stdin(), "standard input"));
    } else {
      for (const file of await filesOf(path)) manifests.push(...parseManifests(await readFile(file, "utf8"), file));
    }
  }
  return manifests;
}

async function filesOf(path: string): Promise<readonly string[]> {
  const info = await stat(path).catch((error: unknown) => {
    throw new AppError(`cannot read "${path}": no such file or folder`, {
      class: "invalid",
      code: "NoSuchFile",
      cause: error,
    });
  });
  if (!info.isDirectory()) return [path];
  const entries = await readdir(path, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && /\.(ya?ml|json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

/** The manifests of one text with any number of YAML documents. */
export function parseManifests(text: string, source: string): readonly Manifest[] {
  // Kubernetes' own tools read YAML 1.1, where `on` and `yes` are booleans.
  const documents = parseAllDocuments(text, { version: "1.1", merge: true });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document, index) => {
    const where = documents.length > 1 ? `${source}, document ${index + 1}` : source;
    const problem = document.errors[0];
    if (problem !== undefined) {
      throw new AppError(`${where}: not valid YAML: ${problem.message.split("\n")[0] ?? ""}`, {
        class: "invalid",
        code: "InvalidManifest",
      });
    }
    const value: unknown = document.toJS();
    return value === null || value === undefined ? [] : objectsOf(value, where);
  });
}

function objectsOf(value: unknown, source: string): readonly Manifest[] {
  const object = value as Partial<ManifestObject> & { readonly items?: unknown };
  if (typeof value === "object" && object.kind === "List" && Array.isArray(object.items)) {
    return object.items.flatMap((item) => objectsOf(item, source));
  }
  for (const field of ["apiVersion", "kind"] as const) {
    if (typeof object !== "object" || typeof object[field] !== "string") {
      throw new AppError(`${source}: ${field} is missing`, { class: "invalid", code: "InvalidManifest" });
    }
  }
  if (typeof object.metadata?.name !== "string") {
    throw new AppError(`${source}: ${object.kind ?? "object"} has no metadata.name`, {
      class: "invalid",
      code: "InvalidManifest",
    });
  }
  return [{ source, object: object as ManifestObject }];
}

const early = [
  "Namespace",
  "CustomResourceDefinition",
  "IngressClassParams",
  "IngressClass",
  "ServiceAccount",
  "Secret",
  "ConfigMap",
  "Service",
];

/** In the order in which they can be applied: what others need comes first; otherwise as written. */
export function inApplyOrder(manifests: readonly Manifest[]): readonly Manifest[] {
  const rank = ({ object }: Manifest): number => {
    const index = early.indexOf(object.kind);
    return index < 0 ? early.length : index;
  };
  return manifests.toSorted((a, b) => rank(a) - rank(b));
}
