import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, readdir, rm, writeFile, mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { run } from "../sh";
import { downloadRelease, downloadsOf, listedSum, officialKey, reachable, Sources, sources } from "./official";
import type { Sites } from "./official";
import { containerd, coredns, etcd, kubernetes } from "./recipes";

/** A release site on loopback: path → content. */
async function withSite(files: Record<string, Buffer | string>, use: (sites: Sites) => Promise<void>): Promise<void> {
  const server = createServer((request, response) => {
    const content = files[request.url ?? ""];
    response.writeHead(content === undefined ? 404 : 200).end(content);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    await use({ kubernetes: `${base}/k8s`, etcd: `${base}/etcd`, containerd: `${base}/containerd` });
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

async function inFolder(use: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "kha-official-"));
  try {
    await use(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const sha256 = (content: Buffer | string) => createHash("sha256").update(content).digest("hex");

test("Kubernetes comes file by file, each with its own sum", async () => {
  const recipe = kubernetes("v1.35.4");
  const files: Record<string, string> = {};
  for (const { url } of downloadsOf(recipe, "amd64", { kubernetes: "", etcd: "", containerd: "" })!) {
    files[`/k8s${url}`] = `program ${url}`;
    files[`/k8s${url}.sha256`] = sha256(`program ${url}`);
  }
  await withSite(files, (sites) =>
    inFolder(async (dir) => {
      await downloadRelease(recipe, "amd64", dir, sites);
      assert.equal((await readdir(dir)).length, 7);
      assert.equal(await readFile(join(dir, "kubeadm"), "utf8"), "program /v1.35.4/bin/linux/amd64/kubeadm");
    }),
  );
});

test("a file that differs from its published sum is refused", async () => {
  const recipe = kubernetes("v1.35.4");
  const path = "/k8s/v1.35.4/bin/linux/amd64/kubeadm";
  await withSite({ [path]: "changed on the way", [`${path}.sha256`]: sha256("original") }, (sites) =>
    inFolder(async (dir) => {
      await assert.rejects(downloadRelease(recipe, "amd64", dir, sites), /has the SHA-256 .*, published is/);
    }),
  );
});

test("etcd's programs are taken out of the release archive", async () => {
  await inFolder(async (source) => {
    const folder = "etcd-v3.6.16-linux-amd64";
    await mkdir(join(source, folder));
    for (const name of ["etcd", "etcdctl", "etcdutl", "README.md"]) await writeFile(join(source, folder, name), name);
    await run("tar", ["-czf", join(source, "archive"), "-C", source, folder]);
    const archive = await readFile(join(source, "archive"));
    const files = {
      [`/etcd/v3.6.16/${folder}.tar.gz`]: archive,
      "/etcd/v3.6.16/SHA256SUMS": `${"0".repeat(64)}  other.tar.gz\n${sha256(archive)}  ${folder}.tar.gz\n`,
    };
    await withSite(files, (sites) =>
      inFolder(async (dir) => {
        await downloadRelease(etcd("3.6.16"), "amd64", dir, sites);
        assert.deepEqual((await readdir(dir)).sort(), ["etcd", "etcdctl", "etcdutl"]);
      }),
    );
  });
});

test("the sum is found in a list and in a file of its own", () => {
  const sum = "a".repeat(64);
  assert.equal(listedSum(`${sum}\n`, "kubeadm"), sum);
  assert.equal(listedSum(`${"b".repeat(64)}  other\n${sum} *archive.tar.gz\n`, "archive.tar.gz"), sum);
  assert.equal(listedSum("<html>not found</html>", "archive.tar.gz"), undefined);
});

test("a release is probed once a day", async () => {
  await inFolder(async (dir) => {
    const memory = join(dir, "sites.json");
    let url = "";
    await withSite({ "/etcd/sum": "sum" }, async (sites) => {
      url = `${sites.etcd}/sum`;
      assert.equal(await reachable(url, memory), true);
      assert.equal(await reachable(`${sites.etcd}/forbidden`, memory), false);
    });
    assert.equal(await reachable(url, memory), true, "the site is gone, the day's answer holds");
    await writeFile(memory, JSON.stringify({ day: "2001-01-01", answers: { [url]: true } }));
    assert.equal(await reachable(url, memory), false);
    await writeFile(memory, "{ cut off");
    assert.equal(await reachable(url, memory), false);
  });
});

test("LAB_SOURCES is checked", () => {
  assert.equal(sources({}), Sources.Auto);
  assert.equal(sources({ LAB_SOURCES: "build" }), Sources.Build);
  assert.throws(() => sources({ LAB_SOURCES: "offical" }), /LAB_SOURCES=offical is not known/);
});

test("only what projects publish is downloaded, and downloads have folders of their own", () => {
  assert.equal(downloadsOf(coredns(), "amd64"), undefined);
  assert.notEqual(officialKey(containerd("2.2.9"), "amd64"), officialKey(containerd("2.2.8"), "amd64"));
});
