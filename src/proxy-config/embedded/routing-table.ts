import type { Route } from "../routes.ts";

/** Where a request goes: to a route, with the target to ask its upstream for; or nowhere, with the answer. */
export type Admission<R> =
  | { readonly kind: "admitted"; readonly entry: R; readonly target: string }
  | { readonly kind: "refused"; readonly status: number; readonly text: string; readonly location?: string };

/** The routes of one generation, looked up by host and path. Never changed: another generation is another table. */
export interface RoutingTable<R> {
  readonly entries: readonly R[];
  find(host: string | undefined, target: string): Admission<R>;
}

interface PathEntry<R> {
  readonly entry: R;
  readonly strip: boolean;
}

/** `longest`: length of the longest prefix, beyond which no slash of a path needs to be looked at. */
interface Prefixes<R> {
  readonly prefixes: ReadonlyMap<string, PathEntry<R>>;
  readonly longest: number;
}

/** Builds a table of entries that each carry their route. */
export function createRoutingTable<R extends { readonly route: Route }>(entries: readonly R[]): RoutingTable<R> {
  const hosts = new Map<string, R>();
  const prefixes = new Map<string, PathEntry<R>>();
  for (const entry of entries) {
    const { match } = entry.route;
    if (match.kind === "host") hosts.set(match.host.toLowerCase(), entry);
    else prefixes.set(match.prefix, { entry, strip: match.strip });
  }
  const longest = Math.max(0, ...Array.from(prefixes.keys(), (prefix) => prefix.length));
  const find = (host: string | undefined, requested: string): Admission<R> => {
    const { authority, target } = originForm(requested);
    if (target === null) return refused(400, "The request's target is not a path");
    const byHost = hosts.get(hostName(authority ?? host));
    if (byHost !== undefined) return { kind: "admitted", entry: byHost, target };
    return findPath({ prefixes, longest }, target);
  };
  return { entries, find };
}

/**
 * The longest prefix wins. Paths are compared as they were sent: nothing is decoded, merged or resolved, so what a prefix
 * protects cannot be reached by writing it another way, and upstreams get what the client wrote.
 */
function findPath<R>({ prefixes, longest }: Prefixes<R>, target: string): Admission<R> {
  const query = target.indexOf("?");
  const path = query === -1 ? target : target.slice(0, query);
  if (prefixes.has(`${path}/`)) {
    const location = `${path}/${target.slice(path.length)}`;
    return { ...refused(308, "The service is served with a slash at the end"), location };
  }
  for (
    let slash = path.lastIndexOf("/", longest - 1);
    slash >= 0;
    slash = slash === 0 ? -1 : path.lastIndexOf("/", slash - 1)
  ) {
    const found = prefixes.get(path.slice(0, slash + 1));
    if (found === undefined) continue;
    if (climbs(path.slice(slash))) return refused(400, "The path leads out of its service");
    return { kind: "admitted", entry: found.entry, target: found.strip ? target.slice(slash) : target };
  }
  return refused(404, "No service is served here");
}

/** Whether some upstream might read dot segments, however encoded, as a way out of the root. */
function climbs(path: string): boolean {
  if (!/\.|%2e/i.test(path)) return false;
  let depth = 0;
  for (const segment of path.split(/\/|\\|%2f|%5c/i).slice(1)) {
    const dots = segment.replace(/%2e/gi, ".");
    if (dots === "..") depth -= 1;
    else if (dots !== "." && dots !== "") depth += 1;
    if (depth < 0) return true;
  }
  return false;
}

/** Splits the absolute form (`GET http://host/path`), which servers must accept too (RFC 9112, 3.2.2). */
function originForm(requested: string): { readonly authority: string | undefined; readonly target: string | null } {
  if (requested.startsWith("/")) return { authority: undefined, target: requested };
  const [, authority, rest] = /^https?:\/\/([^/?#]+)([^#]*)$/i.exec(requested) ?? [];
  if (authority === undefined || rest === undefined) return { authority: undefined, target: null };
  return { authority, target: rest.startsWith("/") ? rest : `/${rest}` };
}

function hostName(host: string | undefined): string {
  return (host ?? "").replace(/:\d*$/, "").replace(/\.$/, "").toLowerCase();
}

function refused(
  status: number,
  text: string,
): { readonly kind: "refused"; readonly status: number; readonly text: string } {
  return { kind: "refused", status, text };
}
