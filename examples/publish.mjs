// Sends ticks to realtimed and prints the forecast that comes back for each.
// Needs `npm install zeromq @msgpack/msgpack`; the argument is the daemon's endpoint for requests.
import { decode, encode } from "@msgpack/msgpack";
import { Dealer } from "zeromq";

const stream = "demo/javascript";
const socket = new Dealer();
socket.connect(process.argv[2] ?? "tcp://127.0.0.1:5571");

async function ask(request) {
  await socket.send(encode(request));
  const [payload] = await socket.receive();
  return decode(payload);
}

// Where did we stop? The daemon knows the last seq of every stream; nil for one it has not seen.
const last = (await ask({ op: "hello", streams: [stream] })).streams[stream] ?? 0;

for (let seq = last + 1; seq <= last + 20; seq++) {
  const value = 20 + Math.sin(seq / 3);
  const { predictions: [forecast] } = await ask({ stream, seq, values: value, reply: true });
  console.log(`${stream} ${seq}: ${value.toFixed(3)}, next ${forecast.mean[0][0].toFixed(3)}`);
}
