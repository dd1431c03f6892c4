/** Why nothing was adopted: for the operator, without a stack trace. */
export class AdoptError extends Error {
  constructor(reason: string, details: string[] = []) {
    super([reason, ...details.map((detail) => `  ${detail}`)].join("\n"));
  }
}
