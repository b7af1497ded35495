import { describe, expect, it } from "vitest";

import { htmlLink, htmlText } from "../../src/report/html-text.ts";
import { markdownLink, markdownText } from "../../src/report/markdown-text.ts";
import { statusPages } from "../../src/report/status-pages.ts";
import type { ServiceState } from "../../src/state/record.ts";
import type { Snapshot } from "../../src/state/store.ts";
import { of, sampleSettings, sampleState, service, stateOf, unhealthy } from "../support/status-samples.ts";

describe("the status page", () => {
  const page = pageOf(sampleState());

  it("begins with totals and the time of the newest change", () => {
    const beginning = page.split("\n").slice(0, 9);
    expect(beginning).toEqual([
      "# Services of main",
      "",
      "| services | not settled | running replicas | ready | price now | spent in 2026-01 | paused | quarantined |",
      "| --- | --- | --- | --- | --- | --- | --- | --- |",
      "| 9 | 6 | 10 of 12 | 9 | $2.42/h | $12.50 | 1 | 1 |",
      "",
      "× pending: **1** · × running: **1** · \\~ running: **2** · \\~ terminating: **1** · ‖ running: **1** · ○ pending: **1** · ✓ running: **2**. **6 have not settled.**",
      "",
      "As of 2026-01-02 03:04 UTC, the newest change (commit 42 of the state).",
    ]);
  });

  it.each([
    "| llama31 | ✓ running | 0 (8f1c2d3) | 3 of 3 ✓✓ ✓✓ ✓✓ | $0.66 | [llama31.models.example.com](http://llama31.models.example.com/) | 2026-01-02 03:04 UTC by test |",
    "| rerank | \\~ running | 0 (8f1c2d3) | 1 of 2 ✓✓ ×× | $0.22 |",
    "| whisper | \\~ running | 0 (8f1c2d3) | 1 of 2 ✓✓ \\~\\~ | $0.44 |",
    "| nightly | ○ pending (max duration exceeded) |",
    "| vision | ‖ running (paused) |",
  ])("has a row a service: %s", (row) => {
    expect(page).toContain(`\n${row}`);
  });

  it.each([
    "- **verdict unhealthy**: at 2026-01-02 03:04:05 UTC: replica 1 did not become ready within 600 s (replica 1 on runpod)",
    "- **probe 0**: /health: answered 503",
    "- **probe 1**: /health: connection refused",
    "- **exit code**: 137",
    "- **new version**: 31 of 200 requests failed (15.5%), 0.412 s on average",
    "- **missing**: HF\\_TOKEN",
    "- **paused**: by maria since 2026-01-02 03:04:05 UTC: no pass touches it",
    "- **being worked on**: by run since 2026-01-02 03:04:05 UTC, until 2026-01-02 03:19:05 UTC at most",
    "- **call under way**: provision replica 0 on local, announced at 2026-01-02 03:04:05 UTC",
    "- **replica 1**: ×× exited (1), deployment 0, on runpod (CA-MTL-1), exited: exited with code 1, next attempt not before 2026-01-02 03:09:05 UTC",
    "- rerank: 2026-01-02T03:09:05.000Z (another attempt at replica 1)",
  ])("tells what is open in full: %s", (line) => {
    expect(page).toContain(`\n${line}\n`);
  });

  it("says when nothing is recorded, and when everything has settled", () => {
    expect(pageOf(stateOf([]))).toContain("Nothing is recorded.");
    expect(pageOf(stateOf([of(service("web", 1))]))).toContain("Everything has settled.");
  });

  it.each([
    {
      missed: { unlistedSince: "2026-01-02T03:04:05.000Z" },
      says: "not listed by its provider since 2026-01-02 03:04:05 UTC",
    },
    { missed: { unreachableSince: "2026-01-02T03:04:05.000Z" }, says: "out of reach since 2026-01-02 03:04:05 UTC" },
  ])("tells of what is missed though everything is ready: $says", ({ missed, says }) => {
    const record = service("web", 1);
    const page = pageOf(
      stateOf([of({ ...record, replicas: record.replicas.map((each) => ({ ...each, ...missed })) })]),
    );
    expect(page).toMatch(new RegExp(`^- \\*\\*replica 0\\*\\*: .*, ${says}$`, "m"));
  });

  it("is the same for the same state, whatever was drawn before", () => {
    const state = sampleState();
    const draw = statusPages(sampleSettings);
    draw(stateOf([...state.services.values()].slice(0, 3)));
    expect(draw(state)).toEqual(draw(state));
    expect(draw(state)).toEqual(statusPages(sampleSettings)(structuredClone(state)));
  });

  it("is drawn anew where a lease or a call came or went", () => {
    const draw = statusPages(sampleSettings);
    const record = service("web", 1);
    const [whisper] = [...sampleState().services.values()].filter(({ lease }) => lease !== null);
    const { lease = null, intents = [] } = whisper ?? {};
    const pages = [of(record), { record, lease, intents }, of(record)].map((state) =>
      draw(stateOf([state])).get("README.md"),
    );
    expect(pages[0]).toBe(pages[2]);
    expect(pages[1]).toContain("being worked on");
    expect(pages[1]).toContain("call under way");
  });
});

