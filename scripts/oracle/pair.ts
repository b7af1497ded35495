import type { ServiceSource } from "../../src/config/parse.ts";
import { parseServiceFile } from "../../src/config/parse.ts";
import type { Configuration } from "../../test/config/spellings.ts";
import { between, pick, type Random, seeded } from "../../test/simulation/random.ts";
import type { Facet } from "./facet.ts";
import { facetsOf, type Usable } from "./facets.ts";
import { written } from "./text.ts";

/** A service file, and which edition of the files it names there is beside it. */
export interface Side {
  readonly text: string;
  readonly edition: number;
}

/** Two service files: one service written in two ways, or with something changed. */
export interface Pair {
  readonly index: number;
  readonly kind: "same" | "changed";
  /** The subjects that were changed. */
  readonly changed: readonly string[];
  readonly before: Side;
  readonly after: Side;
}

export interface PairRequest {
  readonly seed: number;
  readonly index: number;
  /** Without any gateway, nothing is written that needs one. */
  readonly usable: Usable;
}

/** The pair of a seed and an index: always the same one. Both of its files are valid. */
export function pairOf({ seed, index, usable }: PairRequest): Pair {
  const random = seeded(seed * 1_000_003 + index);
  const facets = facetsOf(usable);
  for (;;) {
    const before = choose(facets, random);
    const isSame = random() < 0.4;
    const { after, changed } = isSame ? { after: before, changed: [] } : change(before, random);
    const sides = [before, after].map((chosen) => configurationOf(chosen, random));
    if (sides.some((side) => needsGateway(side) && typeof side["gateway"] !== "string")) continue;
    const [one = "", other = ""] = sides.map((side) => written(side, random));
    if (serviceOf(one) === null || serviceOf(other) === null) continue;
    const edited = !isSame && sides.every(({ files }) => files !== undefined) && random() < 0.3;
    return {
      index,
      kind: isSame ? "same" : "changed",
      changed: [...changed, ...(edited ? ["contents of files"] : [])],
      before: { text: one, edition: 1 },
      after: { text: other, edition: edited ? 2 : 1 },
    };
  }
}

/** A text's service; `null` where it has errors. */
export function serviceOf(text: string): ServiceSource | null {
  const parsed = parseServiceFile({ path: "service.dstack.yml", bytes: new TextEncoder().encode(text) });
  return parsed.kind === "service" ? parsed.service : null;
}

/** A facet, and which of its meanings a service has. */
interface Chosen {
  readonly facet: Facet;
  readonly meaning: number;
}

function choose(facets: readonly Facet[], random: Random): readonly Chosen[] {
  return facets.map((facet) => ({
    facet,
    meaning: random() < unsaid(facet) ? 0 : otherMeaning({ facet, meaning: 0 }, random),
  }));
}

/** Subjects of which a change may be seen by replicas: chosen more often, as a restart hides what others would do. */
const ofReplicas: ReadonlySet<string> = new Set([
  "commands",
  "env",
  "files",
  "gateway",
  "image",
  "port",
  "priority",
  "privileged",
  "probes",
  "replicas",
  "resources",
  "single_branch",
  "user",
  "volumes",
  "working_dir",
]);

function unsaid({ name }: Facet): number {
  return name === "name" ? 1 : ofReplicas.has(name) ? 0.6 : 0.9;
}

function change(
  before: readonly Chosen[],
  random: Random,
): { readonly after: readonly Chosen[]; readonly changed: readonly string[] } {
  const all = before.map(({ facet }) => facet.name);
  const seen = all.filter((name) => ofReplicas.has(name));
  const names = new Set(Array.from({ length: between(random, 1, 3) }, () => pick(random, random() < 0.8 ? seen : all)));
  const after = before.map((chosen) =>
    names.has(chosen.facet.name) ? { ...chosen, meaning: otherMeaning(chosen, random) } : chosen,
  );
  return { after, changed: [...names] };
}

function otherMeaning({ facet, meaning }: Chosen, random: Random): number {
  const others = [...facet.meanings.keys()].filter((other) => other !== meaning);
  return others.length === 0 ? meaning : pick(random, others);
}

function configurationOf(chosen: readonly Chosen[], random: Random): Configuration {
  const parts = chosen.map(({ facet, meaning }) => {
    const ways = facet.meanings[meaning] ?? [];
    return meaning === 0 && random() < 0.7 ? (ways[0] ?? {}) : pick(random, ways);
  });
  return parts.reduce((whole, part) => ({ ...whole, ...part }), { type: "service" });
}

/** What the server accepts with a gateway only. */
function needsGateway({ rate_limits, https, scaling }: Configuration): boolean {
  return (Array.isArray(rate_limits) && rate_limits.length > 0) || https === false || scaling !== undefined;
}
