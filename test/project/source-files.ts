import { readdir, readFile } from "node:fs/promises";
import { join, posix } from "node:path";

export const root = join(import.meta.dirname, "../..");

export interface SourceFile {
  /** From the top of the repository, such as `src/engine/plan.ts`. */
  readonly path: string;
  readonly text: string;
  /** What it imports: paths from the top of the repository, or names of packages. */
  readonly imports: readonly Import[];
}

export interface Import {
  readonly target: string;
  readonly typeOnly: boolean;
}

/** All TypeScript files of a folder. */
export async function sourceFiles(folder: string): Promise<readonly SourceFile[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
  return Promise.all(
    paths.toSorted().map(async (path) => {
      const text = await readFile(join(root, path), "utf8");
      return { path, text, imports: importsOf(text, posix.dirname(path)) };
    }),
  );
}

const statement = /^(?:import|export)\s+(type\s)?(?:[^;"']*?\sfrom\s+)?["']([^"']+)["']/gm;
const dynamic = /\bimport\(\s*["']([^"']+)["']/g;

export function importsOf(text: string, folder: string): readonly Import[] {
  const target = (specifier: string): string =>
    specifier.startsWith(".") ? posix.normalize(posix.join(folder, specifier)) : specifier;
  return [
    ...[...text.matchAll(statement)].map(([whole, type, specifier = ""]) => ({
      target: target(specifier),
      typeOnly: type !== undefined || /\{\s*(type [^,}]+,?\s*)+\}/.test(whole),
    })),
    ...[...text.matchAll(dynamic)].map(([, specifier = ""]) => ({ target: target(specifier), typeOnly: false })),
  ];
}

/** The package of an import: `@scope/name` or `name`; undefined for files and Node.js' own modules. */
export function packageOf({ target }: Import): string | undefined {
  if (target.startsWith("node:") || /^(src|test|hack|bench|test-kubectl)\//.test(target)) return undefined;
  return /^(?:@[^/]+\/)?[^/]+/.exec(target)?.[0];
}
