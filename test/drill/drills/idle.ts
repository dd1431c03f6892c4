/** Two streams of kubectl through the virtual IP that say nothing for a long time. */
import { type ChildProcess, spawn } from "node:child_process";

import { AGNHOST } from "../../load/manifests";
import type { Scene } from "../scene";

const POD = "drill-idle";

/** What it is told by exec it prints to its log. */
const manifest = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: POD },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: "echo",
        image: AGNHOST,
        command: ["sh", "-c", "mkfifo /tmp/said; echo begins; while :; do cat /tmp/said; done"],
      },
    ],
  },
};

interface Stream {
  child: ChildProcess;
  said: string;
}

/** Opens `logs -f` and `exec`, leaves both alone, then says one word to exec and looks for it in both. */
export async function idleStreams(scene: Scene): Promise<void> {
  const { lab, figures, idleMinutes } = scene;
  const remove = ["delete", "pod", POD, "--ignore-not-found", "--wait=false"];
  scene.undoWith("delete the pod", () => lab.kubectl(...remove));
  await lab.apply(manifest);
  await lab.kubectl("wait", "--for=condition=Ready", `pod/${POD}`, "--timeout=120s");

  const { kubectl, kubeconfig } = await lab.kubectlFiles();
  const open = (...args: string[]): Stream => {
    const child = spawn(kubectl, ["--kubeconfig", kubeconfig, ...args], { stdio: ["pipe", "pipe", "inherit"] });
    const stream = { child, said: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stream.said += text));
    child.stdin.on("error", () => undefined);
    scene.undoWith(`end kubectl ${args[0]}`, () => Promise.resolve(child.kill()));
    return stream;
  };
  const logs = open("logs", "--follow", POD);
  const script = "while read -r line; do echo heard $line; echo $line >/tmp/said; done";
  const exec = open("exec", "--stdin", POD, "--", "sh", "-c", script);
  await scene.until(30, async () => logs.said.includes("begins"));
  scene.mark();
  await scene.wait(idleMinutes * 60);
  figures.minutes = idleMinutes;
  exec.child.stdin?.write("awake\n");
  await scene.until(15, async () => exec.said.includes("heard awake") && logs.said.includes("awake"));
  figures.exec = exec.said.includes("heard awake") ? 1 : 0;
  figures.logs = logs.said.includes("awake") ? 1 : 0;
}
