/* cc -O2 floor.c -lsqlite3; floor DATABASE

   The least that a server of this protocol can be, on epoll and SQLite without anything between: one thread, and one
   transaction for all that came in one round. It looks for the fields that it needs, and relies on what the load sends:
   whole frames of less than 64 KiB, texts without escapes, always the key of RFC 6455, section 1.3. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CHECK(call) ((call) >= 0 ? 0 : (perror(#call), exit(1)))
enum { USERS = 1 << 16, MOST_EVENTS = 512, SLICE = 65536 };

struct bytes {
    char *start;
    size_t count, capacity;
};

struct connection {
    int descriptor, is_upgraded, is_touched;
    char user[32];
    struct bytes input, output;
    struct connection *next_touched;
};

struct message {
    struct connection *sender;
    char receiver[32], text[1024];
    long id, milliseconds;
};

static struct user {
    char id[32];
    struct connection *connection;
} users[USERS];

static int queue;
static sqlite3 *database;
static sqlite3_stmt *begin, *insert, *commit;
static struct message *waiting;
static size_t waiting_count, waiting_capacity;
static struct connection *touched;

static char *room(struct bytes *bytes, size_t count) {
    if (bytes->count + count > bytes->capacity) {
        bytes->capacity = 2 * (bytes->count + count);
        bytes->start = realloc(bytes->start, bytes->capacity);
    }
    return bytes->start + bytes->count;
}

/* The user's slot, or the one where it belongs: open addressing without deletions. */
static struct user *find(const char *id) {
    uint32_t hash = 2166136261;
    for (const char *letter = id; *letter; letter++) hash = (hash ^ (uint8_t)*letter) * 16777619;
    struct user *user = users + hash % USERS;
    while (*user->id && strcmp(user->id, id)) user = user == users ? users + USERS - 1 : user - 1;
    return user;
}

/* The string after a field's name, cut at `size`. */
static void take(char *value, size_t size, const char *text, const char *name) {
    const char *found = strstr(text, name);
    size_t length = 0;
    if (found) {
        found += strlen(name);
        length = strcspn(found, "\"");
        if (length >= size) length = size - 1;
        memcpy(value, found, length);
    }
    value[length] = 0;
}

static void put_text(struct connection *connection, const char *text, size_t length) {
    if (connection->descriptor < 0) return;
    uint8_t *frame = (uint8_t *)room(&connection->output, length + 4);
    size_t header = length < 126 ? 2 : 4;
    frame[0] = 0x81;
    frame[1] = length < 126 ? length : 126;
    if (header == 4) frame[2] = length >> 8, frame[3] = length;
    memcpy(frame + header, text, length);
    connection->output.count += header + length;
    if (connection->is_touched) return;
    connection->is_touched = 1;
    connection->next_touched = touched;
    touched = connection;
}

static void flush(struct connection *connection) {
    struct bytes *output = &connection->output;
    ssize_t sent = connection->descriptor < 0
        ? (ssize_t)output->count : send(connection->descriptor, output->start, output->count, MSG_NOSIGNAL);
    if (sent < 0) return;
    output->count -= sent;
    memmove(output->start, output->start + sent, output->count);
    connection->is_touched = output->count > 0;
    if (!output->count) free(output->start), *output = (struct bytes){0};
}

/* What a socket does not accept now is sent in the next round. */
static void flush_touched(void) {
    struct connection *connection = touched, *next;
    touched = NULL;
    for (; connection; connection = next) {
        next = connection->next_touched;
        flush(connection);
        if (connection->is_touched) {
            connection->next_touched = touched;
            touched = connection;
        }
    }
}

static void publish(const struct message *message) {
    char text[2048], time[32];
    time_t seconds = message->milliseconds / 1000;
    struct tm parts;
    strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &parts));
    struct connection *receiver = find(message->receiver)->connection;
    if (receiver)
        put_text(receiver, text, snprintf(
            text, sizeof text,
            "{\"type\":\"new_message\",\"message\":{\"id\":\"%ld\",\"sender_id\":\"%s\",\"receiver_id\":\"%s\","
            "\"message_text\":\"%s\",\"created_at\":\"%s.%03ldZ\"}}", message->id, message->sender->user,
            message->receiver, message->text, time, message->milliseconds % 1000));
    put_text(message->sender, text, snprintf(
        text, sizeof text, "{\"type\":\"message_sent\",\"messageId\":\"%ld\"}", message->id));
}

static void step(sqlite3_stmt *statement) {
    if (sqlite3_step(statement) != SQLITE_DONE) fprintf(stderr, "%s\n", sqlite3_errmsg(database)), exit(1);
    sqlite3_reset(statement);
}

static void store_and_publish(void) {
    if (!waiting_count) return;
    step(begin);
    for (size_t index = 0; index < waiting_count; index++) {
        struct message *message = waiting + index;
        sqlite3_bind_text(insert, 1, message->sender->user, -1, SQLITE_STATIC);
        sqlite3_bind_text(insert, 2, message->receiver, -1, SQLITE_STATIC);
        sqlite3_bind_text(insert, 3, message->text, -1, SQLITE_STATIC);
        sqlite3_bind_int64(insert, 4, message->milliseconds);
        step(insert);
        message->id = sqlite3_last_insert_rowid(database);
    }
    step(commit);
    for (size_t index = 0; index < waiting_count; index++) publish(waiting + index);
    waiting_count = 0;
}

