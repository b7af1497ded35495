import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

import { freePort } from "./free-port.ts";
import { tempDirectory } from "./temp-repository.ts";

const run = promisify(execFile);

export interface Sshd extends AsyncDisposable {
  /** Of a repository by its path. */
  url(path: string): string;
  /** A value for `core.sshCommand`, with a key that the server knows or not, and its host key known or not. */
  command(options?: { readonly key?: "known" | "strange"; readonly host?: "known" | "strange" }): string;
  stop(): Promise<void>;
}

/** OpenSSH's server on a port of this machine, for the user who runs the tests. */
export async function startSshd(program: string): Promise<Sshd> {
  const directory = await tempDirectory();
  const place = (name: string): string => join(directory.path, name);
  for (const name of ["host", "known", "strange"])
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", place(name)]);
  await copyFile(place("known.pub"), place("authorized"));
  await chmod(place("authorized"), 0o600);
  const port = await freePort();
  const [type = "", key = ""] = (await readFile(place("host.pub"), "utf8")).split(" ");
  await writeFile(place("hosts-known"), `[127.0.0.1]:${port} ${type} ${key}\n`);
  await writeFile(place("hosts-strange"), "");
  await writeFile(
    place("config"),
    [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${place("host")}`,
      "PidFile none",
      `AuthorizedKeysFile ${place("authorized")}`,
      "StrictModes no",
      "UsePAM no",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "PermitRootLogin prohibit-password",
      "",
    ].join("\n"),
  );
  // Without this directory sshd does not start as root.
  if (userInfo().uid === 0) await mkdir("/run/sshd", { recursive: true });
  const server = spawn(program, ["-D", "-e", "-f", place("config")], { stdio: "ignore" });
  const stop = async (): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    server.kill();
    await once(server, "close");
  };
  await untilOpen(port);
  return {
    url: (path) => `ssh://${userInfo().username}@127.0.0.1:${port}${path}`,
    command: ({ key: used = "known", host = "known" } = {}) =>
      `ssh -F none -i ${place(used)} -o IdentitiesOnly=yes -o IdentityAgent=none -o UserKnownHostsFile=${place(`hosts-${host}`)} -o GlobalKnownHostsFile=none`,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await directory[Symbol.asyncDispose]();
    },
  };
}

async function untilOpen(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const socket = connect(port, "127.0.0.1");
    const open = await new Promise<boolean>((resolve) => {
      socket.on("connect", () => resolve(true));
      socket.on("error", () => resolve(false));
    });
    socket.destroy();
    if (open) return;
    await sleep(50);
  }
  throw new Error("sshd does not listen");
}
