/** A gRPC server that the engine starts as a plugin: the port goes to stdout, the engine's address comes in argv. */
import * as grpc from "@grpc/grpc-js";
import { EngineLog } from "./enginelog";

/** The engine's own limit. */
const MAX_MESSAGE = 400 * 1024 * 1024;
const PARENT_CHECK_MS = 1000;

/** Serves until the engine stops this process, or is itself gone. */
export function servePlugin<T>(
  definition: grpc.ServiceDefinition<T>,
  implementation: (log: EngineLog) => grpc.UntypedServiceImplementation,
): void {
  const log = new EngineLog();
  const engine = process.argv.slice(2).find((argument) => !argument.startsWith("-"));
  if (engine) log.connect(engine);
  const server = new grpc.Server({
    "grpc.max_receive_message_length": MAX_MESSAGE,
    "grpc.max_send_message_length": MAX_MESSAGE,
  });
  server.addService(definition, implementation(log));
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    process.stdout.write(`${port}\n`);
  });
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.exit(1);
  }, PARENT_CHECK_MS);
}
