import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { afterAll, beforeAll, expect, it } from "vitest";

import { statusPages } from "../../src/report/status-pages.ts";
import type { Snapshot } from "../../src/state/store.ts";
import { startChromium } from "../support/chromium.ts";
import type { BrowserPage, Chromium, Screen } from "../support/chromium.ts";
import { describeWithPeer } from "../support/peers.ts";
import { of, sampleSettings, sampleState, service, stateOf, unhealthy } from "../support/status-samples.ts";
import { tempDirectory } from "../support/temp-repository.ts";

const phone = { width: 360, height: 740 };
const desktop = { width: 1280, height: 800 };

describeWithPeer("chromium", (program) => {
  let browser: Chromium | null = null;
  let directory: Awaited<ReturnType<typeof tempDirectory>> | null = null;
  beforeAll(async () => {
    browser = await startChromium(program);
    directory = await tempDirectory();
  });
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await directory?.[Symbol.asyncDispose]();
  });

  async function show(snapshot: Snapshot, screen: Screen): Promise<BrowserPage & { readonly url: string }> {
    if (browser === null || directory === null) throw new Error("no browser was started");
    const path = join(directory.path, "index.html");
    await writeFile(path, statusPages(sampleSettings)(snapshot).get("index.html") ?? "");
    const url = pathToFileURL(path).href;
    return { url, ...(await browser.open(url, screen)) };
  }

  it.each<Screen>([
    { ...phone, scheme: "light" },
    { ...phone, scheme: "dark" },
    { ...desktop, scheme: "light" },
    { ...desktop, scheme: "dark" },
    { ...desktop, scheme: "light", media: "print" },
  ])("is readable at $width × $height, $scheme ($media)", async (screen) => {
    const page = await show(sampleState(), screen);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(screen.width);
    expect(await page.evaluate(cutOff)).toEqual([]);
    expect(await page.evaluate(faint)).toEqual([]);
    const text = await page.evaluate("document.body.innerText");
    for (const wanted of ["Services of main", "$2.42/h", "needs-secret", "answered 503", "3 of 3 ✓✓ ✓✓ ✓✓"])
      expect(text).toContain(wanted);
    expect(page.requests).toEqual([page.url]);
    expect(page.complaints).toEqual([]);
  });

  it("is dark where darkness is asked for", async () => {
    const colors = "getComputedStyle(document.body).backgroundColor";
    const [light, dark] = [
      await show(sampleState(), { ...phone, scheme: "light" }),
      await show(sampleState(), { ...phone, scheme: "dark" }),
    ];
    expect(await light.evaluate(colors)).toBe("rgb(246, 247, 249)");
    expect(await dark.evaluate(colors)).toBe("rgb(15, 18, 22)");
  });

  it("is a table for those who listen, on a phone too", async () => {
    const page = await show(sampleState(), { ...phone, scheme: "light" });
    const roles = await page.evaluate(
      `[...document.querySelectorAll("table, thead, tbody, tr, th, td")].filter((e) => !e.hasAttribute("role")).length`,
    );
    expect(roles).toBe(0);
    expect(await page.evaluate("document.documentElement.lang + ' ' + document.title")).toBe("en Services of main");
    expect(await page.evaluate(`document.querySelectorAll("h1").length`)).toBe(1);
  });

  it("is not too wide with the longest words there may be", async () => {
    const long = "x".repeat(300);
    const record = service("a".repeat(41), 2, {
      verdict: unhealthy({ message: long }),
      paused: { by: long, at: "2026-01-02T03:04:05.000Z" },
    });
    const page = await show(
      stateOf([of({ ...record, target: record.target === null ? null : { ...record.target, by: long } })]),
      { ...phone, scheme: "light" },
    );
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
  });

  it("makes nothing of what somebody else wrote", async () => {
    const text = `"><script>document.title = "run"</script><img src=x onerror=alert(1)><a href="javascript:alert(1)">x</a>`;
    const record = service("web", 1, {
      verdict: unhealthy({ message: text }),
      paused: { by: text, at: "2026-01-02T03:04:05.000Z" },
    });
    const page = await show(stateOf([of(record)]), { ...desktop, scheme: "light" });
    expect(
      await page.evaluate(`document.querySelectorAll("script, img, iframe, [onerror], [href^=javascript]").length`),
    ).toBe(0);
    expect(await page.evaluate("document.title")).toBe("Services of main");
    expect(await page.evaluate("document.body.innerText")).toContain(text);
    expect(page.requests).toEqual([page.url]);
  });

  it("lets nothing run or load that got into it all the same", async () => {
    const page = await show(sampleState(), { ...desktop, scheme: "light" });
    await page.evaluate(
      `document.body.insertAdjacentHTML("beforeend", "<img src='http://127.0.0.1:9/x.png' onerror='document.title = 1'><p style='color:red' id=styled>")`,
    );
    expect(await page.evaluate("getComputedStyle(document.getElementById('styled')).color")).toBe("rgb(27, 31, 36)");
    expect(await page.evaluate("document.title")).toBe("Services of main");
    const complaints = JSON.stringify(page.complaints);
    expect(complaints).toMatch(/'http:\/\/127\.0\.0\.1:9\/x\.png' violates the following Content Security Policy/);
    expect(complaints).toMatch(/inline event handler violates/);
    expect(complaints).toMatch(/inline style violates/);
  });
});

/** Elements whose text is wider than they are, or reaches over the edge of the screen. */
const cutOff = `[...document.querySelectorAll("body *")]
  .filter((e) => e.closest("thead") === null && e.getClientRects().length > 0)
  .filter((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 || e.getBoundingClientRect().right > innerWidth + 1)
  .map((e) => e.outerHTML.slice(0, 80))`;

/** Texts whose contrast with what is behind them is below WCAG's 4.5. */
const faint = `(() => {
  const parts = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = parts(color).map((value) => value / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (e) => {
    for (let at = e; at !== null; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (parts(color)[3] !== 0) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
    if (node.textContent.trim() === "") continue;
    const e = node.parentElement;
    const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) found.push(node.textContent.trim().slice(0, 40) + " " + ratio.toFixed(2));
  }
  return found;
})()`;
