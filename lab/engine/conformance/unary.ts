/** One unary call over gRPC, as a promise. */
import type * as grpc from "@grpc/grpc-js";

export function unary<Q, S>(client: grpc.Client, method: grpc.MethodDefinition<Q, S>, request: Q): Promise<S> {
  return new Promise((resolve, reject) =>
    client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      (error, answer) => (error ? reject(error) : resolve(answer!)),
    ),
  );
}
