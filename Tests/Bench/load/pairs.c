/* Senders that each write to a receiver of their own. Measures the delivery time of each message. */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TEXT_BYTES = 100, ACK_EVERY = 16, RING = 1024 };

/* User 2k writes to user 2k + 1. The messages in flight never exceed the window, which is smaller than the ring. */
struct pair {
    struct websocket sender, receiver;
    int number;
    long sent, confirmed, delivered;
    /* Messages delivered before the measurement. */
    long before;
    long sender_cursor, receiver_cursor;
    uint64_t sent_at[RING];
};

static struct pair *pairs;
static char padding[TEXT_BYTES + 1];
static long logged_in, sent, confirmed, delivered;
static uint64_t seed;
/* In milliseconds since 1970, when now() was 0. */
static uint64_t started_at;
static int is_measuring, is_ending;
static struct times delivery_times;

/* splitmix64. A message's data are computed again when its answer comes, and differ from run to run. */
static uint64_t mixed(uint64_t value) {
    value += 0x9E3779B97F4A7C15;
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9;
    value = (value ^ value >> 27) * 0x94D049BB133111EB;
    return value ^ value >> 31;
}

/* A UUID of version 7 with a counter within a millisecond, as chat-tui makes one for each message: 36 characters without
   a terminating zero. */
static void client_message_id(char *id, const struct pair *pair, long number) {
    uint64_t halves[2] = {mixed(seed ^ mixed((uint64_t)pair->number << 40 | number)), 0};
    halves[1] = mixed(halves[0]);
    uint64_t milliseconds = started_at + pair->sent_at[number % RING] / 1000000;
    halves[0] = milliseconds << 16 | 0x7000 | (number & 0xFFF);
    halves[1] = (halves[1] & ~0xC000000000000000ull) | 0x8000000000000000ull;
    for (int digit = 0; digit < 32; digit++) {
        if (digit == 8 || digit == 12 || digit == 16 || digit == 20) *id++ = '-';
        *id++ = "0123456789abcdef"[halves[digit >> 4] >> (60 - (digit & 15) * 4) & 15];
    }
}

static void send_message(struct pair *pair) {
    char text[512], mark[48];
    long number = pair->sent++;
    pair->sent_at[number % RING] = now();
    int marked = snprintf(mark, sizeof mark, "~%d:%ld:", pair->number, number);
    int length = snprintf(
        text, sizeof text,
        "{\"type\":\"message\",\"senderId\":\"u%d\",\"receiverId\":\"u%d\",\"messageText\":\"%s%s~\"",
        2 * pair->number, 2 * pair->number + 1, mark, padding + marked);
    if (options.protocol == 2) {
        length += sprintf(text + length, ",\"clientMessageId\":\"");
        client_message_id(text + length, pair, number);
        length += 36;
        text[length++] = '"';
    }
    text[length++] = '}';
    sent++;
    socket_send(&pair->sender, text, length);
}

static void fill_window(struct pair *pair) {
    if (is_ending) return;
    long done = pair->confirmed < pair->delivered ? pair->confirmed : pair->delivered;
    long before = pair->sent;
    while (pair->sent - done < options.window) send_message(pair);
    if (pair->sent > before) socket_flush(&pair->sender);
}

/* Each cursor of the feed comes once and in order. Every sixteenth is acknowledged. */
static void take_cursor(struct websocket *socket, const char *text, long *last) {
    const char *cursor = field(text, "cursor");
    if (!cursor || atol(cursor) != *last + 1) fail("cursor %ld was due: %s", *last + 1, text);
    if (++*last % ACK_EVERY) return;
    char ack[64];
    socket_send(socket, ack, snprintf(ack, sizeof ack, "{\"type\":\"ack\",\"cursor\":%ld}", *last));
    socket_flush(socket);
}

static void take_delivery(struct pair *pair, struct websocket *socket, const char *text) {
    char due[48];
    int length = snprintf(due, sizeof due, "\"~%d:%ld:", pair->number, pair->delivered);
    const char *found = strstr(text, due);
    /* The message is another user's, comes again, is out of order, or was changed. */
    if (socket != &pair->receiver || pair->delivered >= pair->sent || !found
        || strncmp(found + length, padding + length - 1, TEXT_BYTES - length + 1)
        || strncmp(found + TEXT_BYTES + 1, "~\"", 2))
        fail("message %ld of pair %d was due: %s", pair->delivered, pair->number, text);
    if (options.protocol == 2) take_cursor(socket, text, &pair->receiver_cursor);
    if (is_measuring) add_time(&delivery_times, now() - pair->sent_at[pair->delivered % RING]);
    pair->delivered++;
    delivered++;
}