describe("with very many services the status page", () => {
  const draw = statusPages(sampleSettings);
  const pages = draw(many(5000, 500));
  const page = pages.get("README.md") ?? "";

  it("stays small", () => {
    const sizes = [...pages].map(([path, text]) => [path, Buffer.byteLength(text) < 400_000]);
    expect(sizes).toEqual([
      ["README.md", true],
      ["index.html", true],
    ]);
  });

  it("has totals of all, and rows of what has not settled", () => {
    expect(page).toContain("| 5000 | 500 | 10000 of 10000 |");
    expect(page.match(/^\| service-/gm)).toHaveLength(300);
    expect(page).toContain("And 200 more that have not settled.");
    expect(page).toContain("4500 further services have settled and are not listed");
    expect(page.match(/^### /gm)).toHaveLength(100);
  });

  it("names those that have settled while they are hundreds", () => {
    const page = pageOf(many(600, 10));
    expect(page.match(/^\| service-/gm)).toHaveLength(10);
    expect(page).toContain("<summary>590 settled services</summary>");
    expect(page).toMatch(/service-10, service-100, /);
  });
});

const payloads = [
  "<script>alert(1)</script>",
  `"><img src=x onerror=alert(1)>`,
  "a | b\n| c | d |\n# heading",
  "[click](javascript:alert(1)) ![x](http://evil.example/x.png) <http://evil.example>",
  "http://evil.example www.evil.example",
  "`code` ``` **bold** ~~gone~~ @team &lt;b&gt; \\| $x$",
  "\u202etxt.exe\u0000\u001b[31m",
];

describe("what somebody else wrote", () => {
  it.each(payloads)("stands nowhere but escaped: %j", (text) => {
    const [pages, harmless] = [text, "harmless"].map((each) => statusPages(sampleSettings)(stateOf([hostile(each)])));
    const readme = pages?.get("README.md")?.replaceAll(markdownText(text), "harmless");
    const html = pages?.get("index.html")?.replaceAll(htmlText(text), "harmless");
    expect(readme).toBe(harmless?.get("README.md"));
    expect(html).toBe(harmless?.get("index.html"));
  });

  it("is escaped where only its beginning is shown", () => {
    const record = service("web", 1);
    const deployments = record.deployments.map((deployment) => ({ ...deployment, commit: "<b>|&`" }));
    const pages = statusPages(sampleSettings)(stateOf([of({ ...record, deployments })]));
    expect(pages.get("README.md")).toContain("0 (\\<b\\>\\|\\&\\`)");
    expect(pages.get("index.html")).toContain("0 (&lt;b&gt;|&amp;`)");
  });

  it.each([
    ["a|b", "a\\|b"],
    ["<b>&amp;", "\\<b\\>\\&amp;"],
    ["http://x www.y", "http\\://x www\\.y"],
    ["two\nlines", "two lines"],
    ["\u202etxt\u0000\u001b[31m", "\u{fffd}txt \\[31m"],
    ["x".repeat(400), `${"x".repeat(300)}…`],
  ])("markdownText(%j) is %j", (text, escaped) => {
    expect(markdownText(text)).toBe(escaped);
  });

  it.each([
    ["http://a.example/x y)(<>", "[t](http://a.example/x%20y%29%28%3C%3E)"],
    ["javascript:alert(1)", "t"],
  ])("markdownLink(%j) is %j", (url, link) => {
    expect(markdownLink(url, "t")).toBe(link);
  });

  it.each([
    [`http://a.example/"><b`, `<a href="http://a.example/&quot;&gt;&lt;b" rel="noreferrer">t</a>`],
    ["javascript:alert(1)", "t"],
  ])("htmlLink(%j) is %j", (url, link) => {
    expect(htmlLink(url, "t")).toBe(link);
  });

  it("htmlText() leaves nothing that ends an attribute", () => {
    expect(htmlText(`<a href="'&`)).toBe("&lt;a href=&quot;&#39;&amp;");
  });
});

function pageOf(snapshot: Snapshot): string {
  return statusPages(sampleSettings)(snapshot).get("README.md") ?? "";
}

/** A service of which everything that others may write says the same. */
function hostile(text: string): ServiceState {
  const record = service("web", 1);
  const evidence = {
    probes: [{ probe: 0, url: text, status: null, error: text }],
    missing: [text],
    backend: text,
    cause: text,
  };
  const [replica] = record.replicas;
  const [quiet] = [...sampleState().services.values()].filter(({ lease }) => lease !== null);
  const { lease = null, intents = [] } = quiet ?? {};
  return {
    record: {
      ...record,
      target: record.target === null ? null : { ...record.target, by: text },
      paused: { by: text, at: record.target?.acceptedAt ?? "" },
      verdict: unhealthy({ message: text, evidence }),
      replicas: replica === undefined ? [] : [{ ...replica, region: text, backend: text }],
    },
    lease: lease === null ? null : { ...lease, owner: { ...lease.owner, run: text } },
    intents: intents.map((intent) => ({ ...intent, backend: text })),
  };
}

/** So many services, of which some are unhealthy. */
function many(count: number, ill: number): Snapshot {
  return stateOf(
    Array.from({ length: count }, (_, index) =>
      of(service(`service-${index}`, 2, index < ill ? { verdict: unhealthy() } : {})),
    ),
  );
}