static void receive_text(struct connection *connection, const char *text) {
    if (strstr(text, "\"type\":\"auth\"")) {
        static const char success[] = "{\"type\":\"auth_success\",\"message\":\"Авторизация успешна\"}";
        take(connection->user, sizeof connection->user, text, "\"userId\":\"");
        struct user *user = find(connection->user);
        strcpy(user->id, connection->user);
        user->connection = connection;
        put_text(connection, success, sizeof success - 1);
        return;
    }
    if (waiting_count == waiting_capacity) {
        waiting_capacity = waiting_capacity ? 2 * waiting_capacity : 1024;
        waiting = realloc(waiting, waiting_capacity * sizeof *waiting);
    }
    struct message *message = waiting + waiting_count++;
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    message->sender = connection;
    message->milliseconds = time.tv_sec * 1000 + time.tv_nsec / 1000000;
    take(message->receiver, sizeof message->receiver, text, "\"receiverId\":\"");
    take(message->text, sizeof message->text, text, "\"messageText\":\"");
}

/* Handles complete frames. Returns the number of bytes handled. */
static size_t receive_frame(struct connection *connection, uint8_t *frame, size_t available) {
    if (available < 6) return 0;
    size_t length = frame[1] & 127, header = length < 126 ? 6 : 8;
    if (header == 8) length = frame[2] << 8 | frame[3];
    if (available < header + length) return 0;
    uint8_t *text = frame + header, *key = text - 4;
    for (size_t index = 0; index < length; index++) text[index] ^= key[index & 3];
    if (frame[0] == 0x81) {
        uint8_t behind = text[length];
        text[length] = 0;
        receive_text(connection, (char *)text);
        text[length] = behind;
    }
    return header + length;
}

static size_t receive_request(struct connection *connection, char *request) {
    static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                 "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    char *end = strstr(request, "\r\n\r\n");
    if (!end) return 0;
    send(connection->descriptor, answer, sizeof answer - 1, MSG_NOSIGNAL);
    connection->is_upgraded = 1;
    return end + 4 - request;
}

static void receive(struct connection *connection) {
    static char slice[SLICE];
    struct bytes *input = &connection->input;
    ssize_t received = recv(connection->descriptor, slice, sizeof slice, 0);
    if (received < 0 && errno == EAGAIN) return;
    if (received <= 0) {
        close(connection->descriptor);
        connection->descriptor = -1;
        return;
    }
    memcpy(room(input, received + 1), slice, received);
    input->count += received;
    input->start[input->count] = 0;
    size_t taken = 0, next;
    do {
        char *place = input->start + taken;
        next = connection->is_upgraded ? receive_frame(connection, (uint8_t *)place, input->count - taken)
                                       : receive_request(connection, place);
    } while (next && (taken += next) < input->count);
    input->count -= taken;
    memmove(input->start, input->start + taken, input->count);
    if (!input->count) free(input->start), *input = (struct bytes){0};
}

static void watch(int descriptor, void *owner) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = owner};
    CHECK(epoll_ctl(queue, EPOLL_CTL_ADD, descriptor, &event));
}

static void accept_one(int listener) {
    struct connection *connection = calloc(1, sizeof *connection);
    CHECK(connection->descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK));
    setsockopt(connection->descriptor, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    watch(connection->descriptor, connection);
}

static void open_database(const char *path) {
    static const char schema[] =
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
        "CREATE TABLE messages (id INTEGER PRIMARY KEY, sender_id TEXT NOT NULL, receiver_id TEXT NOT NULL,"
        " message_text TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT";
    static const char insertion[] =
        "INSERT INTO messages (sender_id, receiver_id, message_text, created_at) VALUES (?, ?, ?, ?)";
    if (sqlite3_open(path, &database) || sqlite3_exec(database, schema, NULL, NULL, NULL)
        || sqlite3_prepare_v2(database, "BEGIN", -1, &begin, NULL)
        || sqlite3_prepare_v2(database, insertion, -1, &insert, NULL)
        || sqlite3_prepare_v2(database, "COMMIT", -1, &commit, NULL))
        fprintf(stderr, "%s\n", sqlite3_errmsg(database)), exit(1);
}

int main(int count, char **arguments) {
    if (count != 2) return fprintf(stderr, "usage: floor DATABASE\n"), 64;
    open_database(arguments[1]);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(bind(listener, (struct sockaddr *)&address, sizeof address));
    CHECK(listen(listener, 4096));
    CHECK(getsockname(listener, (struct sockaddr *)&address, &(socklen_t){sizeof address}));
    printf("listening on ws://127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    CHECK(queue = epoll_create1(0));
    watch(listener, NULL);
    for (;;) {
        struct epoll_event events[MOST_EVENTS];
        int ready = epoll_wait(queue, events, MOST_EVENTS, touched ? 1 : -1);
        for (int index = 0; index < ready; index++) {
            if (events[index].data.ptr) receive(events[index].data.ptr);
            else accept_one(listener);
        }
        store_and_publish();
        flush_touched();
    }
}
