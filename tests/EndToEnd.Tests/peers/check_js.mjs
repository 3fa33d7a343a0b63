// A JavaScript peer: zeromq.js and @msgpack/msgpack, with a forward pass of its own for a small recurrent network.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { decode as decodeAny, encode } from "@msgpack/msgpack";
import { Dealer, Push, Subscriber } from "zeromq";

const { values: options } = parseArgs({
  options: Object.fromEntries(
    ["ingest", "requests", "predictions", "http", "seed", "prepare", "folder"].map((name) => [name, { type: "string" }]),
  ),
});
const HIDDEN = 5;
const decode = (payload) => decodeAny(payload, { useBigInt64: true });

function expect(found, wanted, what) {
  const text = (value) => JSON.stringify(value, (_, x) => (typeof x === "bigint" ? `${x}n` : x));
  if (text(found) !== text(wanted)) throw new Error(`${what}: expected ${text(wanted)}, found ${text(found)}`);
}

function close(found, wanted, what) {
  if (!(Math.abs(found - wanted) <= 1e-5 * Math.max(1, Math.abs(wanted))))
    throw new Error(`${what}: expected ${wanted}, found ${found}`);
}

// The model: two inputs, one SimpleRNN of five, one output; weights by formula, so that no file need be read back.
const weight = (name, k) => Math.fround(0.9 * Math.sin(7.3 * k + name.length * 1.7));
const SHAPES = {
  "rnn0.weight_ih": [HIDDEN, 2], "rnn0.weight_hh": [HIDDEN, HIDDEN], "rnn0.bias_ih": [HIDDEN], "rnn0.bias_hh": [HIDDEN],
  "head.weight": [1, HIDDEN], "head.bias": [1],
};

