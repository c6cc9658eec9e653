// The chat server of both peers, in its simplest form. It speaks protocol 1. A message is on disk before it is confirmed or
// delivered, and messages that arrive meanwhile share a transaction. It has no tokens, limits, repeats, feeds or marks.
import { DatabaseSync } from "node:sqlite";
import process from "node:process";
import { setImmediate } from "node:timers";

const database = new DatabaseSync(process.argv[2]);
database.exec(`
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    sender_id TEXT NOT NULL,
    receiver_id TEXT NOT NULL,
    message_text TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;
`);
const insert = database.prepare(
  "INSERT INTO messages (sender_id, receiver_id, message_text, created_at) VALUES (?, ?, ?, ?)",
);

const users = new Map(); // from a user's id to the function that sends to the user
let waiting = [];

function commit() {
  const batch = waiting;
  waiting = [];
  database.exec("BEGIN");
  for (const message of batch) {
    const { lastInsertRowid } = insert.run(message.sender, message.receiver, message.text, message.time);
    message.id = String(lastInsertRowid);
  }
  database.exec("COMMIT");
  for (const message of batch) publish(message);
}

function publish({ id, sender, receiver, text, time, answer }) {
  const message = {
    id, sender_id: sender, receiver_id: receiver, message_text: text, created_at: new Date(time).toISOString(),
  };
  users.get(receiver)?.(JSON.stringify({ type: "new_message", message }));
  answer(JSON.stringify({ type: "message_sent", messageId: id }));
}

/** A connection. `send` sends a text; after the connection is closed it does nothing. */
export function connection(send) {
  let user;
  return {
    received(text) {
      const event = JSON.parse(text);
      if (event.type === "auth") {
        user = event.userId;
        users.set(user, send);
        send(JSON.stringify({ type: "auth_success", message: "Авторизация успешна" }));
      } else if (event.type === "message" && event.senderId === user) {
        const { receiverId: receiver, messageText } = event;
        const message = { sender: user, receiver, text: messageText, time: Date.now(), answer: send };
        if (waiting.push(message) === 1) setImmediate(commit);
      } else {
        send(JSON.stringify({ type: "error", code: "invalid_event", message: "" }));
      }
    },
    closed() {
      if (users.get(user) === send) users.delete(user);
    },
  };
}

export function listening(port) {
  console.log(`listening on ws://127.0.0.1:${port}`);
}
