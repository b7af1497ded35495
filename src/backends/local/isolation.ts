import { findExecutables } from "./executables.ts";
import { runTool } from "./run-tool.ts";

/** How replicas are kept apart on this host. */
export interface Isolation {
  readonly kind: "namespaces" | "group";
  /** `own`: every replica may listen on the same port. `host`: each is given one. */
  readonly network: "own" | "host";
  /** What stands before the supervisor's own command line. */
  readonly prefix: readonly string[];
  /** The program that gives networks of their own a way out; `null`: there is none. */
  readonly outside: string | null;
  /** What users should know of it. */
  readonly notes: readonly string[];
}

/** The backend's `network` in the settings. */
export type NetworkSetting = "isolated" | "host";

/** Ways to bring up `lo`, as every host has one of them: perl comes with Debian, python3 with Fedora, busybox with Alpine. */
export const loopbackCommands: readonly string[] = [
  "ip link set lo up",
  `perl -e 'socket(S,2,2,0); $r=pack("a16Sx22","lo",0x41); ioctl(S,0x8914,$r)||exit 1'`,
  `python3 -c 'import socket,fcntl,struct;fcntl.ioctl(socket.socket(),0x8914,struct.pack("16sH22x",b"lo",0x41))'`,
  "ifconfig lo up",
  "busybox ip link set lo up",
];

/**
 * First process of a replica's namespaces. It reads who it is before `/proc` becomes the namespace's own, hands that to
 * the supervisor as its last argument, and reaps whatever loses its parent. With an outside network it says when there
 * is something to attach to; a resolver on the host's loopback is out of reach there, and slirp4netns has its own.
 */
const init = `
read -r stat </proc/self/stat || exit 1
mount -t proc proc /proc 2>/dev/null
PATH=$PATH:/usr/sbin:/sbin
if test "$1" != host; then { ${loopbackCommands.join(" || ")}; } 2>/dev/null || exit 1; fi
if test "$1" = outside; then
  if grep -q '^nameserver 127\\.' /etc/resolv.conf && file=$(mktemp); then
    echo nameserver 10.0.2.3 >"$file"
    mount --bind "$file" /etc/resolv.conf
    rm -f "$file"
  fi
  echo up
fi
shift
exec 9<&0
"$@" "$stat" <&9 9<&- &
wait $!
`;

const probeMs = 5_000;

/** Tries what this host allows: user namespaces, namespaces as root, or neither. */
export async function detectIsolation(
  network: NetworkSetting,
  host: Readonly<Record<string, string | undefined>>,
): Promise<Isolation> {
  const slirp = findExecutables("slirp4netns", host["PATH"])[0] ?? null;
  for (const candidate of candidates(network, network === "isolated" ? slirp : null)) {
    const answer = await runTool({ argv: [...candidate.prefix, "true"], host, timeoutMs: probeMs });
    if (answer.ok) return candidate;
  }
  return shared(network);
}

function candidates(network: NetworkSetting, outside: string | null): readonly Isolation[] {
  if (process.platform !== "linux") return [];
  const own = network === "isolated";
  const user = ["--user", "--map-root-user"];
  const privileges = process.getuid?.() === 0 ? [user, []] : [user];
  return privileges.map((flags) => ({
    kind: "namespaces",
    network: own ? "own" : "host",
    prefix: namespaces([...flags, ...(own ? ["--net"] : [])], initNetwork(own, outside)),
    outside,
    notes: own ? (outside === null ? [isolatedNote] : []) : [portNote],
  }));
}

function initNetwork(own: boolean, outside: string | null): string {
  if (!own) return "host";
  return outside === null ? "own" : "outside";
}

function namespaces(flags: readonly string[], network: string): readonly string[] {
  return ["unshare", ...flags, "--mount", "--pid", "--fork", "--kill-child", "--", "sh", "-c", init, "init", network];
}

const isolatedNote =
  "replicas have no network but their own: install slirp4netns, or set `network: host` of the backend, for services that need the internet";
const portNote = "replicas share the host's network: each listens on the port in PORT";

function shared(network: NetworkSetting): Isolation {
  const why = network === "isolated" ? ["this host allows no namespaces (unshare --user --net --pid)"] : [];
  return { kind: "group", network: "host", prefix: [], outside: null, notes: [...why, portNote] };
}
