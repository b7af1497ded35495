import { describe, expect, it } from "vitest";

import { createRoutingTable } from "../../../src/proxy-config/embedded/routing-table.ts";
import type { Route } from "../../../src/proxy-config/routes.ts";
import { pathRoute } from "../servers.ts";

const nested: Route["match"] = { kind: "path", prefix: "/proxy/services/main/web/admin/", strip: true };
const routes: readonly Route[] = [
  pathRoute("web", []),
  pathRoute("raw", [], { match: { kind: "path", prefix: "/proxy/services/main/raw/", strip: false } }),
  pathRoute("admin", [], { match: nested }),
  pathRoute("site", [], { match: { kind: "host", host: "site.Example.com" } }),
];
const table = createRoutingTable(routes.map((route) => ({ route })));
const base = "/proxy/services/main";

function find(host: string, target: string): string {
  const found = table.find(host, target);
  if (found.kind === "admitted") return `${found.entry.route.service} ${found.target}`;
  return `${found.status}${found.location === undefined ? "" : ` ${found.location}`}`;
}

describe("a path", () => {
  it.each([
    ["/", "web /"],
    ["/a/b", "web /a/b"],
    ["/a?x=/y/&z=%2f", "web /a?x=/y/&z=%2f"],
    ["/?x", "web /?x"],
    ["/a%2fb%20c%00", "web /a%2fb%20c%00"],
    ["//a//b", "web //a//b"],
    ["//evil.example/", "web //evil.example/"],
    ["/a/./b", "web /a/./b"],
    ["/a/../b", "web /a/../b"],
    ["/a/%2e%2E/b", "web /a/%2e%2E/b"],
    ["/..a/...", "web /..a/..."],
    ["/a;b=c/é", "web /a;b=c/é"],
    ["/admin/x", "admin /x"],
    ["/admin", `308 ${base}/web/admin/`],
    ["", `308 ${base}/web/`],
    ["?x=1", `308 ${base}/web/?x=1`],
    ["/..", "400"],
    ["/../raw/", "400"],
    ["/a/../../raw/", "400"],
    ["/%2e%2e/raw/", "400"],
    ["/.%2E", "400"],
    ["/..%2fraw", "400"],
    ["/..\\raw", "400"],
    ["/%2e%2e%5craw", "400"],
    ["/a/..//../raw", "400"],
    ["x", "404"],
  ])("of a service, %s, is %s", (rest, expected) => {
    expect(find("any", `${base}/web${rest}`)).toBe(expected);
  });

  it.each([
    ["/", "404"],
    [`${base}/`, "404"],
    [`${base}//web/`, "404"],
    [`${base}/other/../web/`, "404"],
    [`${base}/%77eb/`, "404"],
    [`${base}/WEB/`, "404"],
    [`${base}/raw/a?b`, `raw ${base}/raw/a?b`],
    [`${base}/raw/a/../../web/`, "400"],
    [`http://elsewhere${base}/web/a`, "web /a"],
    ["*", "400"],
    ["elsewhere:80", "400"],
    ["ftp://h/", "400"],
    ["", "400"],
  ])("%s is %s", (target, expected) => {
    expect(find("any", target)).toBe(expected);
  });

  it("of 60,000 slashes is looked up in no time", () => {
    const before = performance.now();
    expect(find("any", `${base}/nothing${"/".repeat(60_000)}`)).toBe("404");
    expect(performance.now() - before).toBeLessThan(100);
  });
});

describe("a host", () => {
  it.each([
    ["site.example.com", "/a?b", "site /a?b"],
    ["SITE.EXAMPLE.COM:3000", "/", "site /"],
    ["site.example.com.", "/", "site /"],
    ["other.example.com", "/", "404"],
    ["site.example.com.evil.org", "/", "404"],
    ["any", "http://site.example.com:81?q", "site /?q"],
    ["site.example.com", `${base}/web/x`, `site ${base}/web/x`],
  ])("%s and target %s is %s", (host, target, expected) => {
    expect(find(host, target)).toBe(expected);
  });
});
