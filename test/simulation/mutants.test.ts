import { execa } from "execa";
import { describe, expect, it } from "vitest";

import { knownSeeds } from "../../scripts/simulate/known-seeds.ts";
import { mutants, outdated } from "../../scripts/simulate/mutants.ts";
import { repositoryRoot } from "../../scripts/simulate/mutate.ts";
import { optionsOf } from "../../scripts/simulate/options.ts";

const caught = "an old replica leaves before its successor serves";

function run(script: string, args: readonly string[]) {
  return execa(process.execPath, [script, ...args], { cwd: repositoryRoot, reject: false });
}

describe("the list of mutants", () => {
  it("says what the program does: each text is in its file, and only once", () => {
    expect(outdated(mutants, repositoryRoot)).toEqual([]);
  });

  it("has each rule once, and edits that change something", () => {
    expect(new Set(mutants.map(({ rule }) => rule)).size).toBe(mutants.length);
    expect(mutants.filter(({ edits }) => edits.some(({ from, to }) => from === to))).toEqual([]);
  });

  it("has a seed for each rule that misses it, and none for another", () => {
    expect([...knownSeeds().keys()].toSorted()).toEqual(mutants.map(({ rule }) => rule).toSorted());
  });

  it("is refused where a text is gone, or there twice", () => {
    const file = "src/lib/same.ts";
    const list = [
      { rule: "gone", edits: [{ file, from: "no such text", to: "" }] },
      { rule: "twice", edits: [{ file, from: "isSameJson", to: "" }] },
    ];
    expect(outdated(list, repositoryRoot)).toEqual([
      expect.stringMatching(/^gone: expected the text once in src\/lib\/same.ts, found it 0 times/),
      expect.stringMatching(/^twice: expected the text once in src\/lib\/same.ts, found it \d+ times/),
    ]);
  });
});

describe("npm run simulate:mutants", () => {
  it("tells which seed misses the rule, and by what", async () => {
    const { stdout, exitCode } = await run("scripts/simulate-mutants.ts", ["--only", caught, "--seeds", "5"]);
    expect(stdout).toMatch(
      new RegExp(`^${caught}\n {4}reconciler/decide/let-go.ts: caught at seed \\d+: .+\n1 caught, 0 not caught$`),
    );
    expect(exitCode).toBe(0);
  });

  it("tries the known seed first, and the others after it", async () => {
    const tried = async (args: readonly string[]) =>
      (await run("scripts/simulate-mutants.ts", ["--only", caught, ...args])).stdout;
    const known = knownSeeds().get(caught);
    expect(await tried(["--seeds", "0"])).toContain(`caught at seed ${known}: `);
  });

  it("leads seeds into what a mutant is about", async () => {
    const rule = "nobody having counted is a count of zero";
    const { stdout } = await run("scripts/simulate-mutants.ts", ["--only", rule, "--seeds", "0"]);
    expect(stdout).toMatch(/autoscale.ts, reconciler\/decide\/scale.ts: caught at seed \d+ of loads: /);
  });

  it("fails where a mutant lives through every seed", async () => {
    const args = ["--only", caught, "--seeds", "0", "--afresh"];
    const { stdout, exitCode } = await run("scripts/simulate-mutants.ts", args);
    expect(stdout).toMatch(/NOT CAUGHT\n0 caught, 1 not caught$/);
    expect(exitCode).toBe(1);
  });
});

describe("npm run simulate", () => {
  const withMutant = ["--import", "./scripts/simulate/with-mutant.ts", "scripts/simulate.ts"] as const;

  it("shrinks the first seed that fails, and its last command replays it", async () => {
    const simulate = (args: readonly string[]) =>
      execa(process.execPath, [...withMutant, ...args], {
        cwd: repositoryRoot,
        env: { MUTANT: caught },
        reject: false,
      });
    const ran = await simulate(["--seeds", "4"]);
    expect(ran.exitCode).toBe(1);
    expect(ran.stdout).toMatch(/\n\d+ passed, \d+ failed$/);
    const shown =
      /shrunk from (?<drawn>\d+) steps to (?<left>\d+):\n(?<timeline>[^]*?)\nreplay: npm run simulate -- (?<command>.*)\n/.exec(
        ran.stdout,
      )?.groups;
    expect(Number(shown?.["left"])).toBeLessThan(Number(shown?.["drawn"]));
    const again = (shown?.["command"] ?? "").replaceAll("'", "").split(" ");
    const replayed = await simulate(again);
    expect(replayed.stdout).toContain(`${shown?.["timeline"]}\n`);
    expect(replayed.stdout).toMatch(/\n0 passed, 1 failed$/);
  });

  it("tells the same whatever the number of threads, real git included", async () => {
    const args = ["--seeds", "6", "--real-git", "1", "--verbose"];
    const [one, three] = await Promise.all(
      ["1", "3"].map((threads) => run("scripts/simulate.ts", [...args, "--threads", threads])),
    );
    expect(one?.stdout).toBe(three?.stdout);
    expect(one?.stdout).toMatch(/\n7 passed, 0 failed$/);
  });

  it.each([
    [["--seeds", "x"], /whole number for --seeds/],
    [["--nonsense"], /Unknown option '--nonsense'/],
    [["--from=-1"], /whole number for --from/],
  ])("refuses %j", (args, message) => {
    expect(() => optionsOf(args)).toThrow(message);
  });

  it("runs git alone where it is asked for git alone", () => {
    expect(optionsOf(["--real-git", "3"])).toMatchObject({ seeds: 0, realGit: 3 });
    expect(optionsOf(["--real-git", "3", "--seeds", "5"])).toMatchObject({ seeds: 5, realGit: 3 });
    expect(optionsOf([])).toMatchObject({ seeds: 100, realGit: 0, from: 1 });
  });
});
