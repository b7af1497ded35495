import { z } from "zod";

import { compacted } from "./compacted-schema.ts";
import { gonePath, historyPath } from "./layout.ts";
import { format, gone, intents, lease, record } from "./schema.ts";

/** JSON Schema of every document of the state branch, as `state/state.schema.json` publishes it. */
export function stateSchemaText(): string {
  const documents = {
    record: { path: "services/<shard>/<name>.json", schema: record },
    intents: { path: "journal/<shard>/<name>.json", schema: intents },
    lease: { path: "leases/<shard>/<name>.json", schema: lease },
    gone: { path: gonePath, schema: gone },
    history: { path: historyPath, schema: compacted },
    format: { path: "format", schema: format },
  };
  const definitions = Object.entries(documents).map(([name, { path, schema }]) => {
    // A spec is proven by its fingerprint, not by a schema.
    const { $schema: _, ...definition } = z.toJSONSchema(schema, { unrepresentable: "any", reused: "inline" });
    return [name, { description: path, ...definition }] as const;
  });
  const document = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Documents of a state branch of dstack-gitops",
    $defs: Object.fromEntries(definitions),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
