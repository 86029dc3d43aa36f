/** Whom a bolt dials, over which addresses, and where it listens itself. */
import { expect, test } from "vitest";
import { PeerEnd, newSigner } from "../support/peer-ends.ts";

test("TR-17 all addresses are tried, and a new one at once", async () => {
  const [east, west] = [
    await PeerEnd.open({ times: { firstWait: 60_000, longestWait: 60_000 } }),
    await PeerEnd.open(),
  ];
  west.keep([]);
  const nobody = await PeerEnd.open();
  await nobody.close();
  const dead = [`127.0.0.1:${nobody.port}`, "no-such-host.invalid:1", "169.254.1.1:1", "rubbish"];
  east.keep([{ ...west.address(), grpc: [...dead, `localhost:${west.port}`] }]);
  await east.linked(west.id);
  east.keep([]);
  await east.unlinked(west.id);
  east.keep([{ ...west.address(), grpc: dead.slice(0, 1) }]);
  east.keep([west.address()]);
  await east.seen.until(() => east.links(west.id).filter((one) => one === "up").length === 2, "dialled again");
});

test("TR-17 T9 link-local addresses are not dialled", async () => {
  const east = await PeerEnd.open();
  const peer = { bolt: newSigner().id, grpc: ["169.254.169.254:1530"], tlsPin: null, caCertificate: new Uint8Array(0) };
  east.keep([peer]);
  const trouble = await east.seen.first((one) => one.is === "trouble", "trouble");
  expect(trouble).toMatchObject({ why: "169.254.169.254:1530: its address is link-local" });
});

test("TR-17 a port that is taken is refused with the system's code", async () => {
  const east = await PeerEnd.open();
  await expect(PeerEnd.open({ port: east.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
});
