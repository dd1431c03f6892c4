import assert from "node:assert/strict";
import { test } from "node:test";
import { find, parseLibraries } from "./closure";

test("the loader's list gives the libraries' paths, without the loader and the kernel's own", () => {
  const list = `	linux-vdso.so.1 (0x00007ffd)
	libnftables.so.1 => /unpacked/usr/lib/x86_64-linux-gnu/libnftables.so.1 (0x00007f1)
	libc.so.6 => /rootfs/usr/lib/x86_64-linux-gnu/libc.so.6 (0x00007f2)
	/lib64/ld-linux-x86-64.so.2 => /loader (0x00007f3)
	/lib64/ld-linux-x86-64.so.2 (0x00007f3)
`;
  assert.deepEqual(parseLibraries(list, "nft"), [
    "/unpacked/usr/lib/x86_64-linux-gnu/libnftables.so.1",
    "/rootfs/usr/lib/x86_64-linux-gnu/libc.so.6",
    "/loader",
  ]);
});

test("a library that is nowhere is named with the program that needs it", () => {
  assert.throws(() => parseLibraries("	libx.so.1 => not found\n", "nft"), /nft needs libx\.so\.1/);
});

test("a program is looked for in the folders' order", () => {
  assert.equal(find("/etc/passwd", ["/nowhere", ""]), "/etc/passwd");
  assert.throws(() => find("/no/such/program", ["/a", "/b"]), /\/no\/such\/program is in none of \/a, \/b/);
});
