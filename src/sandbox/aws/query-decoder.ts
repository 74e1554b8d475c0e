/**
 * Decodes form parameters into nested values, all scalars as text:
 * `A.member.1.B=x` (query) and `A.1.B=x` (EC2) both give `{ A: [{ B: "x" }] }`, `M.entry.1.key=k&M.entry.1.value=v`
 * gives `{ M: { k: "v" } }`. List positions only order the elements.
 */
export function decodeForm(form: URLSearchParams, lists: "member" | "flat"): Record<string, unknown> {
  const root: Tree = { children: new Map() };
  for (const [name, value] of form) {
    let node = root;
    for (const part of name.split(".")) {
      const next = node.children.get(part) ?? { children: new Map() };
      node.children.set(part, next);
      node = next;
    }
    node.value = value;
  }
  return objectOf(root, lists);
}

interface Tree {
  value?: string;
  readonly children: Map<string, Tree>;
}

function objectOf(tree: Tree, lists: "member" | "flat"): Record<string, unknown> {
  return Object.fromEntries([...tree.children].map(([name, child]) => [name, valueOf(child, lists)]));
}

function valueOf(tree: Tree, lists: "member" | "flat"): unknown {
  if (tree.children.size === 0) return tree.value ?? "";
  const numbered = numberedChildren(tree);
  if (lists === "flat" && numbered !== undefined) return numbered.map((child) => valueOf(child, lists));
  if (lists === "member" && tree.children.size === 1) {
    const members = namedList(tree, "member");
    if (members !== undefined) return members.map((child) => valueOf(child, lists));
    const entries = namedList(tree, "entry");
    if (entries !== undefined) {
      return Object.fromEntries(
        entries.map((entry) => {
          const key = entry.children.get("key");
          const value = entry.children.get("value");
          return [key?.value ?? "", value === undefined ? "" : valueOf(value, lists)];
        }),
      );
    }
  }
  return objectOf(tree, lists);
}

function namedList(tree: Tree, name: string): readonly Tree[] | undefined {
  const child = tree.children.get(name);
  return child === undefined ? undefined : numberedChildren(child);
}

function numberedChildren(tree: Tree): readonly Tree[] | undefined {
  if (tree.children.size === 0) return undefined;
  const entries = [...tree.children];
  if (!entries.every(([name]) => /^\d+$/.test(name))) return undefined;
  return entries.sort(([a], [b]) => Number(a) - Number(b)).map(([, child]) => child);
}
