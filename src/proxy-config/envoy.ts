import { stringify } from "yaml";

import { clusterName, clusterOf } from "./envoy/cluster.ts";
import { bearerFilter, extensionOf, noBearer, routerFilter } from "./envoy/filters.ts";
import { safe } from "./escape.ts";
import type { RenderOptions } from "./render-options.ts";
import type { Route } from "./routes.ts";

/**
 * The configuration of one gateway as an Envoy bootstrap with static resources. It names the file with the tokens and
 * holds none itself; until that file is there, Envoy answers 500 rather than serve unprotected.
 */
export function renderEnvoy(routes: readonly Route[], options: RenderOptions): string {
  const gateway = safe("gateway name", options.gateway);
  const own = routes.filter((route) => route.gateway === options.gateway);
  const bootstrap = {
    node: { id: gateway, cluster: "dstack-gitops" },
    static_resources: {
      listeners: [
        {
          name: gateway,
          address: { socket_address: { address: options.listen.host, port_value: options.listen.port } },
          filter_chains: [{ filters: [connectionManager(own, options)] }],
        },
      ],
      clusters: own.filter(({ upstreams }) => upstreams.length > 0).map(clusterOf),
    },
  };
  const head = `# Rendered by dstack-gitops for gateway ${gateway}. What is edited here is overwritten.\n`;
  return head + stringify(bootstrap, { aliasDuplicateObjects: false, lineWidth: 0 });
}

/** The file with a gateway's tokens, which Envoy watches. Only ever written at delivery, mode 0600. */
export function renderEnvoyTokens(tokens: readonly string[]): string {
  return stringify({ resources: [bearerFilter(tokens.map((token) => safe("bearer token", token)))] });
}

function connectionManager(routes: readonly Route[], { gateway, tokensFile }: RenderOptions): unknown {
  const protectedRoutes = routes.filter(({ auth }) => auth);
  return {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
      stat_prefix: gateway,
      // The peer's address goes to the end of X-Forwarded-For, and what it says of the protocol is not believed.
      use_remote_address: true,
      xff_num_trusted_hops: 0,
      normalize_path: false,
      merge_slashes: false,
      max_request_headers_kb: 64,
      stream_idle_timeout: "0s",
      http_protocol_options: { accept_http_10: true },
      upgrade_configs: [{ upgrade_type: "websocket" }],
      http_filters: [
        ...(protectedRoutes.length > 0
          ? [extensionOf(safe("file name", tokensFile.replace(/(?:\.yaml)?$/, ".yaml")))]
          : []),
        routerFilter,
      ],
      route_config: { name: gateway, virtual_hosts: virtualHosts(routes, protectedRoutes.length > 0) },
    },
  };
}

function virtualHosts(routes: readonly Route[], checksTokens: boolean): readonly unknown[] {
  const open = checksTokens ? noBearer : {};
  const hosts = routes.flatMap((route) => {
    if (route.match.kind !== "host") return [];
    const name = safe("host name", route.match.host);
    return [{ name, domains: [name, `${name}:*`], routes: [envoyRoute(route, "/", open)] }];
  });
  const paths = routes.flatMap((route) =>
    route.match.kind === "path" ? pathRoutes(route, route.match.prefix, open) : [],
  );
  const nothing = { match: { prefix: "/" }, direct_response: { status: 404 }, ...open };
  return [...hosts, { name: "paths", domains: ["*"], routes: [{ ...climbing, ...open }, ...paths, nothing] }];
}

/** A path with `..` in it might mean another place to a service than to its gateway: refused, as it cannot be told which. */
const climbing = {
  match: { safe_regex: { regex: "(?i).*(/|%2f|%5c|\\\\)(\\.|%2e)(\\.|%2e)((/|%2f|%5c|\\\\).*)?" } },
  direct_response: { status: 400 },
};

function pathRoutes(route: Route, path: string, open: object): readonly unknown[] {
  const prefix = safe("path prefix", path);
  const redirect = { path_redirect: prefix, response_code: "PERMANENT_REDIRECT" };
  const bare = prefix === "/" ? [] : [{ match: { path: prefix.slice(0, -1) }, redirect, ...open }];
  return [...bare, envoyRoute(route, prefix, open)];
}

/** `open`: what exempts a route from the check of tokens, where there is one. */
function envoyRoute(route: Route, prefix: string, open: object): unknown {
  const exempt = route.auth ? {} : open;
  if (route.upstreams.length === 0) {
    const retryAfter = { header: { key: "Retry-After", value: "5" }, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" };
    return { match: { prefix }, direct_response: { status: 503 }, response_headers_to_add: [retryAfter], ...exempt };
  }
  const overwrite = (key: string, value: string): unknown => ({
    header: { key, value },
    append_action: "OVERWRITE_IF_EXISTS_OR_ADD",
  });
  return {
    match: { prefix },
    route: {
      cluster: clusterName(route),
      ...(route.match.kind === "path" && route.match.strip && { prefix_rewrite: "/" }),
      // Streams last as long as they last.
      timeout: "0s",
      idle_timeout: "0s",
      // Nothing has been sent where no connection came about: safe for every method, and for no other failure.
      retry_policy: { retry_on: "connect-failure", num_retries: Math.min(route.upstreams.length, 3) },
    },
    request_headers_to_add: [
      overwrite("X-Real-IP", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"),
      overwrite("X-Forwarded-Host", "%REQ(:AUTHORITY)%"),
    ],
    request_headers_to_remove: ["forwarded"],
    ...exempt,
  };
}
