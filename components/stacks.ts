/**
 * Stack traces name this program's own files only. Pulumi's runner maps its files to
 * `…/node_modules/@pulumi/resource.ts`, and `util.inspect` of Node 20.20 never ends on a scoped package without a
 * folder below it: a run would hang at its first error, a refused configuration among them, instead of showing it.
 */
Error.prepareStackTrace = (error, frames) => {
  const own = frames.filter((frame) => !frame.getFileName()?.includes("node_modules"));
  return [Error.prototype.toString.call(error), ...own.map((frame) => `    at ${frame.toString()}`)].join("\n");
};
