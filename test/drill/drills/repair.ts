/** D16 and D17: an etcd member that has lost its data, or has wrong data, and `up` that gives it back. */
import { type Drill, Unit } from "../drill";
import type { Scene } from "../scene";
import { rejoined, writesBackWithin } from "./etcd";
import { holds, within } from "./expect";

const DATA = "data=$(awk '$1 == \"data-dir:\" {print $2}' /etc/etcd/etcd.yaml)";

/** Puts 16 wrong bytes into every page of the database but the first four, which hold what bbolt needs to open it. */
const CORRUPT = `${DATA}; python3 - "$data/member/snap/db" <<'END'
import os, sys
with open(sys.argv[1], 'r+b') as db:
    for page in range(4, os.path.getsize(sys.argv[1]) // 4096):
        db.seek(page * 4096 + 200)
        db.write(b'\\xff' * 16)
END`;

/** Spoils a follower's data while it is stopped, has `up` repair it, and notes how long both took together. */
async function spoil(scene: Scene, member: string, how: string): Promise<void> {
  const { hosts, lab, figures } = scene;
  scene.undoWith("up", () => lab.up());
  scene.mark();
  const start = performance.now();
  await hosts.exec(
    member,
    `systemctl kill --signal KILL etcd; systemctl stop etcd; ${how}; systemctl start --no-block etcd`,
  );
  await scene.wait(15);
  figures.noticed = (await isHealthy(scene, member)) ? 0 : 1;
  const repaired = await lab.pulumi("up", "--yes", "--skip-preview", "--non-interactive");
  figures.repaired = repaired.code === 0 ? 1 : 0;
  if (repaired.code !== 0) console.log(repaired.stdout.slice(-2000));
  figures.rejoined = (await rejoined(scene)) === undefined ? undefined : (performance.now() - start) / 1000;
}

/** Whether a member says that it is well and no alarm is raised. */
async function isHealthy({ hosts, etcd }: Scene, member: string): Promise<boolean> {
  const health = await hosts.tryExec(member, "curl -fsS --max-time 2 http://127.0.0.1:2381/health");
  return health?.includes('"health":"true"') === true && (await etcd.alarms()) === "";
}

const repaired = [
  holds("the member is seen to be bad", "noticed"),
  holds("up succeeds", "repaired"),
  within("all members at one revision with one hash after", "rejoined", 300),
  writesBackWithin(3),
];

export const repairDrills: Drill[] = [
  {
    name: "D16",
    title: "an etcd member loses its data",
    injection: "kill -9 of a follower, its data folder emptied; up",
    limit: 1200,
    act: async (scene) => spoil(scene, await scene.etcd.follower(), `${DATA}; rm -rf "$data"/*`),
    criteria: repaired,
  },
  {
    name: "D17",
    title: "an etcd member's database is corrupted",
    injection: "kill -9 of a follower, wrong bytes in every page of its database; up",
    limit: 1200,
    act: async (scene) => spoil(scene, await scene.etcd.follower(), CORRUPT),
    criteria: repaired,
  },
  {
    name: "D26",
    title: "up and refresh with nothing to do",
    injection: "none: up, refresh, and a look at when everything was started",
    limit: 900,
    act: async (scene) => {
      const { lab, figures } = scene;
      const before = await started(scene);
      scene.mark();
      figures.planned = (await lab.plan()).length;
      const quiet = ["--yes", "--skip-preview", "--non-interactive", "--expect-no-changes"];
      figures.up = (await lab.pulumi("up", ...quiet)).code === 0 ? 1 : 0;
      figures.refresh = (await lab.pulumi("refresh", ...quiet)).code === 0 ? 1 : 0;
      const after = new Set(await started(scene));
      figures.restarted = before.filter((one) => !after.has(one)).length;
    },
    criteria: [
      { what: "planned changes", unit: Unit.Count, of: ({ figures }) => figures.planned, atMost: 0 },
      holds("up changes nothing", "up"),
      holds("refresh changes nothing", "refresh"),
      {
        what: "units and containers started again",
        unit: Unit.Count,
        of: ({ figures }) => figures.restarted,
        atMost: 0,
      },
    ],
  },
];

/** When each unit of each host and each container of the system's pods began. */
export async function started({ hosts, lab }: Scene): Promise<string[]> {
  const script =
    "systemctl show -p Id -p ExecMainStartTimestampMonotonic kubelet containerd etcd haproxy keepalived | paste -sd ' '";
  const units = await Promise.all(hosts.all.map(async (host) => `${host} ${await hosts.exec(host, script)}`));
  const row = '{.metadata.name} {.status.containerStatuses[*].state.running.startedAt}{"\\n"}';
  const pods = await lab.kubectl("-n", "kube-system", "get", "pods", "-o", `jsonpath={range .items[*]}${row}{end}`);
  return [...units, ...pods.trim().split("\n")];
}
