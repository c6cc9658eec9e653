// node node.mjs DATABASE, with the package `ws` in the folder $WS
import { createRequire } from "node:module";
import { connection, listening } from "./chat.mjs";

const { WebSocketServer } = createRequire(import.meta.url)(process.env.WS);
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
server.on("listening", () => listening(server.address().port));
server.on("connection", (socket) => {
  const { received, closed } = connection((text) => socket.readyState === 1 && socket.send(text));
  socket.on("message", (data) => received(data.toString()));
  socket.on("close", closed);
  socket.on("error", () => {});
});
