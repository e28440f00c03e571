// Makes node.json: the ledger's bytes as Node's own crypto and JSON make them, without any code of this project.
// Run: node make.mjs > node.json
import { createHash, createHmac, createPrivateKey, createPublicKey, hkdfSync, sign } from "node:crypto";

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const leafHash = (entry) => sha256(Buffer.of(0), entry);

// RFC 6962 section 2.1, as it is written there.
const split = (n) => 2 ** Math.floor(Math.log2(n - 1));
function root(leaves) {
  if (leaves.length === 0) return sha256("");
  if (leaves.length === 1) return leaves[0];
  const k = split(leaves.length);
  return sha256(Buffer.of(1), root(leaves.slice(0, k)), root(leaves.slice(k)));
}

// Names here are ASCII and there are no floats, so sorting the names is all that RFC 8785 adds to JSON.stringify.
const sorted = (value) =>
  value === null || typeof value !== "object" ? value
  : Array.isArray(value) ? value.map(sorted)
  : Object.fromEntries(Object.keys(value).sort().map((name) => [name, sorted(value[name])]));
const canonical = (value) => JSON.stringify(sorted(value));

const origin = "elm-road.example/ledger";
const stream = "8a0d5d6e-41b7-4c1b-9d0e-5f1e6a7b8c9d";
const secret = Buffer.alloc(32, 0xa5);
const saltKey = Buffer.from(hkdfSync("sha256", secret, Buffer.alloc(0), "casework/v1/salt", 32));
const fields = {
  account: "Sie sagte: „Schluss“ \u2028\n\t\"\\/ \u007f 🏫",
  how_seen: null,
  people: [{ name: "Żaneta", seen: true }, { name: "O’Neill", seen: false }],
  count: -9007199254740991,
};

function entryOf(version, data, sealed) {
  const disclosures = Object.entries(sealed).map(([name, value]) => {
    const salt = createHmac("sha256", saltKey).update(`${stream}|${version}|${name}`).digest().subarray(0, 16);
    const text = Buffer.from(canonical([salt.toString("base64url"), name, value])).toString("base64url");
    return { name, salt: salt.toString("hex"), disclosure: text, digest: sha256(text).toString("base64url") };
  });
  const digests = disclosures.map((each) => each.digest).sort();
  const entry = canonical({
    specversion: "1.0",
    id: `${stream}/${version}`,
    source: origin,
    type: "incident.parent-contacted.v1",
    time: `2026-11-24T09:00:00.00000${version}Z`,
    data: { ...data, ...(digests.length ? { _sd: digests, _sd_alg: "sha-256" } : {}) },
  });
  return { version, data, sealed, disclosures, entry, leaf: leafHash(entry).toString("hex") };
}

const entries = [
  entryOf(1, { reference: "ER-2026-0001", party: "P1", clauses: ["P52", "P10"], is_hold: false }, fields),
  entryOf(2, { z: 1, a: { nested: { deep: [[], {}] } }, A: "", a1: 9007199254740991 }, {}),
  entryOf(3, { text: "\u0001\b\f\r\u001f é 日本 \ud83d\ude00" }, { reason: "" }),
];

const seed = Buffer.alloc(32, 0x5a);
const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
const raw = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32);
const typed = Buffer.concat([Buffer.of(1), raw]);
const hint = sha256(`${origin}\n`, typed).subarray(0, 4);

const leaves = Array.from({ length: 70 }, (_, index) => leafHash(`leaf ${index}`));
const checkpoints = [1, 3, 70].map((size) => {
  const top = size === 3 ? root(entries.map((each) => Buffer.from(each.leaf, "hex"))) : root(leaves.slice(0, size));
  const text = `${origin}\n${size}\n${top.toString("base64")}\n`;
  const signature = Buffer.concat([hint, sign(null, Buffer.from(text), key)]).toString("base64");
  return { size, root: top.toString("hex"), note: `${text}\n\u2014 ${origin} ${signature}\n` };
});

console.log(JSON.stringify({
  origin, stream, secret: secret.toString("hex"), salt_key: saltKey.toString("hex"), entries,
  seed: seed.toString("hex"), vkey: `${origin}+${hint.toString("hex")}+${typed.toString("base64")}`,
  roots: Array.from({ length: 71 }, (_, size) => root(leaves.slice(0, size)).toString("hex")), checkpoints,
}, null, 1));
