/** One control plane that becomes three, two clusters on one network, and every way to the API but HAProxy's of three. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";

import { labConfig } from "../../../lab/config";
import { run } from "../../../lab/sh";
import { startLoad } from "../../load/load";
import { Lab } from "../lab";
import { assertGivenBack, assertReady, packagesOf, webAcrossWorkers } from "../sentences";

const lab = new Lab("test-small", "small");
const ALL = ["cp1", "cp2", "cp3", "b1"];
/** Where the stand-in of somebody's load balancer listens, on this machine. */
const BALANCER_PORT = 7443;

let packages = new Map<string, string>();

before(async () => {
  await lab.lab("down");
  await lab.lab("up", "--spare", "cp2,cp3,b1");
  packages = await packagesOf(lab, ALL);
});

after(() => lab.lab("down"));

const holders = async (vip: string, hosts: string[]) => {
  const found = await Promise.all(hosts.map((host) => lab.on(host, `ip -4 -o addr | grep -c 'inet ${vip}/' || true`)));
  return hosts.filter((_, index) => found[index] !== "0");
};

test("one up builds a cluster of one control plane, whose API is at the virtual IP itself", async () => {
  await lab.pulumiOk("up", "--yes", "--non-interactive");
  await assertReady(lab, ["cp1"]);
  assert.equal((await lab.pulumiOk("stack", "output", "endpoint")).trim(), `https://${labConfig(lab.name).vip}:6443`);
  assert.equal(await lab.on("cp1", "command -v haproxy || echo none"), "none");
  await webAcrossWorkers(lab, ["cp1"]);
  await lab.unchanged();
});

test("a second cluster on the same network has its own address with the same router id, and neither disturbs the other", async () => {
  const vip = lab.address("cp1").replace(/\d+$/, "20");
  const second = await secondStack({ vip, routerId: 51 });
  assert.deepEqual(await holders(labConfig(lab.name).vip, ALL), ["cp1"]);
  assert.deepEqual(await holders(vip, ALL), ["b1"]);
  assert.equal(await second.nodes(), "b1 True");
  await assertReady(lab, ["cp1"]);
  await lab.unchanged();
  await second.destroy();
  await assertGivenBack(lab, "b1", packages.get("b1"));
});

test("one control plane becomes three by an edit, under load", async () => {
  const kubeconfig = await lab.pulumiOk("stack", "output", "kubeconfig", "--show-secrets");
  const load = await startLoad({ kubeconfig });
  const [first] = lab.configuration("hosts") as object[];
  const more = ["cp2", "cp3"].map((name) => ({
    name,
    ip: lab.address(name),
    roles: ["control-plane", "etcd"],
    schedulable: true,
  }));
  lab.configure({ hosts: [...more, first], allowNonHa: undefined });
  let report;
  try {
    await lab.up();
  } finally {
    report = await load.stop();
  }
  assert.deepEqual(report.writes.lost, []);
  await assertReady(lab, ["cp1", "cp2", "cp3"]);
  assert.equal((await holders(labConfig(lab.name).vip, ALL)).length, 1);
  await lab.unchanged();
});

test("the address of a virtual IP alone leaves a control plane whose API server stops", async () => {
  const vip = labConfig(lab.name).vip;
  const [holder] = await holders(vip, ALL);
  await lab.on(holder!, "mv /etc/kubernetes/manifests/kube-apiserver.yaml /root/");
  const until = Date.now() + 60_000;
  let now = [holder!];
  while (now.length !== 1 || now[0] === holder) {
    assert.ok(Date.now() < until, `held by ${now.join(", ")}`);
    now = await holders(vip, ALL);
  }
  assert.match(await lab.kubectl("get", "--raw", "/readyz"), /ok/);
  await lab.on(holder!, "mv /root/kube-apiserver.yaml /etc/kubernetes/manifests/");
});

test("a cluster behind a load balancer of one's own has neither keepalived nor HAProxy", async () => {
  const gateway = labConfig(lab.name).gateway;
  const stop = await balancer(gateway, lab.address("b1"));
  try {
    const second = await secondStack({ by: "load-balancer", loadBalancer: { host: gateway, port: BALANCER_PORT } });
    assert.equal(await second.nodes(), "b1 True");
    assert.equal(await lab.on("b1", "command -v keepalived haproxy || echo none"), "none");
    await second.destroy();
  } finally {
    stop();
  }
  await assertGivenBack(lab, "b1", packages.get("b1"));
});

test("destroy gives every host back clean", async () => {
  await lab.pulumiOk("destroy", "--yes", "--non-interactive");
  for (const host of ["cp1", "cp2", "cp3"]) await assertGivenBack(lab, host, packages.get(host));
});

/** A cluster of the host b1 alone, as another stack of the same program. */
async function secondStack(api: object) {
  const of = {
    api,
    allowNonHa: true,
    hosts: [{ name: "b1", ip: lab.address("b1"), roles: ["control-plane", "etcd"] }],
  };
  const file = join(dirname(lab.stackFile), "Pulumi.second.yaml");
  lab.copyConfiguration(file, of);
  const stack = ["--stack", "second"];
  const init = await lab.pulumi("stack", "init", "second", "--no-select", "--secrets-provider", "passphrase");
  assert.ok(init.code === 0 || /already exists/.test(init.stderr), init.stderr);
  const options = ["--yes", "--skip-preview", "--non-interactive", ...stack, "--config-file", file];
  await lab.pulumiOk("up", ...options);
  const kubeconfig = join(dirname(file), "second.kubeconfig");
  const output = ["stack", "output", "kubeconfig", "--show-secrets", ...stack];
  writeFileSync(kubeconfig, await lab.pulumiOk(...output), { mode: 0o600 });
  const { kubectl } = await lab.kubectlFiles();
  const columns = "custom-columns=NAME:.metadata.name,READY:.status.conditions[?(@.type=='Ready')].status";
  return {
    async nodes(): Promise<string> {
      const args = ["--kubeconfig", kubeconfig, "get", "nodes", "--no-headers", "-o", columns];
      return (await run(kubectl, args)).stdout.trim().replace(/\s+/g, " ");
    },
    destroy: () => lab.pulumiOk("destroy", ...options),
  };
}

/** Passes TCP on to one API server, as somebody's load balancer would. */
async function balancer(at: string, apiServer: string): Promise<() => void> {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const backend = connect(6443, apiServer);
    for (const socket of [client, backend]) {
      open.add(socket);
      socket.on("error", () => socket.destroy()).on("close", () => open.delete(socket));
    }
    client.pipe(backend).pipe(client);
  });
  await new Promise<void>((done, fail) => server.once("error", fail).listen(BALANCER_PORT, at, done));
  return () => {
    server.close();
    for (const socket of open) socket.destroy();
  };
}
