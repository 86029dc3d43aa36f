/**
 * One connection to a peer's gRPC port, address by address of its name, and the stream in it. Before anything is sent
 * the certificate is held against the peer's PROFILE (TR-2); what was seen goes into the hello.
 */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { Client } from "@grpc/grpc-js";
import type { PeerAddress } from "../../src/bolt/seam.ts";
import { isLinkLocal } from "../../src/kernel/link-local.ts";
import type { PeerMessage } from "../../src/wire/gen/spanner_pb.ts";
import { faultOf, pinOf } from "./certificate.ts";
import { JudgingCredentials } from "./judging-credentials.ts";
import { Pipe } from "./pipe.ts";
import { decode, dialOptions, encode, streamPath } from "./service.ts";

/** A stream whose hello has not begun, and the pin of the certificate at its other end. */
export interface Dialled {
  readonly pipe: Pipe;
  readonly tlsPin: string;
}

/** The server at this address has a certificate that is not the peer's. */
export class WrongIdentity extends Error {
  override readonly name: string = "WrongIdentity";
}

/** Addresses of one name that are tried. */
const addressesMax = 4;

/**
 * Resolves when the connection stands and its certificate was judged; rejects with what went wrong, for people, with
 * `WrongIdentity` when that was the certificate. `timeoutMs` is for each address of the name.
 */
export async function dial(address: string, peer: PeerAddress, timeoutMs: number): Promise<Dialled> {
  const { host, port } = split(address);
  const found = await addressesOf(host, timeoutMs);
  let last: unknown = new Error("its name has no address");
  for (const one of found.slice(0, addressesMax)) {
    try {
      return await connect(host, one, port, peer, timeoutMs);
    } catch (caught) {
      if (caught instanceof WrongIdentity) throw caught;
      last = caught;
    }
  }
  throw last;
}

/** `host:port`, the host perhaps in brackets. */
function split(address: string): { readonly host: string; readonly port: number } {
  const at = address.lastIndexOf(":");
  const port = Number(address.slice(at + 1));
  const host = address.slice(0, at).replace(/^\[|\]$/gu, "");
  if (at < 1 || host === "" || !Number.isInteger(port) || port < 1 || port > 65_535) throw new Error("no address");
  return { host, port };
}

/** What the name stands for now; link-local addresses are left out (T9). */
async function addressesOf(host: string, timeoutMs: number): Promise<string[]> {
  const all = isIP(host) === 0 ? await withinMs(timeoutMs, lookup(host, { all: true })) : [{ address: host }];
  const allowed = all.map(({ address }) => address).filter((address) => !isLinkLocal(address));
  if (all.length > 0 && allowed.length === 0) throw new Error("its address is link-local");
  return allowed;
}

function connect(host: string, address: string, port: number, peer: PeerAddress, timeoutMs: number): Promise<Dialled> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    const judging = new JudgingCredentials(isIP(host) === 0 ? host : undefined, (certificate) => {
      if (isOver) return new Error("too late");
      const fault = faultOf(certificate, peer);
      if (fault !== undefined) {
        const wrong = new WrongIdentity(fault);
        finish(() => reject(wrong));
        return wrong;
      }
      finish(() => resolve({ pipe, tlsPin: pinOf(certificate) }));
      return undefined;
    });
    const remote = address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
    const client = new Client(`${address.includes(":") ? "ipv6" : "ipv4"}:${remote}`, judging, dialOptions);
    const pipe = new Pipe(
      remote,
      client.makeBidiStreamRequest<PeerMessage, PeerMessage>(streamPath, encode, decode),
      () => {
        client.close();
        judging.destroy();
        finish(() => reject(new Error(isLate ? "it does not answer" : pipe.why)));
      },
    );
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      pipe.cut();
    }, timeoutMs);
    function finish(told: () => void): void {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      told();
    }
  });
}

function withinMs<T>(limitMs: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("its name cannot be looked up in time")), limitMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
