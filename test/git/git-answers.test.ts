import { expect, test } from "vitest";

import { hints, reasonOf } from "../../src/git/git-answers.ts";
import type { GitReason } from "../../src/git/git-answers.ts";
import { GitError, isPassing } from "../../src/git/git-error.ts";

const rejected = (why: string): string =>
  ` ! [remote rejected] 1a2b -> dstack-state (${why})\nerror: failed to push some refs to 'https://example.com/a.git'`;
const status = (code: number): string =>
  `fatal: unable to access 'https://example.com/a.git/': The requested URL returned error: ${code}`;
const unread = "fatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights";

/** What git, GitHub, GitLab, Gitea and Bitbucket say, why that is, and whether a write is tried again. */
const cases: readonly (readonly [string, GitReason, "again" | "no"])[] = [
  ["fatal: not a git repository (or any of the parent directories): .git", "not-a-repository", "no"],
  ["fatal: loose object 1a2b (stored in ./objects/1a/2b) is corrupt", "damaged", "no"],
  ["error: object file ./objects/1a/2b is empty\nfatal: bad object 1a2b", "damaged", "no"],
  ["remote: fatal: loose object 1a2b (stored in ./objects/1a/2b) is corrupt\nfatal: early EOF", "server", "again"],
  ["fatal: detected dubious ownership in repository at '/x'", "unsafe", "no"],
  ["fatal: couldn't find remote ref refs/heads/dstack-state", "missing-ref", "no"],
  ["fatal: mismatched algorithms: client sha1; server sha256", "object-format", "no"],
  [" ! [rejected] abc -> state (fetch first)\nerror: failed to push some refs to 'x'", "moved", "again"],
  [" ! [rejected] abc -> state (stale info)\nerror: failed to push some refs to 'x'", "moved", "again"],
  [" ! [rejected] abc -> state (non-fast-forward)\nerror: failed to push some refs to 'x'", "moved", "again"],
  [rejected("failed to update ref"), "moved", "again"],
  [rejected("incorrect old value provided"), "moved", "again"],
  [rejected("cannot lock ref 'refs/heads/state': is at 1 but expected 2"), "moved", "again"],
  ["fatal: prepare: cannot lock ref 'refs/heads/state': reference already exists", "moved", "again"],
  ["fatal: prepare: cannot lock ref 'refs/heads/s': Unable to create '/x/s.lock': File exists.", "locked", "again"],
  ["fatal: Unable to create '/x/shallow.lock': File exists.", "locked", "again"],
  [`remote: state must be signed\n${rejected("pre-receive hook declined")}`, "protected", "no"],
  [rejected("hook declined"), "protected", "no"],
  [
    `remote: error: GH006: Protected branch update failed for refs/heads/dstack-state.\nremote: error: Changes must be made through a pull request.\n${rejected("protected branch hook declined")}`,
    "protected",
    "no",
  ],
  [
    `remote: error: GH013: Repository rule violations found for refs/heads/dstack-state.\nremote: Review all repository rules at https://github.com/a/b/rules\nremote: - Commits must have verified signatures.\n${rejected("push declined due to repository rule violations")}`,
    "protected",
    "no",
  ],
  [
    `remote: GitLab: You are not allowed to push code to protected branches on this project.\n${rejected("pre-receive hook declined")}`,
    "protected",
    "no",
  ],
  [
    `remote: \nremote: Gitea: Not allowed to push to protected branch dstack-state\n${rejected("pre-receive hook declined")}`,
    "protected",
    "no",
  ],
  [
    `remote: Permission denied to update branch dstack-state.\n${rejected("pre-receive hook declined")}`,
    "protected",
    "no",
  ],
  ["fatal: could not read Username for 'https://github.com': terminal prompts disabled", "unauthorized", "no"],
  [
    "remote: Invalid username or token.\nfatal: Authentication failed for 'https://github.com/a/b/'",
    "unauthorized",
    "no",
  ],
  [status(401), "unauthorized", "no"],
  [status(403), "forbidden", "no"],
  [`remote: Permission to a/b.git denied to c.\n${status(403)}`, "forbidden", "no"],
  [`remote: Write access to repository not granted.\n${status(403)}`, "forbidden", "no"],
  [`remote: You are not allowed to push code to this project.\n${status(403)}`, "forbidden", "no"],
  [`ERROR: The key you are authenticating with has been marked as read only.\n${unread}`, "forbidden", "no"],
  [`ERROR: Permission to a/b.git denied to c.\n${unread}`, "forbidden", "no"],
  [`remote: This repository was archived so it is read-only.\n${status(403)}`, "archived", "no"],
  [`ERROR: This repository was archived so it is read-only.\n${unread}`, "archived", "no"],
  [`remote: Repository is in read-only mode.\n${status(403)}`, "archived", "no"],
  ["remote: Repository not found.\nfatal: repository 'https://github.com/a/b/' not found", "missing-repository", "no"],
  [`ERROR: Repository not found.\n${unread}`, "missing-repository", "no"],
  [
    `remote: The project you were looking for could not be found or you don't have permission to view it.\n${unread}`,
    "missing-repository",
    "no",
  ],
  ["fatal: repository 'http://127.0.0.1:1/b.git/' not found", "missing-repository", "no"],
  [`git@github.com: Permission denied (publickey).\n${unread}`, "ssh-key", "no"],
  [`root@127.0.0.1: Permission denied (publickey,password).\n${unread}`, "ssh-key", "no"],
  [`Host key verification failed.\n${unread}`, "host-key", "no"],
  [
    `No ED25519 host key is known for github.com and you have requested strict checking.\nHost key verification failed.\n${unread}`,
    "host-key",
    "no",
  ],
  ["fatal: unable to access 'https://x/': SSL certificate problem: self-signed certificate", "certificate", "no"],
  [
    `remote: fatal: write error: No space left on device\nerror: remote unpack failed: unpack-objects abnormal exit\n${rejected("unpacker error")}`,
    "quota",
    "no",
  ],
  [
    `error: file write error: Disk quota exceeded\nerror: remote unpack failed: index-pack abnormal exit\n${rejected("unpacker error")}`,
    "quota",
    "no",
  ],
  [
    `remote: GitLab: Your push has been rejected, because this repository has exceeded its size limit of 1 GB by 2 MB.\n${rejected("pre-receive hook declined")}`,
    "quota",
    "no",
  ],
  [rejected("shallow update not allowed"), "shallow", "no"],
  [status(429), "rate-limited", "again"],
  [
    "error: RPC failed; HTTP 429 curl 22 The requested URL returned error: 429\nfatal: expected 'packfile'",
    "rate-limited",
    "again",
  ],
  [
    `remote: You have exceeded a secondary rate limit. Please wait a few minutes before you try again.\n${status(403)}`,
    "rate-limited",
    "again",
  ],
  [status(500), "server", "again"],
  [status(503), "server", "again"],
  [
    "error: RPC failed; HTTP 502 curl 22 The requested URL returned error: 502\nfatal: the remote end hung up unexpectedly",
    "server",
    "again",
  ],
  [rejected("unpacker error"), "server", "again"],
  ["fetch-pack: unexpected disconnect while reading sideband packet\nfatal: early EOF", "server", "again"],
  ["fatal: unable to access 'https://x/': Could not resolve host: x", "network", "again"],
  ["fatal: unable to access 'http://127.0.0.1:9/': Failed to connect to 127.0.0.1 port 9", "network", "again"],
  ["fatal: unable to access 'http://x/': Recv failure: Connection reset by peer", "network", "again"],
  [`ssh: connect to host example.com port 22: Connection timed out\n${unread}`, "network", "again"],
  [`Connection closed by 127.0.0.1 port 22\n${unread}`, "network", "again"],
  ["something else", "failed", "again"],
];

test.for(cases)("%s means %s: %s", ([stderr, reason, tried]) => {
  expect(reasonOf(stderr)).toBe(reason);
  const error = new GitError(reason, "git push failed", { stderr });
  expect(isPassing(error) || reason === "moved" || reason === "locked" ? "again" : "no").toBe(tried);
});

test("whoever can do something about a reason is told what", () => {
  const ours: ReadonlySet<GitReason> = new Set(["moved", "missing-ref", "failed", "not-a-repository"]);
  const without = cases
    .map(([, reason]) => reason)
    .filter((reason) => !ours.has(reason) && hints[reason] === undefined);
  expect(without).toEqual([]);
});
