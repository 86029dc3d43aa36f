/**
 * Frames on their way. A packet carries its message; bytes are made only where a carrier wants them. A simulation that
 * passes packets by reference never encodes; a real carrier, or a simulation in bytes, asks for the bytes, and the far
 * side decodes and checks them.
 */

/** A message on its way. `bytes` is computed once, when first asked for. */
export interface Packet<Message> {
  readonly carried: Message;
  bytes(): Uint8Array;
}

/** A message as it arrives: by reference from a trusted carrier, or as bytes that anyone may have sent. */
export type Arrival<Message> = { readonly carried: Message } | { readonly bytes: Uint8Array };

/** A packet whose bytes are made by `encode`, at most once. */
export function packet<Message>(carried: Message, encode: (message: Message) => Uint8Array): Packet<Message> {
  let made: Uint8Array | undefined;
  return { carried, bytes: () => (made ??= encode(carried)) };
}
