/** containerd's configuration, judged by containerd itself. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { parse } from "smol-toml";

import { devConfig, devSpec, specOf } from "../../test/fixtures";
import { binary } from "../../test/programs";
import { judge, scratch, write, type Judgement } from "../../test/scratch";
import { containerdConfig, registryFiles } from "./containerd";

interface Config {
  version: number;
  plugins: Record<string, Record<string, unknown>>;
}

/** Tables as plain objects, which can be compared. */
function tables(text: string): object {
  return JSON.parse(JSON.stringify(parse(text))) as object;
}

const RUNTIME = "io.containerd.cri.v1.runtime";
const IMAGES = "io.containerd.cri.v1.images";

describe("config.toml", () => {
  const folder = scratch();

  async function dump(content: string): Promise<Judgement> {
    const file = write(folder, "config.toml", content);
    return judge(await binary("containerd", "containerd"), ["--config", file, "config", "dump"]);
  }

  test("containerd takes over every setting", async () => {
    const { ok, said } = await dump(containerdConfig(devSpec()).content);
    assert.ok(ok, said);
    const { plugins } = tables(said) as Config;
    const runtime = plugins[RUNTIME] as { containerd: { runtimes: { runc: { options: object } } } };
    assert.deepEqual(plugins[IMAGES]!["pinned_images"] as object, { sandbox: "registry.k8s.io/pause:3.10.1" });
    assert.deepEqual((plugins[IMAGES]!["registry"] as { config_path: string }).config_path, "/etc/containerd/certs.d");
    assert.equal(plugins[RUNTIME]!["restrict_oom_score_adj"], true);
    assert.equal((runtime.containerd.runtimes.runc.options as { SystemdCgroup: boolean }).SystemdCgroup, false);
  });

  test("containerd complains about what it cannot read, so its judgement means something", async () => {
    const { ok, said } = await dump(containerdConfig(devSpec()).content.replace("version = 3", "version = three"));
    assert.ok(!ok, said);
  });

  test("runc's cgroup driver is the kubelet's", () => {
    for (const [cgroupDriver, expected] of [
      ["systemd", true],
      ["cgroupfs", false],
    ] as const) {
      const { content } = containerdConfig(specOf(devConfig({ kubelet: { cgroupDriver } })));
      assert.match(content, new RegExp(`SystemdCgroup = ${expected}`));
    }
  });
});

describe("registry mirrors", () => {
  test("each upstream has a file, and its images come from the mirror alone", () => {
    const files = registryFiles(devSpec().mirror.registries);
    assert.deepEqual(
      files.map(({ name }) => name),
      ["docker.io", "ghcr.io", "registry.k8s.io"].map((name) => `registry--${name}`),
    );
    for (const { name, content } of files) {
      const endpoint = `http://10.77.0.2:5000/v2/${name.replace("registry--", "")}`;
      const host = { [endpoint]: { capabilities: ["pull", "resolve"], override_path: true } };
      assert.deepEqual(tables(content), { server: endpoint, host });
    }
  });

  test("a mirror without a path keeps the registry's own paths", () => {
    const [file] = registryFiles({ "docker.io": "https://mirror.example:5000" });
    const host = { "https://mirror.example:5000": { capabilities: ["pull", "resolve"], override_path: false } };
    assert.deepEqual(tables(file!.content), { server: "https://mirror.example:5000", host });
  });
});
