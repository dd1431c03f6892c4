/** Builds a cluster from bare hosts by the program, and once more by a plain script on the same kind of hosts. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { repoDir } from "../../lab/paths";
import { run } from "../../lab/sh";
import { Lab } from "../lab/lab";
import { phases } from "./events";
import { figure, seconds, timed, watchMemory } from "./figures";
import { writeFloor } from "./floor";
import { noChange } from "./no-change";

/** The most that the program may cost over the plain script. */
const GOAL_RATIO = 1.3;

export async function build(): Promise<void> {
  const lab = new Lab("bench");
  await lab.lab("down");
  await lab.lab("up");
  const events = join(mkdtempSync(join(tmpdir(), "kubeadm-ha-bench-")), "events.json");
  // The flag --event-log is there only with this.
  process.env["PULUMI_DEBUG_COMMANDS"] = "true";
  const memory = watchMemory();
  const program = await timed(() =>
    lab.pulumiOk("up", "--yes", "--skip-preview", "--non-interactive", "--event-log", events),
  );
  const peak = memory();

  console.log("\nbuild of 3 control planes with etcd and 2 workers, from bare hosts, warm mirror");
  figure("program", seconds(program.ms));
  for (const { name, from, to } of phases(readFileSync(events, "utf8"))) figure(`  ${name}`, `${from}–${to} s`);
  figure("peak memory of pulumi and its plug-ins", `${Math.round(peak / 1024 / 1024)} MB`);
  for (const host of ["cp1", "w1"]) {
    const logins = await lab.on(host, "journalctl -u ssh --no-pager -o cat | grep -c 'Accepted publickey' || true");
    figure(`SSH sessions on ${host}`, logins);
  }
  await noChange(lab);

  const folder = mkdtempSync(join(tmpdir(), "kubeadm-ha-floor-"));
  await writeFloor(lab, folder);
  // New hosts under the same names and addresses, as bare as the first ones.
  await lab.lab("down");
  await lab.lab("up");
  for (const name of ["id_ed25519", "known_hosts"])
    copyFileSync(join(lab.folder, "ssh", name), join(folder, name === "id_ed25519" ? "ssh_key" : name));
  const floor = await timed(() => run("bash", [join(repoDir, "test/bench/floor.sh"), folder], { limit: 900 }));
  figure("plain parallel shell script", seconds(floor.ms));
  for (const line of floor.result.stdout.split("\n").filter((text) => text.startsWith("floor "))) {
    const [, name = "", took = ""] = line.split(" ");
    figure(`  ${name}`, `${took} s`);
  }
  figure("ratio", (program.ms / floor.ms).toFixed(2), `goal ${GOAL_RATIO}`);
  rmSync(folder, { recursive: true });
  await lab.lab("down");
}
