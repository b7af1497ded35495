import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { tarOf } from "../../scripts/oracle/archive.ts";
import { exampleOf } from "../../scripts/oracle/compare.ts";
import { serverDifferences } from "../../scripts/oracle/differences.ts";
import { explanation } from "../../scripts/oracle/explanation.ts";
import { ourAnswer, readPair } from "../../scripts/oracle/ours.ts";
import { pairOf, serviceOf } from "../../scripts/oracle/pair.ts";
import { runRequest } from "../../scripts/oracle/run-spec.ts";
import type { Verdict } from "../../scripts/oracle/theirs.ts";
import { propertyNames } from "../../src/config/fields/service.ts";
import { gatewayNeeds } from "../../src/config/gateway-needs.ts";

const everything = { gateways: ["edge", "main"], volumes: ["data"] };
const nothing = { gateways: [], volumes: [] };

function pairs(seed: number, count: number, usable = everything) {
  return Array.from({ length: count }, (_, index) => pairOf({ seed, index, usable }));
}

describe("pairOf()", () => {
  const some = pairs(1, 250);

  it("makes the same pairs of the same seed, and others of another", () => {
    expect(pairs(1, 20)).toEqual(some.slice(0, 20));
    expect(pairs(2, 20).filter(({ before }, index) => before.text === some[index]?.before.text)).toEqual([]);
  });

  it("makes valid services, and names every property", () => {
    const sides = some.flatMap(({ before, after }) => [before, after]);
    const services = sides.map(({ text }) => serviceOf(text));
    expect(services.filter((service) => service === null)).toEqual([]);
    const named = [...propertyNames].filter((property) => services.some((service) => service?.has(property) === true));
    expect(named).toEqual([...propertyNames]);
  });

  it("writes one service in two ways for two of five pairs, and changes something in the others", () => {
    const same = some.filter(({ kind }) => kind === "same");
    expect(same.length).toBeGreaterThan(75);
    expect(same.length).toBeLessThan(125);
    expect(same.filter(({ before, after }) => before.text === after.text)).toEqual([]);
    expect(new Set(same.map((pair) => JSON.stringify(outcome(ourAnswer(pair)))))).toEqual(
      new Set(['{"action":"update","redeploys":false}']),
    );
    const changed = some.filter(({ kind }) => kind === "changed").map((pair) => outcome(ourAnswer(pair)));
    for (const expected of [
      { action: "update", redeploys: false },
      { action: "update", redeploys: true },
      { action: "restart", redeploys: true },
    ])
      expect(changed).toContainEqual(expected);
  });

  it("asks for nothing that the server has not got", () => {
    const needs = pairs(3, 60, nothing)
      .flatMap(({ before, after }) => [serviceOf(before.text), serviceOf(after.text)])
      .flatMap((service) =>
        service === null
          ? ["invalid"]
          : [
              ...gatewayNeeds(service.spec).map(({ property }) => property),
              ...(typeof service.spec.gateway === "string" ? ["gateway"] : []),
              ...service.spec.volumes.flatMap((volume) => ("name" in volume ? volume.name : [])),
            ],
      );
    expect(needs).toEqual([]);
  });
});

function outcome({ action, redeploys }: Verdict): Omit<Verdict, "differs"> {
  return { action, redeploys };
}

describe("serverDifferences", () => {
  const inPlace = { action: "update", redeploys: false } as const;
  const rolling = { action: "update", redeploys: true } as const;
  const restart = { action: "restart", redeploys: true } as const;

  /** What the server and `diff` were seen to answer to each example. */
  const seen: Readonly<Record<string, readonly [server: object, ours: object]>> = {
    gateway: [inPlace, restart],
    "default probe": [rolling, inPlace],
    "default Python": [inPlace, rolling],
    "Python of an entry point": [inPlace, rolling],
    "spelling of retry": [restart, inPlace],
    "negative idle_duration": [restart, inPlace],
    "architecture of an image": [rolling, inPlace],
    "name of a local file": [rolling, inPlace],
  };

  it.each(serverDifferences)("has an example that $name alone explains", (difference) => {
    const world = { python: "3.11" };
    const pair = exampleOf(difference, world);
    const [server, ours] = seen[difference.name] ?? [];
    expect(outcome(ourAnswer(pair))).toEqual(ours);
    const answers = [inPlace, rolling, restart].map((answer) => ({ ...answer, differs: [] }));
    const explained = answers.filter(
      (answer) => explanation(readPair(pair), answer, world)?.includes(difference.name) === true,
    );
    expect(explained.map(outcome)).toEqual([server]);
  });

  it("explains nothing else", () => {
    const pair = exampleOf(
      { name: "", reason: "", asTheirs: (same) => same, example: () => ["commands: [a]\n", "commands: [b]\n"] },
      { python: null },
    );
    expect(ourAnswer(pair)).toEqual({ ...rolling, differs: ["commands[0]: rolling"] });
    expect(explanation(readPair(pair), { ...inPlace, differs: [] }, { python: null })).toBeNull();
  });

  it("explains together what none explains alone, and nothing where it would make another answer", () => {
    const world = { python: "3.11" };
    const together = exampleOf(
      {
        name: "",
        reason: "",
        asTheirs: (same) => same,
        example: () => ["commands: [a]\n", 'commands: [a]\npython: "3.11"\ngateway: false\n'],
      },
      world,
    );
    const explained = [inPlace, rolling, restart].map((answer) =>
      explanation(readPair(together), { ...answer, differs: [] }, world),
    );
    expect(explained).toEqual([["gateway", "default Python"], null, null]);
  });
});

describe("runRequest()", () => {
  it("is what the reference's command line would send", () => {
    const text = [
      "type: service",
      "env: [P=1, Q]",
      "registry_auth: {username: u, password: '${{ env.P }}${{ secrets.S }}'}",
      "probes: [{type: http, url: '/${{ env.P }}', headers: [{name: A, value: '${{ env.Q }}'}], body: '$$'}, {type: http}]",
      "auth: off",
      "files: ['one/a.txt:/f', {local_path: b, path: /g}, c]",
      "",
    ].join("\n");
    expect(runRequest({ text, edition: 2 })).toEqual({
      configuration: {
        type: "service",
        env: { P: "1", Q: "Q of whoever applies" },
        registry_auth: { username: "u", password: "1${{ secrets.S }}" },
        probes: [
          { type: "http", url: "/1", headers: [{ name: "A", value: "Q of whoever applies" }], body: "$" },
          { type: "http" },
        ],
        auth: false,
        files: ["one/a.txt:/f", { local_path: "b", path: "/g" }, "c"],
      },
      files: [
        { name: "a.txt", content: "edition 2\n", path: "/f" },
        { name: "b", content: "edition 2\n", path: "/g" },
        { name: "c", content: "edition 2\n", path: "c" },
      ],
    });
  });
});

describe("tarOf()", () => {
  it.each(["", "edition 1\n", "x".repeat(512), "y".repeat(1000)])("makes what tar reads: %.10j", (content) => {
    const directory = mkdtempSync(join(tmpdir(), "tar-"));
    const archive = join(directory, "archive.tar");
    writeFileSync(archive, tarOf("app.conf", content));
    const read = (...args: readonly string[]): string => execFileSync("tar", [...args], { encoding: "utf8" });
    expect([read("-tf", archive), read("-xOf", archive, "app.conf")]).toEqual(["app.conf\n", content]);
    rmSync(directory, { recursive: true });
  });
});
