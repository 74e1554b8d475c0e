import type { Scenario } from "../../scenario.ts";
import { definition, specSchema, withKind } from "./sample-definition.ts";

const string = { type: "string" };
const integer = { type: "integer" };

const formats = [
  "date-time",
  "date",
  "ipv4",
  "ipv6",
  "cidr",
  "duration",
  "uuid",
  "uuid3",
  "uuid4",
  "uuid5",
  "hostname",
  "email",
  "uri",
  "byte",
  "mac",
  "password",
  "hexcolor",
  "rgbcolor",
  "creditcard",
  "isbn",
  "isbn10",
  "isbn13",
  "ssn",
  "bsonobjectid",
  "k8s-short-name",
  "k8s-long-name",
  "unheard-of",
] as const;

const texts: Readonly<Record<string, readonly string[]>> = {
  "date-time": [
    "2024-02-29T10:00:00Z",
    "2023-02-29T10:00:00Z",
    "2024-01-01T10:00:00+01:00",
    "2024-01-01 10:00:00Z",
    "x",
    "",
  ],
  date: ["2024-02-29", "2023-02-29", "2024-1-1", "2024-01-01T00:00:00Z"],
  ipv4: ["10.0.0.1", "10.0.0.256", "010.0.0.1", "::1", ""],
  ipv6: ["::1", "fe80::1%eth0", "::ffff:10.0.0.1", "10.0.0.1", "g::"],
  cidr: ["10.0.0.0/8", "10.0.0.1/33", "::/0", "10.0.0.0", "010.0.0.0/8"],
  duration: ["1h", "1h30m", "1.5s", "-1m", "1 day", "2 weeks", "3d", "1", "0", "abc", ""],
  uuid: ["123e4567-e89b-12d3-a456-426614174000", "123E4567e89b12d3a456426614174000", "123e4567"],
  uuid4: ["123e4567-e89b-42d3-a456-426614174000", "123e4567-e89b-12d3-a456-426614174000"],
  hostname: ["example.com", "-a", "a_b", "1.2.3.4", "a.", `${"a".repeat(64)}.com`],
  email: ["a@b.c", "A <a@b.c>", "a@", "a"],
  uri: ["http://a/b", "/a", "a", "http://[", "mailto:x@y"],
  byte: ["aGVsbG8=", "aGVsbG8", "!", ""],
  mac: ["01:23:45:67:89:ab", "0123.4567.89ab", "01:23"],
  hexcolor: ["#fff", "fff", "#ffff"],
  rgbcolor: ["rgb(1,2,3)", "rgb(1,2)"],
  creditcard: ["4111111111111111", "1234"],
  isbn: ["3401013092", "978-3-16-148410-0", "1"],
  isbn10: ["3401013092", "1"],
  isbn13: ["9783161484100", "1"],
  ssn: ["111-11-1111", "111"],
  bsonobjectid: ["507f1f77bcf86cd799439011", "507f"],
  "k8s-short-name": ["abc", "1abc", "Abc", "a.b", "a".repeat(64)],
  "k8s-long-name": ["a.b", "a..b", "A"],
  password: ["x"],
  "unheard-of": ["x"],
};

