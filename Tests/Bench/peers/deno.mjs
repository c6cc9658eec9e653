// deno run -A deno.mjs DATABASE
import { connection, listening } from "./chat.mjs";

Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: ({ port }) => listening(port) }, (request) => {
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return new Response(null, { status: 426 });
  const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
  const { received, closed } = connection((text) => socket.readyState === 1 && socket.send(text));
  socket.onmessage = (event) => received(event.data);
  socket.onclose = closed;
  socket.onerror = () => {};
  return response;
});
