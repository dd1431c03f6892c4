import assert from "node:assert/strict";
import { test } from "node:test";
import { mountsUnder } from "./dockerd";

test("mounts at and below the folders are found, the innermost first, look-alikes not", () => {
  const mounts = [
    "/dev/a / ext4 rw 0 0",
    "/dev/a /c/docker ext4 rw 0 0",
    "overlay /c/docker/overlay2/x/merged overlay rw 0 0",
    "/dev/a /c/docker-other ext4 rw 0 0",
    "nsfs /s/exec/netns/y nsfs rw 0 0",
  ].join("\n");
  assert.deepEqual(mountsUnder(["/c/docker", "/s/exec"], mounts), [
    "/s/exec/netns/y",
    "/c/docker/overlay2/x/merged",
    "/c/docker",
  ]);
});