export const valueScenarios: readonly Scenario[] = [
  {
    name: "types of values",
    run: (session) =>
      withKind(
        session,
        definition(
          "typeds",
          specSchema({
            type: "object",
            properties: {
              text: string,
              whole: integer,
              number: { type: "number" },
              flag: { type: "boolean" },
              list: { type: "array", items: string },
              object: { type: "object", properties: { a: string } },
              map: { type: "object", additionalProperties: integer },
              either: { "x-kubernetes-int-or-string": true },
              nothing: { type: "string", nullable: true },
              small: { type: "integer", format: "int32" },
              large: { type: "integer", format: "int64" },
              single: { type: "number", format: "float" },
              double: { type: "number", format: "double" },
            },
          }),
        ),
        async (kind) => {
          await kind.createSpecs([
            { text: 1, whole: "1", number: "1", flag: "true", list: {}, object: [], map: [], either: true },
            { text: true },
            { text: {} },
            { text: [] },
            { text: null, whole: null, number: null, flag: null, list: null, object: null, map: null, either: null },
            { nothing: null },
            { whole: 1.5 },
            { whole: 1.0 },
            { whole: 1e3 },
            { whole: 9007199254740991 },
            { number: 1 },
            { number: 1.5 },
            { list: ["a", 1, null, {}] },
            { object: { a: 1 } },
            { object: { a: null } },
            { map: { a: 1, b: "2", c: null } },
            { either: 1 },
            { either: "1" },
            { either: 1.5 },
            { either: {} },
            { small: 2147483647 },
            { small: 2147483648 },
            { small: -2147483649 },
            { large: 1 },
            { single: 1e39 },
            { double: 1e300 },
            "text",
            [],
            1,
            null,
          ]);
          await kind.session.post(kind.path(), '{"metadata":{"name":"bare"},"spec":{}}');
          await kind.create("top", { extra: 1, spec: {} });
          const root = `${kind.path()}`;
          const at = `"apiVersion":"${kind.crd.spec.group}/v1","kind":"Typed"`;
          await session.post(root, `{${at},"metadata":{"name":"whole-1"},"spec":{"whole":1.0}}`);
          await session.post(root, `{${at},"metadata":{"name":"whole-2"},"spec":{"whole":1e2}}`);
          await session.post(root, `{${at},"metadata":{"name":"whole-3"},"spec":{"whole":1.10}}`);
          await session.post(root, `{${at},"metadata":{"name":"whole-4"},"spec":{"number":1.0}}`);
        },
      ),
  },
  {
    name: "numbers",
    run: (session) =>
      withKind(
        session,
        definition(
          "numbers",
          specSchema({
            type: "object",
            properties: {
              from: { type: "integer", minimum: 2 },
              to: { type: "integer", maximum: 5 },
              above: { type: "integer", minimum: 2, exclusiveMinimum: true },
              below: { type: "number", maximum: 5.5, exclusiveMaximum: true },
              step: { type: "integer", multipleOf: 3 },
              fraction: { type: "number", multipleOf: 0.5 },
              range: { type: "number", minimum: -1.5, maximum: 1e6 },
            },
          }),
        ),
        (kind) =>
          kind.createSpecs([
            { from: 1 },
            { from: 2 },
            { to: 6 },
            { to: 5 },
            { above: 2 },
            { above: 3 },
            { below: 5.5 },
            { below: 5.25 },
            { below: 6 },
            { step: 4 },
            { step: 9 },
            { fraction: 0.75 },
            { fraction: 1.5 },
            { fraction: 2 },
            { range: -1.75 },
            { range: 1000001 },
            { range: 2e6 },
            { from: 0, to: 9, above: 0, below: 7, step: 1, fraction: 0.1 },
          ]),
      ),
  },
  {
    name: "texts and choices",
    run: (session) =>
      withKind(
        session,
        definition(
          "texts",
          specSchema({
            type: "object",
            required: ["must"],
            properties: {
              must: string,
              pattern: { type: "string", pattern: "^[a-z]+$" },
              insensitive: { type: "string", pattern: "^(?i)abc$" },
              min: { type: "string", minLength: 2 },
              max: { type: "string", maxLength: 3 },
              choice: { type: "string", enum: ["a", "b"] },
              number: { type: "integer", enum: [1, 2] },
              decimal: { type: "number", enum: [1.5, 2] },
              mixed: { "x-kubernetes-int-or-string": true, enum: [1, "a"] },
              object: { type: "object", enum: [{ a: 1 }], "x-kubernetes-preserve-unknown-fields": true },
              flag: { type: "boolean", enum: [true] },
              empty: { type: "string", nullable: true, enum: ["a", null] },
            },
          }),
        ),
        async (kind) => {
          await kind.createSpecs([
            {},
            { must: "" },
            { must: null },
            { must: "x", pattern: "abc" },
            { must: "x", pattern: "ABC" },
            { must: "x", insensitive: "ABC" },
            { must: "x", insensitive: "ABCD" },
            { must: "x", min: "a" },
            { must: "x", min: "😀" },
            { must: "x", min: "😀é" },
            { must: "x", max: "abcd" },
            { must: "x", max: "😀éü" },
            { must: "x", choice: "c" },
            { must: "x", choice: "" },
            { must: "x", choice: 1 },
            { must: "x", number: 3 },
            { must: "x", number: 2 },
            { must: "x", decimal: 2.5 },
            { must: "x", decimal: 1.5 },
            { must: "x", mixed: 2 },
            { must: "x", mixed: "b" },
            { must: "x", object: { a: 2 } },
            { must: "x", flag: false },
            { must: "x", empty: null },
            { must: "x", empty: "b" },
            { pattern: "A", min: "", max: "abcdef", choice: "z", number: 9 },
            { must: "x", pattern: 'quote " and \\ <&> \u00e9 \u2028' },
          ]);
          await kind.createEach([{}, { spec: null }, { spec: {} }]);
        },
      ),
  },
  ...["a", "b"].map((half, part): Scenario => {
    const mine = formats.filter((_format, index) => index % 2 === part);
    return {
      name: `formats ${half}`,
      run: (session) =>
        withKind(
          session,
          definition(
            `format${half}s`,
            specSchema({
              type: "object",
              properties: Object.fromEntries(
                mine.map((format) => [format.replaceAll("-", "_"), { type: "string", format }]),
              ),
            }),
          ),
          (kind) =>
            kind.createSpecs(
              mine.flatMap((format) => (texts[format] ?? []).map((text) => ({ [format.replaceAll("-", "_")]: text }))),
              "?dryRun=All",
            ),
        ),
    };
  }),
  {
    name: "lists and maps",
    run: (session) =>
      withKind(
        session,
        definition(
          "lists",
          specSchema({
            type: "object",
            minProperties: 1,
            maxProperties: 2,
            properties: {
              few: { type: "array", items: string, minItems: 1, maxItems: 2 },
              set: { type: "array", items: string, "x-kubernetes-list-type": "set" },
              numbers: { type: "array", items: { type: "number" }, "x-kubernetes-list-type": "set" },
              objects: {
                type: "array",
                "x-kubernetes-list-type": "set",
                items: { type: "object", "x-kubernetes-map-type": "atomic", properties: { a: integer, b: integer } },
              },
              map: {
                type: "array",
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
                items: { type: "object", required: ["name"], properties: { name: string, value: integer } },
              },
              ports: {
                type: "array",
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["port", "protocol"],
                items: {
                  type: "object",
                  required: ["port"],
                  properties: { port: integer, protocol: { type: "string", default: "TCP" } },
                },
              },
              free: { type: "array", items: string, "x-kubernetes-list-type": "atomic" },
              labels: { type: "object", additionalProperties: { type: "string", maxLength: 2 }, maxProperties: 1 },
            },
          }),
        ),
        (kind) =>
          kind.createSpecs([
            {},
            { few: [], set: [], map: [] },
            { few: [] },
            { few: ["a", "b", "c"] },
            { set: ["a", "b", "a"] },
            { set: ["a", "a", "a"] },
            { numbers: [1, 1.5, 1] },
            {
              objects: [
                { a: 1, b: 2 },
                { b: 2, a: 1 },
              ],
            },
            { map: [{ name: "a" }, { name: "b" }, { name: "a", value: 2 }] },
            { map: [{ value: 1 }, { value: 2 }] },
            { map: [{ name: "a" }, { name: "a" }, { name: "a" }] },
            { ports: [{ port: 1 }, { port: 1, protocol: "UDP" }, { port: 1, protocol: "TCP" }] },
            { ports: [{ port: 1 }, { port: "1" }] },
            { free: ["a", "a"] },
            { labels: { a: "abc", b: "abc" } },
            { labels: { "a.b/c": "abc" } },
            { labels: { 'a"b': 1 } },
          ]),
      ),
  },
  {
    name: "combinations of schemas",
    run: (session) =>
      withKind(
        session,
        definition(
          "mixes",
          specSchema({
            type: "object",
            properties: {
              all: { type: "integer", allOf: [{ minimum: 2 }, { maximum: 4 }, { multipleOf: 2 }] },
              any: { type: "string", anyOf: [{ pattern: "^a" }, { pattern: "b$" }, { enum: ["x"] }] },
              one: { type: "string", oneOf: [{ pattern: "^a" }, { pattern: "b$" }] },
              not: { type: "string", not: { pattern: "^a" } },
              need: {
                type: "object",
                properties: { a: string, b: string },
                oneOf: [{ required: ["a"] }, { required: ["b"] }],
              },
              either: {
                "x-kubernetes-int-or-string": true,
                anyOf: [{ type: "integer" }, { type: "string" }],
                pattern: "^[0-9]+%$",
              },
              anyNeed: {
                type: "object",
                properties: { a: { type: "object", properties: { c: string } }, b: string },
                anyOf: [{ required: ["a"], properties: { a: { required: ["c"] } } }, { required: ["b"] }],
              },
              list: { type: "array", items: { type: "string", not: { enum: ["no"] } } },
            },
            not: { required: ["all", "any"] },
          }),
        ),
        (kind) =>
          kind.createSpecs([
            { all: 1 },
            { all: 5 },
            { all: 4 },
            { any: "c" },
            { any: "a" },
            { one: "ab" },
            { one: "c" },
            { one: "a" },
            { not: "a" },
            { not: "b" },
            { need: {} },
            { need: { a: "1", b: "2" } },
            { need: { a: "1" } },
            { either: "5" },
            { either: "5%" },
            { either: 5 },
            { either: true },
            { either: {} },
            { anyNeed: {} },
            { anyNeed: { a: {} } },
            { anyNeed: { a: { c: "x" } } },
            { list: ["yes", "no"] },
            { all: 4, any: "a" },
            { all: 1, any: "c", one: "c", not: "a", need: {} },
          ]),
      ),
  },
];
