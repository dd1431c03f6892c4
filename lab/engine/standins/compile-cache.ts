/**
 * Keeps V8's compiled code of installed packages between runs of a program; loaded by node's `--require` before it.
 *
 * Half of a run without changes goes into compiling the Pulumi SDK. Node 22 has a cache for that
 * (NODE_COMPILE_CACHE); this does the same on older ones, for files below node_modules only. The folder comes in
 * KUBEADM_HA_COMPILE_CACHE. Whatever goes wrong, the module is compiled as usual.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import Module from "node:module";
import { dirname, join, sep } from "node:path";
import { constants, Script } from "node:vm";

/** Where an entry's bytes are, and what they were made of. */
interface Entry {
  digest: string;
  start: number;
  length: number;
}

interface Internals {
  prototype: { _compile: Compile };
  wrap(source: string): string;
  _resolveFilename(request: string, parent: unknown, main: boolean, options?: unknown): string;
  _resolveLookupPaths(request: string, parent: unknown): string[] | null;
  _extensions: unknown;
  _cache: unknown;
}

interface LoadingModule {
  exports: unknown;
  require(id: string): unknown;
}

type Compile = (this: LoadingModule, content: string, filename: string, ...rest: unknown[]) => unknown;
type Wrapper = (exports: unknown, require: unknown, module: unknown, filename: string, folder: string) => unknown;

const INSTALLED = `${sep}node_modules${sep}`;
/** Beyond this the cache is started anew: packages come and go. */
const LIMIT_BYTES = 64 * 1024 * 1024;
const LENGTH_BYTES = 4;

function load(file: string): { index: Record<string, Entry>; blob: Buffer } {
  try {
    const raw = readFileSync(file);
    const end = LENGTH_BYTES + raw.readUInt32LE(0);
    return {
      index: JSON.parse(raw.toString("utf8", LENGTH_BYTES, end)) as Record<string, Entry>,
      blob: raw.subarray(end),
    };
  } catch {
    return { index: {}, blob: Buffer.alloc(0) };
  }
}

/** Written beside and renamed, so that a reader sees the old file or the new one. */
function save(file: string, entries: Map<string, { digest: string; bytes: Buffer }>): void {
  const index: Record<string, Entry> = {};
  let start = 0;
  for (const [name, { digest, bytes }] of entries) {
    index[name] = { digest, start, length: bytes.length };
    start += bytes.length;
  }
  const head = Buffer.from(JSON.stringify(index));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(head.length);
  const temporary = `${file}.${process.pid}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(temporary, Buffer.concat([length, head, ...[...entries.values()].map(({ bytes }) => bytes)]));
  renameSync(temporary, file);
}

function requireOf(module: LoadingModule, internals: Internals): unknown {
  return Object.assign((id: string) => module.require(id), {
    resolve: Object.assign((id: string, options?: unknown) => internals._resolveFilename(id, module, false, options), {
      paths: (id: string) => internals._resolveLookupPaths(id, module),
    }),
    main: process.mainModule,
    extensions: internals._extensions,
    cache: internals._cache,
  });
}

function install(file: string): void {
  const internals = Module as unknown as Internals;
  const compile = internals.prototype._compile;
  const { index, blob } = load(file);
  const made = new Map<string, { digest: string; script: Script }>();

  internals.prototype._compile = function (content, filename, ...rest) {
    if (!filename.includes(INSTALLED)) return compile.call(this, content, filename, ...rest);
    const digest = createHash("sha1").update(content).digest("base64");
    const entry = index[filename];
    const known = entry?.digest === digest ? blob.subarray(entry.start, entry.start + entry.length) : undefined;
    let script: Script;
    try {
      script = new Script(internals.wrap(content.replace(/^#!.*/, "")), {
        filename,
        ...(known ? { cachedData: known } : {}),
        importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
      });
    } catch {
      return compile.call(this, content, filename, ...rest);
    }
    if (!known || script.cachedDataRejected) made.set(filename, { digest, script });
    const wrapper = script.runInThisContext() as Wrapper;
    return wrapper.call(this.exports, this.exports, requireOf(this, internals), this, filename, dirname(filename));
  };

  process.on("exit", () => {
    if (made.size === 0) return;
    try {
      const entries = new Map<string, { digest: string; bytes: Buffer }>();
      if (blob.length < LIMIT_BYTES)
        for (const [name, { digest, start, length }] of Object.entries(index))
          entries.set(name, { digest, bytes: blob.subarray(start, start + length) });
      // At the end of the run, so that the functions which it used are compiled, too.
      for (const [name, { digest, script }] of made) entries.set(name, { digest, bytes: script.createCachedData() });
      save(file, entries);
    } catch {
      // The next run compiles again.
    }
  });
}

const folder = process.env["KUBEADM_HA_COMPILE_CACHE"];
if (folder) install(join(folder, `node-${process.version}-${process.arch}`));
