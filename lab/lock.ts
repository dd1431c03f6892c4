/** Locks between lab commands on this machine. */
import { createHash } from "node:crypto";
import { createServer, type Server } from "node:net";
import { LabError } from "./error";
import { stateDir } from "./paths";
import { say } from "./say";
import { sleep } from "./sh";

/**
 * Runs `work` while no other lab command holds the lock of that name; waits for the other one, with a limit in seconds.
 * The lock is a socket in the kernel's abstract namespace: it goes with its process, so nothing stale can be left.
 */
export async function withLock<T>(name: string, limit: number, work: () => Promise<T>): Promise<T> {
  const scope = createHash("sha256").update(stateDir()).digest("hex").slice(0, 12);
  const end = Date.now() + limit * 1000;
  let told = false;
  let server = await take(`\0kubeadm-ha-${scope}-${name}`);
  while (!server) {
    if (Date.now() >= end) {
      throw new LabError(
        `Another lab command has held the lock "${name}" for ${limit} s.`,
        "Let it end or end it, then run this again.",
      );
    }
    if (!told) say(`another lab command holds the lock "${name}": waiting for it`);
    told = true;
    await sleep(0.5);
    server = await take(`\0kubeadm-ha-${scope}-${name}`);
  }
  try {
    return await work();
  } finally {
    server.close();
  }
}

function take(path: string): Promise<Server | undefined> {
  return new Promise((done, fail) => {
    const server = createServer((connection) => connection.destroy());
    server.on("error", (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? done(undefined) : fail(error)));
    server.listen({ path }, () => done(server));
  });
}
