/** The mirror's two formats, read by the programs that hosts read them with: a real apt and a real registry. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join, normalize } from "node:path";
import { after, before, test } from "node:test";
import { architecture } from "../debian";
import { run, sleep } from "../sh";
import { ensureArchiveKey, indexRepository } from "./apt";
import { unpackDeb } from "./debian-archive";
import { packDeb } from "./debs";
import { imageDocuments, MANIFEST_TYPE } from "./images";
import type { Image } from "./images";
import { packLayer } from "./layers";
import { kubernetesPackages } from "./packages";
import { addImage } from "./registry";

let dir = "";
before(async () => {
  dir = await mkdtemp(join(tmpdir(), "kha-served-"));
});
after(() => rm(dir, { recursive: true, force: true }));

const sha256 = (content: Buffer) => createHash("sha256").update(content).digest("hex");

test("apt takes packages from the repository by its signature, and nothing from one that was changed", async () => {
  const www = join(dir, "www");
  await mkdir(join(www, "pool"), { recursive: true });
  await writeFile(join(dir, "kubectl"), "#!/bin/sh\necho kubectl\n");
  const kubectl = kubernetesPackages("v1.35.4", dir).find((spec) => spec.name === "kubectl");
  assert.ok(kubectl);
  const deb = await packDeb(kubectl, join(www, "pool"));
  const { keyFile, publicKey } = await ensureArchiveKey(join(dir, "key"));
  await indexRepository(www, keyFile);
  assert.equal((await ensureArchiveKey(join(dir, "key"))).publicKey, publicKey, "the key is made once");
  await writeFile(join(dir, "key.asc"), publicKey);

  const changed = join(dir, "changed");
  await cp(www, changed, { recursive: true });
  const index = join(changed, "dists/stable/InRelease");
  await writeFile(index, (await readFile(index, "utf8")).replace("Suite: stable", "Suite: stabler"));

  const apt = await aptClient(join(dir, "client"), join(dir, "key.asc"));
  await withFiles(www, async (url) => {
    await apt(url, ["update"]);
    await apt(url, ["download", "kubectl=1.35.4-1.1"]);
  });
  const name = (await readdir(join(dir, "client"))).find((file) => file.endsWith(".deb"));
  assert.ok(name);
  assert.equal(sha256(await readFile(join(dir, "client", name))), sha256(await readFile(deb)));

  const wary = await aptClient(join(dir, "wary"), join(dir, "key.asc"));
  await withFiles(changed, async (url) => {
    await assert.rejects(wary(url, ["-o", "APT::Update::Error-Mode=any", "update"]), /signature|not signed/i);
  });
});

test("a registry serves an image from the storage, byte for byte", async () => {
  const blobs = join(dir, "blobs");
  const storage = join(dir, "registry");
  const tree = join(dir, "tree");
  await mkdir(blobs);
  await mkdir(tree);
  await writeFile(join(tree, "file"), "content");
  const image: Image = {
    repository: "registry.k8s.io/coredns/coredns",
    tag: "v1.14.7",
    layers: [await packLayer(tree, blobs)],
    config: { entrypoint: ["/coredns"] },
  };
  const digest = await addImage(storage, image, blobs, "amd64");
  await withRegistry(storage, async (url) => {
    const repository = `${url}/v2/${image.repository}`;
    const manifest = await fetch(`${repository}/manifests/${image.tag}`, { headers: { Accept: MANIFEST_TYPE } });
    assert.equal(manifest.status, 200);
    assert.equal(manifest.headers.get("content-type"), MANIFEST_TYPE);
    assert.equal(manifest.headers.get("docker-content-digest"), `sha256:${digest}`);
    assert.equal(await manifest.text(), imageDocuments(image, "amd64").manifest.text);
    for (const blob of [image.layers[0]!, imageDocuments(image, "amd64").config]) {
      const answer = await fetch(`${repository}/blobs/sha256:${blob.digest}`);
      assert.equal(answer.status, 200);
      assert.equal(sha256(Buffer.from(await answer.arrayBuffer())), blob.digest);
    }
    const tags = (await (await fetch(`${repository}/tags/list`)).json()) as { tags: string[] };
    assert.deepEqual(tags.tags, ["v1.14.7"]);
    const other = await fetch(`${repository}/manifests/v0.0.0`, { headers: { Accept: MANIFEST_TYPE } });
    assert.equal(other.status, 404);
  });
});

/** An apt that knows one repository and has installed nothing. */
async function aptClient(home: string, key: string): Promise<(url: string, args: string[]) => Promise<void>> {
  for (const part of ["state/lists/partial", "cache/archives/partial", "none"]) {
    await mkdir(join(home, part), { recursive: true });
  }
  await writeFile(join(home, "status"), "");
  const settings = {
    "Dir::State": join(home, "state"),
    "Dir::State::status": join(home, "status"),
    "Dir::Cache": join(home, "cache"),
    "Dir::Etc::SourceList": join(home, "sources.list"),
    "Dir::Etc::SourceParts": join(home, "none"),
    "APT::Architecture": architecture(),
    "APT::Sandbox::User": "root",
    "Acquire::http::Proxy": "DIRECT",
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  return async (url, args) => {
    await writeFile(join(home, "sources.list"), `deb [signed-by=${key}] ${url} stable main\n`);
    await run("apt-get", [...options, ...args], { cwd: home, env: { LC_ALL: "C.UTF-8" }, limit: 120 });
  };
}

/** Serves a folder by HTTP on loopback. */
async function withFiles(folder: string, use: (url: string) => Promise<void>): Promise<void> {
  const server = createServer((request, response) => {
    const path = join(folder, normalize(decodeURIComponent(request.url ?? "/")));
    readFile(path).then(
      (content) => response.writeHead(200).end(content),
      () => response.writeHead(404).end(),
    );
  });
  const port = await listen(server);
  try {
    await use(`http://127.0.0.1:${port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** Runs Debian's docker-registry over a storage folder; its package is unpacked, not installed. */
async function withRegistry(storage: string, use: (url: string) => Promise<void>): Promise<void> {
  const downloads = join(dir, "download");
  await mkdir(downloads);
  await run("apt-get", ["-o", "APT::Sandbox::User=root", "download", "docker-registry"], {
    cwd: downloads,
    limit: 300,
  });
  for (const deb of await readdir(downloads)) await unpackDeb(join(downloads, deb), join(dir, "program"));

  const probe = createTcpServer();
  const port = await listen(probe);
  probe.close();
  await once(probe, "close");
  const config = {
    version: "0.1",
    log: { level: "error" },
    storage: { filesystem: { rootdirectory: storage } },
    http: { addr: `127.0.0.1:${port}` },
  };
  await writeFile(join(dir, "registry.yml"), JSON.stringify(config));
  const registry = spawn(join(dir, "program/usr/bin/docker-registry"), ["serve", join(dir, "registry.yml")], {
    stdio: "ignore",
  });
  const ended = once(registry, "exit");
  const url = `http://127.0.0.1:${port}`;
  try {
    for (let tries = 0; tries < 300; tries += 1) {
      assert.equal(registry.exitCode, null, "docker-registry ended at once");
      if (
        await fetch(`${url}/v2/`)
          .then((answer) => answer.ok)
          .catch(() => false)
      )
        break;
      await sleep(0.1);
    }
    await use(url);
  } finally {
    registry.kill();
    await ended;
  }
}

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
