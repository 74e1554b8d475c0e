/** Name syntax of Kubernetes with the API server's texts (apimachinery `util/validation`). Each rule gives the complaints about a value. */
export type NameRule = (value: string) => readonly string[];

const label1123 = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const subdomain1123 = `${label1123}(\\.${label1123})*`;
const label1035 = "[a-z]([-a-z0-9]*[a-z0-9])?";
const qualifiedPart = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const labelValuePattern = `(${qualifiedPart})?`;
const configKeyPattern = "[-._a-zA-Z0-9]+";

export const dnsLabel: NameRule = (value) => [
  ...noLonger(value, 63),
  ...matching(
    value,
    label1123,
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
    "'my-name',  or '123-abc'",
  ),
];

export const dnsSubdomain: NameRule = (value) => [...noLonger(value, 253), ...subdomainSyntax(value)];

const subdomainSyntax: NameRule = (value) =>
  matching(
    value,
    subdomain1123,
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
    "'example.com'",
  );

export const wildcardSubdomain: NameRule = (value) =>
  matching(
    value,
    `\\*\\.${subdomain1123}`,
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
    "'*.example.com'",
  );

export const dns1035Label: NameRule = (value) => [
  ...noLonger(value, 63),
  ...matching(
    value,
    label1035,
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
    "'my-name',  or 'abc-123'",
  ),
];

export const labelValue: NameRule = (value) => [
  ...atMost(value, 63),
  ...matching(
    value,
    labelValuePattern,
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    "'MyValue',  or 'my_value',  or '12345'",
  ),
];

export const configKey: NameRule = (value) => [
  ...noLonger(value, 253),
  ...matching(
    value,
    configKeyPattern,
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
    "'key.name',  or 'KEY_NAME',  or 'key-name'",
  ),
  ...(value === "." || value === ".." ? [`must not be '${value}'`] : []),
  ...(value.startsWith("..") && value !== ".." ? ["must not start with '..'"] : []),
];

/** A label or annotation key: a name, or a DNS subdomain and a name with a slash between. */
export const qualifiedName: NameRule = (value) => {
  const parts = value.split("/");
  if (parts.length > 2) {
    return [
      `a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${qualifiedPart}') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const [prefix, name = ""] = parts.length === 2 ? parts : [undefined, parts[0]];
  const problems: string[] = [];
  if (prefix === "") problems.push("prefix part must be non-empty");
  else if (prefix !== undefined) {
    const found = [...atMost(prefix, 253), ...subdomainSyntax(prefix)];
    problems.push(...found.map((problem) => `prefix part ${problem}`));
  }
  if (name === "") problems.push("name part must be non-empty");
  problems.push(
    ...atMost(name, 63).map((problem) => `name part ${problem}`),
    ...matching(
      name,
      qualifiedPart,
      "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
      "'MyName',  or 'my.name',  or '123-abc'",
    ),
  );
  return problems;
};

/** The name of a port (IANA service name). */
export const portName: NameRule = (value) => {
  const problems: string[] = [];
  if (value.length > 15) problems.push("must be no more than 15 characters");
  if (!/^[-a-z0-9]+$/.test(value)) {
    problems.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  }
  if (!/[a-z]/.test(value)) problems.push("must contain at least one letter (a-z)");
  if (value.includes("--")) problems.push("must not contain consecutive hyphens");
  if (value.startsWith("-") || value.endsWith("-")) problems.push("must not begin or end with a hyphen");
  return problems;
};

/** A part of a URL's path. */
export const pathSegment: NameRule = (value) => {
  if (value === "." || value === "..") return [`may not be '${value}'`];
  return ["/", "%"].filter((part) => value.includes(part)).map((part) => `may not contain '${part}'`);
};

export function portNumber(value: unknown): readonly string[] {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 65_535
    ? []
    : ["must be between 1 and 65535, inclusive"];
}

/** The same limit in other words, as the API server has it for names of objects and keys of data. */
function noLonger(value: string, limit: number): readonly string[] {
  return value.length > limit ? [`must be no more than ${limit} characters`] : [];
}

function atMost(value: string, limit: number): readonly string[] {
  return value.length > limit ? [`must be no more than ${limit} bytes`] : [];
}

function matching(value: string, pattern: string, message: string, examples: string): readonly string[] {
  if (new RegExp(`^${pattern}$`).test(value)) return [];
  return [`${message} (e.g. ${examples}, regex used for validation is '${pattern}')`];
}
