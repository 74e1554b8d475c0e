/** Which releases of a node image a Kubernetes version has: two for each, the newer one first. */
export function releasesOf(amiType: string, version: string): readonly string[] {
  const patch = `${version}.${(Number(version.split(".")[1] ?? 0) % 5) + 1}`;
  if (amiType.startsWith("BOTTLEROCKET")) return ["1.42.0-30e0c1a1", "1.41.0-5f8b3c2d"];
  return [`${patch}-20251209`, `${patch}-20251112`];
}

/** Whether a release of the name form belongs to the Kubernetes version (Bottlerocket's fit every version). */
export function releaseFits(amiType: string, version: string, release: string): boolean {
  if (amiType.startsWith("BOTTLEROCKET")) return /^\d+\.\d+\.\d+-[0-9a-f]{8}$/.test(release);
  return release.startsWith(`${version}.`) && /^\d+\.\d+\.\d+-\d{8}$/.test(release);
}

/** -1, 0 or 1, by minor version. */
export function compareVersions(a: string, b: string): number {
  const number = (text: string): number => {
    const [major = "0", minor = "0"] = text.split(".");
    return Number(major) * 1000 + Number(minor);
  };
  return Math.sign(number(a) - number(b));
}
