import { describe, expect, it } from "vitest";

import { hostAndPort, nginxString, regexLiteral, safe, UnquotableError } from "../../src/proxy-config/escape.ts";

type Kind = Parameters<typeof safe>[0];

describe("safe()", () => {
  const accepted: readonly (readonly [Kind, string])[] = [
    ["service name", "llama31-70b"],
    ["host name", "web.example.com"],
    ["host name", "localhost"],
    ["path prefix", "/proxy/services/main/web/"],
    ["path prefix", "/"],
    ["path prefix", "/a../.b/..c/"],
    ["socket path", "/home/a b/.local/state/x@1.sock"],
    ["bearer token", "abc-._~+/=="],
  ];
  it.each(accepted)("accepts the %s %j", (kind, value) => {
    expect(safe(kind, value)).toBe(value);
  });

  const refused: readonly (readonly [Kind, string])[] = [
    ["service name", "a;b"],
    ["service name", "a.b"],
    ["service name", "a\nb"],
    ["service name", ""],
    ["project name", "a b"],
    ["project name", "a}b"],
    ["host name", "a_b.example.com"],
    ["host name", "a..b"],
    ["host name", "-a.b"],
    ["host name", "~^evil$"],
    ["host name", "*.example.com"],
    ["host name", `${"a".repeat(64)}.com`],
    ["path prefix", "/a/../b/"],
    ["path prefix", "/a/./"],
    ["path prefix", "/a//b/"],
    ["path prefix", "/a"],
    ["path prefix", "a/"],
    ["path prefix", "/a{}/"],
    ["path prefix", "/a%2fb/"],
    ["path prefix", '/a"/'],
    ["socket path", "relative.sock"],
    ["socket path", "/a;b"],
    ["socket path", "/a$b"],
    ["socket path", '/a"b'],
    ["socket path", "/a\\b"],
    ["socket path", `/${"a".repeat(107)}`],
    ["bearer token", 'abc" 1; "'],
    ["bearer token", "a b"],
    ["bearer token", ""],
  ];
  it.each(refused)("refuses the %s %j", (kind, value) => {
    expect(() => safe(kind, value)).toThrow(UnquotableError);
  });

  it("says what it was to be, and what was expected", () => {
    expect(() => safe("service name", "a;b")).toThrow(
      'service name "a;b" cannot stand in a gateway\'s configuration: expected letters, digits, `-` and `_`',
    );
  });
});

describe("hostAndPort()", () => {
  it.each([
    ["127.0.0.1", 80, "127.0.0.1:80"],
    ["::1", 8080, "[::1]:8080"],
    ["host.example", 1, "host.example:1"],
  ])("%s %i is %s", (host, port, expected) => {
    expect(hostAndPort(host, port)).toBe(expected);
  });

  it.each([
    ["a;b", 80],
    ["fe80::1%eth0", 80],
    ["h", 0],
    ["h", 65536],
    ["h", 1.5],
    ["h", Number.NaN],
  ])("refuses %j %d", (host, port) => {
    expect(() => hostAndPort(host, port)).toThrow(UnquotableError);
  });
});

describe("nginxString() and regexLiteral()", () => {
  it("quote what has a quotation, and refuse what has none", () => {
    expect(nginxString('a "b" \\ ; {}')).toBe('"a \\"b\\" \\\\ ; {}"');
    for (const value of ["a$b", "a\nb", "a\u0000b"]) expect(() => nginxString(value)).toThrow(UnquotableError);
  });

  it("make an expression that matches the text and nothing else", () => {
    const text = "a.b*c+(d)[e]{f}^g|h?i\\j";
    expect(new RegExp(`^${regexLiteral(text)}$`).test(text)).toBe(true);
    expect(new RegExp(`^${regexLiteral("a.b")}$`).test("axb")).toBe(false);
  });
});
