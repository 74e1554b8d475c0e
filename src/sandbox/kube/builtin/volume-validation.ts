import type { FieldError } from "../resource-definition.ts";
import { duplicate, forbidden, invalidBy, invalidValue, notSupported, required } from "./field-errors.ts";
import { type Fields, fieldsAt, numberAt, objectsAt, stringAt } from "./fields.ts";
import { dnsLabel } from "./name-rules.ts";

const BAD_MODE = "must be a number between 0 and 0777 (octal), both inclusive";
const hostPathTypes = [
  "",
  "BlockDevice",
  "CharDevice",
  "Directory",
  "DirectoryOrCreate",
  "File",
  "FileOrCreate",
  "Socket",
];

/** What each kind of volume must have, in the order in which the API server looks at the kinds. */
const sources: Readonly<Record<string, (source: Fields, path: string) => readonly FieldError[]>> = {
  emptyDir: () => [],
  hostPath: (source, path) => {
    const type = stringAt(source, "type") ?? "";
    return [
      ...needs(source, path, "path"),
      ...noBacksteps(stringAt(source, "path") ?? "", `${path}.path`),
      ...(hostPathTypes.includes(type) ? [] : [notSupported(`${path}.type`, type, hostPathTypes)]),
    ];
  },
  secret: (source, path) => [...needs(source, path, "secretName"), ...checkFiles(source, path)],
  nfs: (source, path) => {
    const place = stringAt(source, "path") ?? "";
    const isRelative = place !== "" && !place.startsWith("/");
    return [
      ...needs(source, path, "server", "path"),
      ...(isRelative ? [invalidValue(`${path}.path`, place, "must be an absolute path")] : []),
    ];
  },
  persistentVolumeClaim: (source, path) => needs(source, path, "claimName"),
  configMap: (source, path) => [...needs(source, path, "name"), ...checkFiles(source, path)],
  downwardAPI: (source, path) => checkMode(source["defaultMode"], `${path}.defaultMode`),
  projected: (source, path) => [
    ...checkMode(source["defaultMode"], `${path}.defaultMode`),
    ...objectsAt(source, "sources").flatMap((part, index) => checkProjected(part, `${path}.sources[${index}]`)),
  ],
  csi: (source, path) => needs(source, path, "driver"),
  ephemeral: (source, path) => needs(source, path, "volumeClaimTemplate"),
};

/** A pod's volumes. `names` gets those that mounts can name: a volume that is wrong itself is not among them. */
export function validateVolumes(spec: Fields, path: string, names: Set<string>): readonly FieldError[] {
  return objectsAt(spec, "volumes").flatMap((volume, index) => {
    const at = `${path}[${index}]`;
    const errors: FieldError[] = [];
    const given = Object.keys(sources).filter((kind) => volume[kind] !== undefined);
    for (const [position, kind] of given.entries()) {
      if (position > 0) errors.push(forbidden(`${at}.${kind}`, "may not specify more than 1 volume type"));
      else errors.push(...(sources[kind]?.(fieldsAt(volume, kind), `${at}.${kind}`) ?? []));
    }
    const name = stringAt(volume, "name") ?? "";
    if (name === "") errors.push(required(`${at}.name`));
    else errors.push(...invalidBy(dnsLabel, `${at}.name`, name));
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    if (errors.length === 0) names.add(name);
    return errors;
  });
}

function needs(source: Fields, path: string, ...fields: readonly string[]): readonly FieldError[] {
  return fields.flatMap((field) => {
    const value = source[field];
    return value === undefined || value === "" ? [required(`${path}.${field}`)] : [];
  });
}

function checkFiles(source: Fields, path: string): readonly FieldError[] {
  return [
    ...checkMode(source["defaultMode"], `${path}.defaultMode`),
    ...objectsAt(source, "items").flatMap((item, index) => {
      const at = `${path}.items[${index}]`;
      return [
        ...needs(item, at, "key", "path"),
        ...localPath(stringAt(item, "path") ?? "", `${at}.path`),
        ...checkMode(item["mode"], `${at}.mode`),
      ];
    }),
  ];
}

function checkProjected(part: Fields, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const kind of ["secret", "configMap"]) {
    if (part[kind] === undefined) continue;
    errors.push(...needs(fieldsAt(part, kind), `${path}.${kind}`, "name"));
    errors.push(...checkFiles(fieldsAt(part, kind), `${path}.${kind}`));
  }
  if (part["serviceAccountToken"] === undefined) return errors;
  const at = `${path}.serviceAccountToken`;
  const seconds = numberAt(part, "serviceAccountToken", "expirationSeconds") ?? 0;
  if (seconds < 600)
    errors.push(invalidValue(`${at}.expirationSeconds`, seconds, "may not specify a duration less than 10 minutes"));
  return [...errors, ...needs(fieldsAt(part, "serviceAccountToken"), at, "path")];
}

function checkMode(mode: unknown, path: string): readonly FieldError[] {
  return typeof mode === "number" && (mode > 0o777 || mode < 0) ? [invalidValue(path, mode, BAD_MODE)] : [];
}

function localPath(value: string, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (value.startsWith("/")) errors.push(invalidValue(path, value, "must be a relative path"));
  errors.push(...noBacksteps(value, path));
  if (value.startsWith("..") && !value.startsWith("../")) {
    errors.push(invalidValue(path, value, "must not start with '..'"));
  }
  return errors;
}

function noBacksteps(value: string, path: string): readonly FieldError[] {
  return value.split("/").includes("..") ? [invalidValue(path, value, "must not contain '..'")] : [];
}
