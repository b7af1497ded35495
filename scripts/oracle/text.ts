import { Document, isMap, isScalar, visit } from "yaml";

import type { Configuration } from "../../test/config/spellings.ts";
import { pick, type Random } from "../../test/simulation/random.ts";
import { isRecord } from "../conformance/agree.ts";

/** A configuration as YAML 1.1, in one of many styles: order of keys, quotes, blocks and braces, words for `true` and `null`, comments. */
export function written(configuration: Configuration, random: Random): string {
  const document = new Document(shuffled(configuration, random), { version: "1.1", aliasDuplicateObjects: false });
  const flow = pick(random, [0, 0.3, 1]);
  visit(document, {
    Collection: (_, node) => {
      if (node !== document.contents) node.flow = random() < flow;
    },
    Scalar: (key, node) => {
      if (key !== "key" && typeof node.value === "string")
        node.type = pick(random, ["PLAIN", "QUOTE_DOUBLE", "QUOTE_SINGLE"]);
    },
  });
  comment(document, random);
  return document.toString({
    lineWidth: 0,
    indent: pick(random, [2, 4]),
    indentSeq: random() < 0.5,
    trueStr: pick(random, ["true", "yes", "On"]),
    falseStr: pick(random, ["false", "no", "Off"]),
    nullStr: pick(random, ["null", "~"]),
  });
}

function comment(document: Document, random: Random): void {
  if (random() < 0.2) document.commentBefore = " a service";
  if (!isMap(document.contents) || random() < 0.7) return;
  const { key } = pick(random, document.contents.items);
  if (isScalar(key)) key.commentBefore = " why it is so";
}

function shuffled(value: unknown, random: Random): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => shuffled(item, random));
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).map(([key, member]) => ({ key, member, at: random() }));
  const sorted = entries.toSorted((one, other) => one.at - other.at);
  return Object.fromEntries(sorted.map(({ key, member }) => [key, shuffled(member, random)]));
}
