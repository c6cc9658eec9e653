/* c++ -std=c++20 -O2 uws.cpp …; uws DATABASE

   The same server as chat.mjs, on uWebSockets, SQLite and cJSON. runtimes.py says what it is built of. */
#include <App.h>
#include <cjson/cJSON.h>
#include <sqlite3.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

struct User {
    std::string id;
};

using Socket = uWS::WebSocket<false, true, User>;
using JSON = std::unique_ptr<cJSON, decltype(&cJSON_Delete)>;

struct Message {
    std::string sender, receiver, text;
    long long milliseconds;
    std::string id;
};

sqlite3 *database;
sqlite3_stmt *begin_statement, *insert_statement, *commit_statement;
std::unordered_map<std::string, Socket *> users;
std::vector<Message> waiting;

void step(sqlite3_stmt *statement) {
    if (sqlite3_step(statement) != SQLITE_DONE) fprintf(stderr, "%s\n", sqlite3_errmsg(database)), exit(1);
    sqlite3_reset(statement);
}

void bind(int place, const std::string &text) {
    sqlite3_bind_text(insert_statement, place, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

void open_database(const char *path) {
    const char *schema =
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
        "CREATE TABLE messages (id INTEGER PRIMARY KEY, sender_id TEXT NOT NULL, receiver_id TEXT NOT NULL,"
        " message_text TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT";
    const char *insertion = "INSERT INTO messages (sender_id, receiver_id, message_text, created_at) VALUES (?, ?, ?, ?)";
    if (sqlite3_open(path, &database) || sqlite3_exec(database, schema, nullptr, nullptr, nullptr)
        || sqlite3_prepare_v2(database, "BEGIN", -1, &begin_statement, nullptr)
        || sqlite3_prepare_v2(database, insertion, -1, &insert_statement, nullptr)
        || sqlite3_prepare_v2(database, "COMMIT", -1, &commit_statement, nullptr))
        fprintf(stderr, "%s\n", sqlite3_errmsg(database)), exit(1);
}

JSON event(const char *type) {
    JSON event(cJSON_CreateObject(), cJSON_Delete);
    cJSON_AddStringToObject(event.get(), "type", type);
    return event;
}

/* A socket that has closed is in `users` no more. */
void send(const std::string &user, const JSON &event) {
    auto found = users.find(user);
    if (found == users.end()) return;
    char *text = cJSON_PrintUnformatted(event.get());
    found->second->send(text, uWS::OpCode::TEXT);
    free(text);
}

std::string iso8601(long long milliseconds) {
    time_t seconds = milliseconds / 1000;
    tm parts;
    char day[32], text[48];
    strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &parts));
    snprintf(text, sizeof text, "%s.%03lldZ", day, milliseconds % 1000);
    return text;
}

void publish(const Message &message) {
    JSON delivery = event("new_message");
    cJSON *content = cJSON_AddObjectToObject(delivery.get(), "message");
    cJSON_AddStringToObject(content, "id", message.id.c_str());
    cJSON_AddStringToObject(content, "sender_id", message.sender.c_str());
    cJSON_AddStringToObject(content, "receiver_id", message.receiver.c_str());
    cJSON_AddStringToObject(content, "message_text", message.text.c_str());
    cJSON_AddStringToObject(content, "created_at", iso8601(message.milliseconds).c_str());
    send(message.receiver, delivery);
    JSON answer = event("message_sent");
    cJSON_AddStringToObject(answer.get(), "messageId", message.id.c_str());
    send(message.sender, answer);
}

void store_and_publish() {
    std::vector<Message> batch;
    batch.swap(waiting);
    step(begin_statement);
    for (Message &message : batch) {
        bind(1, message.sender);
        bind(2, message.receiver);
        bind(3, message.text);
        sqlite3_bind_int64(insert_statement, 4, message.milliseconds);
        step(insert_statement);
        message.id = std::to_string(sqlite3_last_insert_rowid(database));
    }
    step(commit_statement);
    for (const Message &message : batch) publish(message);
}

long long now() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

void receive(Socket *socket, std::string_view text) {
    JSON json(cJSON_ParseWithLength(text.data(), text.size()), cJSON_Delete);
    auto member = [&](const char *name) {
        const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json.get(), name));
        return std::string(value ? value : "");
    };
    std::string type = member("type"), &user = socket->getUserData()->id;
    if (type == "auth") {
        user = member("userId");
        users[user] = socket;
        JSON success = event("auth_success");
        cJSON_AddStringToObject(success.get(), "message", "Авторизация успешна");
        send(user, success);
    } else if (type == "message" && member("senderId") == user) {
        waiting.push_back({user, member("receiverId"), member("messageText"), now(), ""});
        if (waiting.size() == 1) uWS::Loop::get()->defer(store_and_publish);
    }
}

}  // namespace

int main(int count, char **arguments) {
    if (count != 2) return fprintf(stderr, "usage: uws DATABASE\n"), 64;
    open_database(arguments[1]);
    uWS::App()
        .ws<User>("/*", {
            .idleTimeout = 0,
            .message = [](Socket *socket, std::string_view text, uWS::OpCode) { receive(socket, text); },
            .close = [](Socket *socket, int, std::string_view) {
                auto found = users.find(socket->getUserData()->id);
                if (found != users.end() && found->second == socket) users.erase(found);
            },
        })
        .listen("127.0.0.1", 0, [](us_listen_socket_t *socket) {
            if (!socket) exit(1);
            printf("listening on ws://127.0.0.1:%d\n", us_socket_local_port(0, reinterpret_cast<us_socket_t *>(socket)));
            fflush(stdout);
        })
        .run();
}
