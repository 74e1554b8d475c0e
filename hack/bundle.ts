import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

/** Makes `dist/fairlead.mjs`, the whole program in one file, and `dist/licenses.txt` of the packages inside. */
const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ["src/cli/main.ts"],
  outfile: "dist/fairlead.mjs",
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  minifySyntax: true,
  minifyWhitespace: true,
  // Stack traces keep their names.
  keepNames: true,
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
  // Packages in CommonJS call require() for Node.js' own modules.
  banner: {
    js: 'import { createRequire as bundleRequire } from "node:module"; const require = bundleRequire(import.meta.url);',
  },
});

const packages = new Set(
  Object.keys(metafile.inputs).flatMap((path) => {
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path);
    return match?.[1] === undefined ? [] : [match[1]];
  }),
);
const notices = await Promise.all([...packages].toSorted().map(notice));
await writeFile(join(dist, "licenses.txt"), `${notices.join(`\n${"-".repeat(80)}\n\n`)}`);
const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
console.log(`dist/fairlead.mjs: ${(bytes / 1e6).toFixed(1)} MB, ${packages.size} packages (dist/licenses.txt)`);

async function notice(folder: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(root, folder, "package.json"), "utf8")) as {
    readonly name: string;
    readonly version: string;
    readonly license?: string;
  };
  const files = (await readdir(join(root, folder))).filter((name) => /^(licen[cs]e|notice|copying)/i.test(name));
  const texts = await Promise.all(files.map((name) => readFile(join(root, folder, name), "utf8")));
  const head = `${manifest.name} ${manifest.version} (${manifest.license ?? "license not stated"})`;
  return [head, ...texts.map((text) => text.trim())].join("\n\n").concat("\n");
}
