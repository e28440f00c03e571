// Check a folder of what /ledger served with @sigstore/verify, by which npm checks where its packages come from.
//
// It shares no code with the record. Each proof must lead from its entry to the root in a checkpoint that the key
// signed. It prints how many entries and proofs it checked. (It knows no consistency proofs and no tiles.)
"use strict";

const { createPublicKey } = require("node:crypto");
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { verifyCheckpoint } = require("@sigstore/verify/dist/tlog/checkpoint");
const { verifyMerkleInclusion } = require("@sigstore/verify/dist/tlog/merkle");

const folder = process.argv[2];
const read = (path) => readFileSync(join(folder, path));

// The key of `<name>+<8 hex>+<base64 of 01 and 32 bytes>`, as SubjectPublicKeyInfo (RFC 8410).
const [name, hint] = read("key").toString().trim().split("+");
const raw = Buffer.from(read("key").toString().trim().slice(name.length + hint.length + 2), "base64").subarray(1);
const publicKey = createPublicKey({
  key: Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), raw]),
  format: "der",
  type: "spki",
});
const logs = [{ logID: Buffer.from(hint, "hex"), baseURL: `https://${name}`, publicKey }];

function open(envelope) {
  return verifyCheckpoint({ inclusionProof: { checkpoint: { envelope } } }, logs);
}

function entries(size) {
  const found = [];
  for (let number = 0; number * 256 < size; number++) {
    const width = Math.min(256, size - number * 256);
    const path = `tile/entries/${String(number).padStart(3, "0")}${width === 256 ? "" : `.p/${width}`}`;
    let octets = read(path);
    while (octets.length > 0) {
      const end = 2 + octets.readUInt16BE(0);
      found.push(octets.subarray(2, end));
      octets = octets.subarray(end);
    }
  }
  return found;
}

const tree = open(read("checkpoint").toString());
const older = open(read("older").toString());
const all = entries(Number(tree.logSize));
if (BigInt(all.length) !== tree.logSize || older.logSize >= tree.logSize) {
  throw new Error(`entries: expected ${tree.logSize}, found ${all.length}`);
}
all.forEach((entry, index) => {
  const text = read(`proof/${index + 1}`).toString();
  const end = text.indexOf("\n\n");
  const [format, said, ...hashes] = text.slice(0, end).split("\n");
  if (format !== "c2sp.org/tlog-proof@v1" || said !== `index ${index}`) {
    throw new Error(`proof ${index + 1}: found ${format}, ${said}`);
  }
  const inclusionProof = { logIndex: String(index), hashes: hashes.map((each) => Buffer.from(each, "base64")) };
  verifyMerkleInclusion({ inclusionProof, canonicalizedBody: entry }, open(text.slice(end + 2)));
});
console.log(`${all.length} entries, ${all.length} proofs`);
