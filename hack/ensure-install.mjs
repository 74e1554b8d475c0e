// Plain JavaScript on purpose: this runs under whatever Node.js the machine has, before anything is installed.
// It installs the dependencies (the pinned Node.js among them) when node_modules is missing or older than the lock file.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const stampFile = `${root}node_modules/.fairlead-lock`;

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Node.js ${process.versions.node} is too old to install Fairlead: it needs 20.19 or later.`);
  process.exit(1);
}

const wanted = createHash("sha256")
  .update(readFileSync(`${root}package-lock.json`))
  .digest("hex");
if (installedStamp() !== wanted) {
  // Standard output belongs to the command that follows.
  process.stderr.write("Installing dependencies (npm ci) ...\n");
  const install = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", process.stderr, process.stderr],
    shell: process.platform === "win32",
  });
  if (install.status !== 0) {
    console.error("npm ci failed; its output above says why.");
    process.exit(install.status ?? 1);
  }
  writeFileSync(stampFile, wanted);
}

function installedStamp() {
  try {
    return readFileSync(stampFile, "utf8");
  } catch {
    return undefined;
  }
}