static void take_confirmation(struct pair *pair, struct websocket *socket, const char *text) {
    if (socket != &pair->sender || pair->confirmed >= pair->sent) fail("nothing was to be confirmed: %s", text);
    if (options.protocol == 2) {
        char due[37] = {0};
        const char *id = field(text, "clientMessageId");
        client_message_id(due, pair, pair->confirmed);
        if (!id || strncmp(id + 1, due, 36)) fail("%s was to be confirmed: %s", due, text);
        take_cursor(socket, text, &pair->sender_cursor);
    }
    pair->confirmed++;
    confirmed++;
}

static void received(struct websocket *socket, const char *text) {
    struct pair *pair = socket->owner;
    if (is_event(text, "new_message")) {
        take_delivery(pair, socket, text);
        fill_window(pair);
    } else if (is_event(text, "message_sent")) {
        take_confirmation(pair, socket, text);
        fill_window(pair);
    } else if (is_event(text, "auth_success")) {
        const char *cursor = field(text, "cursor");
        *(socket == &pair->sender ? &pair->sender_cursor : &pair->receiver_cursor) = cursor ? atol(cursor) : 0;
        logged_in++;
    } else if (is_event(text, "error")) {
        fail("refused: %s", text);
    }
}

static void opened(struct websocket *socket) {
    struct pair *pair = socket->owner;
    char user[24];
    snprintf(user, sizeof user, "u%d", 2 * pair->number + (socket == &pair->receiver));
    log_in(socket, user, "");
}

/* With two servers each pair writes from one to the other, half of them in each direction. */
static int port_of(int number, int side) {
    return options.other_port && (number + side) % 2 ? options.other_port : options.port;
}

/* All receivers connect first, so that they miss nothing. */
static void connect_pairs(void) {
    for (int sides = 0; sides < 2; sides++) {
        for (int number = 0; number < options.pairs; number++) {
            struct pair *pair = pairs + number;
            struct websocket *socket = sides == 0 ? &pair->receiver : &pair->sender;
            *socket = (struct websocket){
                .port = port_of(number, sides), .owner = pair, .opened = opened, .received = received};
            pair->number = number;
            socket_connect(socket);
            long connected = sides * options.pairs + number + 1;
            run_until(&logged_in, connected - 64, "logging in");
        }
        run_until(&logged_in, (sides + 1) * options.pairs, "logging in");
    }
}

static void run_for(double seconds) {
    uint64_t end = now() + seconds * 1e9;
    while (now() < end) sockets_run(20);
}

/* The number of pairs with a delivered message: a server can be fast by serving only a few. */
static int served_pairs(void) {
    int count = 0;
    for (int number = 0; number < options.pairs; number++) count += pairs[number].delivered > pairs[number].before;
    return count;
}

void measure_delivery(void) {
    seed = mixed(now());
    started_at = time(NULL) * 1000ull - now() / 1000000;
    for (int index = 0; index < TEXT_BYTES; index++) padding[index] = 'a' + index % 26;
    if (!(pairs = calloc(options.pairs, sizeof *pairs))) fail("no memory");
    connect_pairs();
    for (int number = 0; number < options.pairs; number++) fill_window(pairs + number);
    run_for(1);
    begin_own_share();
    double before = processor_seconds();
    uint64_t start = now();
    for (int number = 0; number < options.pairs; number++) pairs[number].before = pairs[number].delivered;
    is_measuring = 1;
    run_for(options.seconds);
    is_measuring = 0;
    int served = served_pairs();
    double seconds = (now() - start) / 1e9, share = own_share(), server = processor_seconds() - before;
    is_ending = 1;
    run_until(&delivered, sent, "the last messages");
    run_until(&confirmed, sent, "the last confirmations");
    run_for(0.2); /* for messages that come twice */
    size_t measured = delivery_times.count;
    printf("{\"sent\":%ld,\"messages\":%zu,\"messagesPerSecond\":%.1f,", sent, measured, measured / seconds);
    printf("\"served\":%d,\"serverMicroseconds\":%.2f,", served, server / measured * 1e6);
    printf("\"ownShare\":%.3f,", share);
    print_times(&delivery_times);
    printf("}\n");
}