function prepare(folder) {
  const document = {
    format: 1, name: "js", inputs: ["p", "q"], normalise: { kind: "none" },
    layers: [
      { name: "rnn0", kind: "rnn", inputs: 2, hidden: HIDDEN },
      { name: "head", kind: "dense", inputs: HIDDEN, outputs: 1, activation: "linear" },
    ],
    forecast: { horizons: [1], outputs: ["p"], quantiles: [] },
  };
  const header = { __metadata__: { realtime: JSON.stringify(document) } };
  const numbers = [];
  for (const [name, shape] of Object.entries(SHAPES)) {
    const size = shape.reduce((a, b) => a * b);
    header[name] = { dtype: "F32", shape, data_offsets: [4 * numbers.length, 4 * (numbers.length + size)] };
    for (let k = 0; k < size; k++) numbers.push(weight(name, k));
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const body = Buffer.from(Float32Array.from(numbers).buffer);
  writeFileSync(join(folder, "js.safetensors"), Buffer.concat([length, text, body]));
  console.log(JSON.stringify([{ name: "js", file: "js.safetensors", streams: ["js/*"] }]));
}

class Reference {
  h = new Array(HIDDEN).fill(0);

  step(x) {
    const next = this.h.map((_, i) => {
      let sum = weight("rnn0.bias_ih", i) + weight("rnn0.bias_hh", i);
      x.forEach((value, k) => (sum += weight("rnn0.weight_ih", i * 2 + k) * value));
      this.h.forEach((value, k) => (sum += weight("rnn0.weight_hh", i * HIDDEN + k) * value));
      return Math.tanh(sum);
    });
    this.h = next;
    return next.reduce((sum, value, k) => sum + weight("head.weight", k) * value, weight("head.bias", 0));
  }
}

// Values as JavaScript has them: 1.0 goes out as an integer, halves as doubles, Float32Array as bin.
function valuesOf(tick) {
  const pair = [(tick % 5) - 2, tick % 3 === 0 ? 0.5 * tick - 7 : Math.sin(tick)];
  return tick % 4 === 1 ? pair.map(Math.fround) : pair;
}

function encoded(tick) {
  const [p, q] = valuesOf(tick);
  return [[p, q], Float32Array.of(p, q), { p, q }, [p, q]][tick % 4];
}

// Times: ns as bigint, milliseconds as an integer, Date as the timestamp extension, seconds as a double.
const START = 1_700_000_000;
const timeOf = (tick) => [
  [1_700_000_000_000_000_000n + BigInt(tick), 1_700_000_000_000_000_000n + BigInt(tick)],
  [START * 1000 + tick, BigInt(START * 1000 + tick) * 1_000_000n],
  [new Date(START * 1000 + 250 * tick), BigInt(START * 1000 + 250 * tick) * 1_000_000n],
  [START + 0.5 + tick, BigInt(START + tick) * 1_000_000_000n + 500_000_000n],
];

const FORMS = {
  map: (stream, tick, time) => ({ stream, seq: tick + 1, time, values: encoded(tick) }),
  array: (stream, tick, time) => {
    const seq = typeof time === "bigint" ? BigInt(tick + 1) : tick + 1;
    return [1, stream, seq, time, encoded(tick)];
  },
};

// With useBigInt64 the library encodes integers beyond 32 bits as doubles, so it is on only where there are bigints.
const encodeTick = (message, time) => encode(message, { useBigInt64: typeof time === "bigint" });

function check(prediction, stream, tick, time, wanted) {
  const what = `stream ${stream} tick ${tick}`;
  expect([prediction.stream, Number(prediction.seq), BigInt(prediction.time)], [stream, tick + 1, time], what);
  expect([prediction.model, prediction.horizons, prediction.values], ["js", [1], valuesOf(tick)], what);
  close(prediction.mean[0][0], wanted, what);
}

async function subscribe() {
  const subscriber = new Subscriber({ receiveHighWaterMark: 0, receiveTimeout: 20_000 });
  subscriber.connect(options.predictions);
  subscriber.subscribe("p/js/", "h");
  await subscriber.receive(); // a heartbeat: the subscriptions count
  return subscriber;
}

async function* published(subscriber) {
  for await (const [topic, payload] of subscriber) {
    if (topic.toString() === "h") continue;
    const prediction = decode(payload);
    expect(topic.toString(), `p/${prediction.stream}`, "topic");
    yield prediction;
  }
}

async function main() {
  const subscriber = await subscribe();
  const predictions = published(subscriber);
  const next = async () => (await predictions.next()).value;
  const push = new Push({ linger: 5000 });
  const dealer = new Dealer({ linger: 0, receiveTimeout: 20_000 });
  push.connect(options.ingest);
  dealer.connect(options.requests);
  const ticks = 200;

  for (const [form, make] of Object.entries(FORMS)) {
    for (let kind = 0; kind < 4; kind++) {
      const stream = `js/${form}/${kind}/ingest`;
      const reference = new Reference();
      for (let tick = 0; tick < ticks; tick++) {
        const [time] = timeOf(tick)[kind];
        await push.send(encodeTick(make(stream, tick, time), time));
      }
      for (let tick = 0; tick < ticks; tick++)
        check(await next(), stream, tick, timeOf(tick)[kind][1], reference.step(valuesOf(tick)));
    }
  }
  console.log("ok: map and array form over ingest");

  const stream = "js/requests";
  const reference = new Reference();
  for (let tick = 0; tick < ticks; tick++) {
    const [time] = timeOf(tick)[0];
    await dealer.send(encodeTick({ ...FORMS.map(stream, tick, time), reply: true, rid: { tick } }, time));
    const [payload] = await dealer.receive();
    const reply = decode(payload);
    const found = [reply.rid, Number(reply.ack.accepted), typeof reply.ack.epoch];
    expect(found, [{ tick }, 1, "bigint"], `reply to tick ${tick}`);
    const wanted = reference.step(valuesOf(tick));
    check(reply.predictions[0], stream, tick, timeOf(tick)[0][1], wanted);
    check(await next(), stream, tick, timeOf(tick)[0][1], wanted);
  }
  console.log("ok: forecasts by request and reply");

  const form = (tick) => FORMS[tick % 2 ? "map" : "array"];
  const batch = Array.from({ length: ticks }, (_, tick) => form(tick)("js/batch", tick, timeOf(tick)[2][0]));
  await dealer.send(encode([2, batch, true]));
  const [payload] = await dealer.receive();
  const reply = decode(payload);
  expect(Number(reply.ack.accepted), ticks, "a batch");
  const again = new Reference();
  reply.predictions.forEach((prediction, tick) =>
    check(prediction, "js/batch", tick, timeOf(tick)[2][1], again.step(valuesOf(tick))));
  console.log("ok: a batch");
  [subscriber, push, dealer].forEach((socket) => socket.close());
}

if (options.prepare) prepare(options.prepare);
else {
  setTimeout(() => { console.error("FAILED: no end after 60 s"); process.exit(1); }, 60_000).unref();
  main().catch((error) => { console.error(`FAILED: ${error.message}`); process.exit(1); });
}
