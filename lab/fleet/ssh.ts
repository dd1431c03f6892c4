/** The lab's SSH key, and the hosts' keys as its known_hosts file has them. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { ensureDebianPackages } from "../debian";
import { LabError } from "../error";
import { labDir } from "../paths";
import { run } from "../sh";
import { findPrograms } from "./programs";

/** Makes the key that the lab's hosts let in, once; returns its public half, and whether it was made now. */
export async function ensureSshKey(lab: string): Promise<{ publicKey: string; fresh: boolean }> {
  const file = labDir(lab, "ssh", "id_ed25519");
  mkdirSync(labDir(lab, "ssh"), { recursive: true, mode: 0o700 });
  // ssh-keygen writes the public half last: without it a run was cut off between the two.
  const fresh = !existsSync(file) || !existsSync(`${file}.pub`);
  if (fresh) {
    if (!findPrograms("ssh-keygen").length) await ensureDebianPackages(["openssh-client"]);
    rmSync(file, { force: true });
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", `kubeadm-ha lab ${lab}`, "-f", file]);
  }
  return { publicKey: readFileSync(`${file}.pub`, "utf8").trim(), fresh };
}

/** One line a host, by its address: what `ssh` and the program's `ssh.knownHosts` read. */
export function renderKnownHosts(keys: { ip: string; key: string }[]): string {
  return keys
    .map(({ ip, key }) => {
      const [type, blob] = key.trim().split(/\s+/);
      if (type !== "ssh-ed25519" || !/^[A-Za-z0-9+/]+=*$/.test(blob ?? "")) {
        throw new LabError(
          `The host at ${ip} has no usable SSH key: ${JSON.stringify(key.slice(0, 80))}.`,
          "End the lab and start it again: npm run lab -- down, then up.",
        );
      }
      return `${ip} ${type} ${blob}\n`;
    })
    .join("");
}

/** The lines of a known_hosts file that are of none of these addresses. */
export function othersThan(keys: { ip: string }[], known: string): string {
  const lines = known.split("\n").filter((line) => line !== "");
  return lines
    .filter((line) => !keys.some(({ ip }) => line.startsWith(`${ip} `)))
    .map((line) => `${line}\n`)
    .join("");
}

export function knownHostsFile(lab: string): string {
  return labDir(lab, "ssh", "known_hosts");
}

/** Writes the keys of these hosts; what is known of others, which may be off, stays. */
export function writeKnownHosts(lab: string, keys: { ip: string; key: string }[]): void {
  const file = knownHostsFile(lab);
  const known = existsSync(file) ? readFileSync(file, "utf8") : "";
  writeFileSync(`${file}.tmp`, othersThan(keys, known) + renderKnownHosts(keys), { mode: 0o600 });
  renameSync(`${file}.tmp`, file);
}

/** Whether an SSH server greets at that address. */
export function sshAnswers(ip: string): Promise<boolean> {
  return new Promise((done) => {
    const connection = connect({ host: ip, port: 22 });
    const end = (answer: boolean) => {
      connection.destroy();
      done(answer);
    };
    connection.setTimeout(2000, () => end(false));
    connection.on("error", () => end(false));
    connection.on("close", () => end(false));
    connection.on("data", (data) => end(data.toString("latin1").startsWith("SSH-2.0-")));
  });
}
