/** D24 and D31: runs that are cut off, and the next one that finishes them. */
import { type Drill, Unit } from "../drill";
import type { Scene } from "../scene";
import { figure, holds } from "./expect";
import { awayFor } from "./vip";

/** Seconds until the moment must have come at which a run is cut off. */
const MOMENT_S = 900;

const CUT_S = 60;

const apiServerAway = "[ ! -f /etc/kubernetes/manifests/kube-apiserver.yaml ]";

/** A change of the API servers' flags is rolled out and cut off; then the run is repeated, and must end well. */
const cutOff = (
  name: string,
  title: string,
  injection: string,
  cut: (scene: Scene, host: string) => Promise<void>,
): Drill => ({
  name,
  title: `a roll-out is cut off: ${title}`,
  injection: `${injection} while its API server's manifest is away; up again`,
  limit: 2400,
  heal: 300,
  act: async (scene) => {
    const { lab, figures } = scene;
    const before = (lab.configuration("apiServer") ?? {}) as { extraArgs?: Record<string, string> };
    const host = scene.hosts.controlPlanes[1]!;
    scene.undoWith("the API servers as they were", async () => {
      lab.configure({ apiServer: before });
      await lab.up();
    });
    const ttl = before.extraArgs?.["event-ttl"] === "2h0m0s" ? "3h0m0s" : "2h0m0s";
    lab.configure({ apiServer: { ...before, extraArgs: { ...before.extraArgs, "event-ttl": ttl } } });
    await lab.upCutOff(host, apiServerAway, MOMENT_S, async () => {
      scene.mark();
      await cut(scene, host);
    });
    await scene.wait(1);
    figures.finished = (await lab.pulumi("up", "--yes", "--skip-preview", "--non-interactive")).code === 0 ? 1 : 0;
    figures.planned = (await lab.plan()).length;
  },
  criteria: [
    holds("the next up finishes it", "finished"),
    { what: "planned changes after it", unit: Unit.Count, of: figure("planned"), atMost: 0 },
    awayFor(4),
  ],
});

/** Runs `up` and kills kubeadm on a host in the midst of it; whether the run failed, as it must. */
async function failedBy(scene: Scene, host: string, command: string): Promise<number> {
  const pattern = `[k]ubeadm ${command}`;
  const kill = () => scene.hosts.exec(host, `pkill -KILL -f '${pattern}'`).then(() => undefined);
  const { code } = await scene.lab.upCutOff(host, `pgrep -f '${pattern}'`, MOMENT_S, kill);
  return code === 0 ? 0 : 1;
}

export const interruptedDrills: Drill[] = [
  cutOff("D24a", "the engine is killed", "SIGKILL of Pulumi", (scene) => scene.lab.killPulumi()),
  cutOff("D24b", "SSH is cut", `nft drops TCP 22 on the host for ${CUT_S} s`, async (scene, host) => {
    await scene.filter(host, [{ hook: "input", match: "tcp dport 22" }]);
    await scene.wait(CUT_S);
    await scene.hosts.exec(host, "nft flush table ip drill");
  }),
  cutOff("D24c", "the host's power is cut", "cable out, then docker kill; on again at once", async (scene, host) => {
    await scene.cutPower(host);
    await scene.hosts.powerOn([host]);
  }),
  {
    name: "D31",
    title: "kubeadm dies while the first control plane begins, then while the second joins",
    injection:
      "destroy; kill -9 of kubeadm init on the first, up again, kill -9 of kubeadm join on the second, up again",
    limit: 3600,
    heal: 300,
    unmeasured: true,
    act: async (scene) => {
      const { lab, hosts, figures } = scene;
      const [first, second] = hosts.controlPlanes;
      scene.undoWith("up", () => lab.up());
      scene.mark();
      await lab.pulumiOk("destroy", "--yes", "--skip-preview", "--non-interactive");
      lab.forgetKubeconfig();
      figures.initFailed = await failedBy(scene, first!, "init");
      figures.joinFailed = await failedBy(scene, second!, "join");
      const uid =
        "kubectl --kubeconfig /etc/kubernetes/admin.conf get namespace kube-system -o jsonpath={.metadata.uid}";
      const before = await hosts.exec(first!, uid);
      figures.finished = (await lab.pulumi("up", "--yes", "--skip-preview", "--non-interactive")).code === 0 ? 1 : 0;
      figures.sameCluster = (await hosts.exec(first!, uid)) === before ? 1 : 0;
    },
    criteria: [
      holds("the run fails when kubeadm init dies", "initFailed"),
      holds("the next one gets on, and fails when kubeadm join dies", "joinFailed"),
      holds("the one after it finishes", "finished"),
      holds("the first control plane is not begun anew", "sameCluster"),
    ],
  },
];
