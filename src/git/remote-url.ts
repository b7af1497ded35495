import { createHash } from "node:crypto";

/** A text without the credentials that an URL in it may carry. */
export function redact(text: string): string {
  return text
    .replaceAll(/\b([a-z][a-z0-9+.-]*:\/\/)[^/\s@'"]+@/gi, "$1***@")
    .replaceAll(/(authorization:\s*\w+\s+)\S+/gi, "$1***");
}

/** A URL as it may be kept: without password, and over HTTP without user and query, any of which may be a token. */
export function withoutCredentials(url: string): string {
  if (isPath(url) || !/^[a-z][a-z0-9+.-]*:\/\//i.test(url)) return url;
  // What cannot be told apart is left out up to the last place where a password may end.
  if (!URL.canParse(url)) return url.replace(/^([a-z][a-z0-9+.-]*:\/\/).*@/is, "$1");
  const parsed = new URL(url);
  parsed.password = "";
  if (/^https?:$/.test(parsed.protocol)) {
    parsed.username = "";
    parsed.search = "";
    parsed.hash = "";
  }
  return parsed.href;
}

/** Scheme and host of an HTTP remote, `null` for every other kind. */
export function httpOrigin(url: string): string | null {
  if (!/^https?:\/\//i.test(url)) return null;
  return URL.canParse(url) ? new URL(url).origin : null;
}

/** GitHub's own server, as a workflow is told it. */
export function githubServer(env: Readonly<Record<string, string | undefined>>): string {
  return env["GITHUB_SERVER_URL"] ?? "https://github.com";
}

/** Whether a remote is a path of this machine. */
export function isPath(url: string): boolean {
  if (url.startsWith("file://")) return true;
  // `host:path` is SSH's short form, unless a slash comes first.
  return !/^[a-z][a-z0-9+.-]*:\/\//i.test(url) && !/^[^/]+:/.test(url);
}

/** Whether a remote is somebody's service: neither a path nor this machine, which bear any number of pushes. */
export function isForge(url: string): boolean {
  if (isPath(url)) return false;
  const host = normalizedUrl(url).replace(/\/.*$/s, "").replace(/:\d+$/, "");
  return !/^(localhost|127(\.\d+){3}|\[?::1\]?)$/.test(host);
}

/** One text for one repository, however its URL is written: scheme, credentials, port 22/443, `.git` and case of the host don't count. */
export function normalizedUrl(url: string): string {
  if (isPath(url)) return url.replace(/^file:\/\//, "").replace(/\/+$/, "");
  const short = /^(?:[^@/]+@)?(?<host>[^:/]+):(?!\/\/)(?<path>.*)$/.exec(url)?.groups;
  const parsed = short === undefined && URL.canParse(url) ? new URL(url) : null;
  const host = (parsed?.host ?? short?.["host"] ?? "").toLowerCase().replace(/:(22|80|443)$/, "");
  const path = (parsed?.pathname ?? short?.["path"] ?? url).replace(/^\/+|\/+$/g, "").replace(/\.git$/, "");
  return `${host}/${path}`;
}

/** 16 hex digits that name a repository in directories and tags. */
export function shortId(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
