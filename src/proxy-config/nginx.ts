import type { Address } from "../state/record.ts";
import { hostAndPort, nginxString, regexLiteral, safe } from "./escape.ts";
import type { RenderOptions } from "./render-options.ts";
import { isWeighted, type Route } from "./routes.ts";

/**
 * The configuration of one gateway, to be included in nginx's `http` block (1.22 and newer). It names the file with the
 * tokens and holds none itself; without that file nginx refuses the configuration, so nothing is served unprotected.
 */
export function renderNginx(routes: readonly Route[], options: RenderOptions): string {
  const own = routes.filter((route) => route.gateway === options.gateway);
  const hosts = own.filter(({ match }) => match.kind === "host");
  const paths = own.filter(({ match }) => match.kind === "path");
  const sections = [
    [
      `# Rendered by dstack-gitops for gateway ${safe("gateway name", options.gateway)}. What is edited here is overwritten.`,
    ],
    maps(own, options),
    ...own.filter(({ upstreams }) => upstreams.length > 0).map(upstreamBlock),
    serverBlock(
      options,
      ["_"],
      [...paths.flatMap((route) => pathLocations(route, options)), "location / {", "    return 404;", "}"],
    ),
    ...hosts.map((route) => serverBlock(options, hostNames(route), location("/", route, options))),
  ];
  return `${sections.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

/** The file with a gateway's tokens: lines of the map that `renderNginx` includes. Only ever written at delivery, mode 0600. */
export function renderNginxTokens(tokens: readonly string[]): string {
  // Plain strings of a map match whatever their case; expressions with `~` do not.
  return tokens
    .map((token) => `${nginxString(`~^[Bb]earer +${regexLiteral(safe("bearer token", token))}\\z`)} 1;\n`)
    .join("");
}

function maps(routes: readonly Route[], { gateway, tokensFile }: RenderOptions): readonly string[] {
  const name = variable(gateway);
  const longest = Math.max(0, ...routes.map(({ match }) => (match.kind === "host" ? match.host.length : 0)));
  return [
    // The default holds names of some 40 characters.
    ...(longest > 40 ? ["server_names_hash_bucket_size 512;"] : []),
    `map $http_upgrade ${name}_upgrade {`,
    `    default "";`,
    `    "~*^websocket\\z" websocket;`,
    "}",
    `map ${name}_upgrade ${name}_connection {`,
    "    default upgrade;",
    `    "" "";`,
    "}",
    `map $status ${name}_retry_after {`,
    `    default "";`,
    "    503 5;",
    "}",
    ...(routes.some(({ auth }) => auth)
      ? [
          `map $http_authorization ${name}_authorized {`,
          "    default 0;",
          `    include ${nginxString(safe("file name", tokensFile))};`,
          "}",
        ]
      : []),
  ];
}

function upstreamBlock(route: Route): readonly string[] {
  const weighted = isWeighted(route);
  const servers = route.upstreams.map(({ address, weight = 1 }) => {
    const share = weighted ? ` weight=${weight}` : "";
    return `    server ${nginxString(addressOf(address))}${share} max_fails=1 fail_timeout=1s;`;
  });
  return [
    `upstream ${upstreamName(route)} {`,
    // With weights, nginx's own turns: by connections, a canary without one would come before all that are busy.
    ...(weighted ? [] : ["    least_conn;"]),
    ...servers,
    "    keepalive 32;",
    "    keepalive_timeout 2s;",
    "}",
  ];
}

function serverBlock(
  { gateway, listen }: RenderOptions,
  names: readonly string[],
  locations: readonly string[],
): readonly string[] {
  const name = variable(gateway);
  const isDefault = names.includes("_") ? " default_server" : "";
  const settings = [
    `listen ${hostAndPort(listen.host, listen.port)}${isDefault};`,
    `server_name ${names.join(" ")};`,
    "absolute_redirect off;",
    "client_max_body_size 0;",
    "large_client_header_buffers 8 64k;",
    "proxy_http_version 1.1;",
    "proxy_buffering off;",
    "proxy_request_buffering off;",
    "proxy_connect_timeout 5s;",
    "proxy_read_timeout 1h;",
    "proxy_send_timeout 1h;",
    // Never a request that may have been acted on: `non_idempotent` is not among these.
    "proxy_next_upstream error timeout;",
    // An answer of a service's must not lead into another one's location.
    "proxy_ignore_headers X-Accel-Redirect X-Accel-Expires X-Accel-Limit-Rate X-Accel-Buffering X-Accel-Charset;",
    "proxy_set_header Host $http_host;",
    `proxy_set_header Upgrade ${name}_upgrade;`,
    `proxy_set_header Connection ${name}_connection;`,
    "proxy_set_header X-Real-IP $remote_addr;",
    "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
    "proxy_set_header X-Forwarded-Host $http_host;",
    "proxy_set_header X-Forwarded-Proto $scheme;",
    `proxy_set_header Forwarded "";`,
  ];
  return ["server {", ...[...settings, "", ...locations].map((line) => (line === "" ? "" : `    ${line}`)), "}"];
}

function pathLocations(route: Route, options: RenderOptions): readonly string[] {
  if (route.match.kind !== "path") return [];
  const prefix = safe("path prefix", route.match.prefix);
  const bare = prefix.slice(0, -1);
  const redirect = bare === "" ? [] : [`location = ${bare} {`, `    return 308 ${prefix}$is_args$args;`, "}"];
  return [...redirect, ...location(`^~ ${prefix}`, route, options)];
}

function location(place: string, route: Route, options: RenderOptions): readonly string[] {
  const name = variable(options.gateway);
  const authorization = route.auth ? [`if (${name}_authorized = 0) {`, "    return 403;", "}"] : [];
  const answer =
    route.upstreams.length > 0
      ? [
          ...rawTarget(route, name),
          `proxy_pass http://${upstreamName(route)}${route.match.kind === "path" ? `${name}_target` : ""};`,
        ]
      : [`add_header Retry-After ${name}_retry_after always;`, "return 503;"];
  return [`location ${place} {`, ...[...authorization, ...answer].map((line) => `    ${line}`), "}"];
}

/**
 * nginx finds locations by the decoded path; the upstream is to get the path as it was sent, if that, too, lies below the
 * prefix. The capture has a name, since nginx would encode a numbered one once more.
 */
function rawTarget({ match }: Route, name: string): readonly string[] {
  if (match.kind !== "path") return [];
  const capture = `(?<${name.slice(1)}_target>`;
  const prefix = regexLiteral(match.prefix.slice(0, -1));
  const pattern = match.strip ? `^${prefix}${capture}/.*)\\z` : `^${capture}${prefix}/.*)\\z`;
  return [`if ($request_uri !~ ${nginxString(pattern)}) {`, "    return 400;", "}"];
}

function hostNames({ match }: Route): readonly string[] {
  return match.kind === "host" ? [safe("host name", match.host)] : [];
}

function upstreamName({ gateway, project, service }: Route): string {
  return [
    "dstack_gitops",
    safe("gateway name", gateway),
    safe("project name", project),
    safe("service name", service),
  ].join(".");
}

/** Variables are letters, digits and `_`; two gateways never share one. */
function variable(gateway: string): string {
  return `$dstack_gitops_${safe("gateway name", gateway).replaceAll("_", "__").replaceAll("-", "_d")}`;
}

function addressOf(address: Address): string {
  return address.kind === "unix"
    ? `unix:${safe("socket path", address.path)}`
    : hostAndPort(address.host, address.port);
}
