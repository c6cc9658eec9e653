#define _GNU_SOURCE
#include "socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TEXT = 1, CLOSE = 8, PING = 9, PONG = 10 };

/* The key of RFC 6455, section 1.3, and its answer. */
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

static int queue;
static int server_port;

uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000ull + time.tv_nsec;
}

void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

/* Makes room for `length` bytes more. */
static char *room(struct buffer *buffer, size_t length) {
    if (buffer->start == buffer->end) buffer->start = buffer->end = 0;
    if (buffer->end + length > buffer->capacity && buffer->start > 0) {
        memmove(buffer->bytes, buffer->bytes + buffer->start, buffer->end - buffer->start);
        buffer->end -= buffer->start;
        buffer->start = 0;
    }
    if (buffer->end + length > buffer->capacity) {
        size_t capacity = buffer->capacity ? buffer->capacity : 1024;
        while (capacity < buffer->end + length) capacity *= 2;
        if (!(buffer->bytes = realloc(buffer->bytes, capacity))) fail("no memory");
        buffer->capacity = capacity;
    }
    return buffer->bytes + buffer->end;
}

static void watch(struct websocket *socket, int operation, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = socket};
    if (epoll_ctl(queue, operation, socket->descriptor, &event)) fail("epoll_ctl: %s", strerror(errno));
}

void sockets_begin(int port) {
    server_port = port;
    if ((queue = epoll_create1(EPOLL_CLOEXEC)) < 0) fail("epoll_create1: %s", strerror(errno));
}

void socket_connect(struct websocket *new) {
    if (!new->port) new->port = server_port;
    if ((new->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) < 0)
        fail("socket: %s", strerror(errno));
    setsockopt(new->descriptor, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    /* Always this machine, since this is a load generator. */
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(new->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (connect(new->descriptor, (struct sockaddr *)&address, sizeof address) && errno != EINPROGRESS)
        fail("connect: %s", strerror(errno));
    watch(new, EPOLL_CTL_ADD, EPOLLOUT);
}

void socket_end(struct websocket *socket) {
    close(socket->descriptor);
    socket->state = CLOSED;
    free(socket->input.bytes);
    free(socket->output.bytes);
    socket->input = socket->output = (struct buffer){0};
}

static void connected(struct websocket *socket) {
    int error = 0;
    getsockopt(socket->descriptor, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){sizeof error});
    if (error) fail("connect: %s", strerror(error));
    socket->output.end += sprintf(
        room(&socket->output, 512),
        "GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: " KEY "\r\nSec-WebSocket-Version: 13\r\n\r\n", socket->port);
    socket->state = UPGRADING;
    watch(socket, EPOLL_CTL_MOD, EPOLLIN);
    socket_flush(socket);
}

static void put_frame(struct websocket *socket, int opcode, const char *payload, size_t length) {
    static uint32_t mask = 0x9E3779B9;
    mask = mask * 1664525 + 1013904223;
    uint8_t *frame = (uint8_t *)room(&socket->output, length + 14), *at = frame;
    *at++ = 0x80 | opcode;
    if (length < 126) {
        *at++ = 0x80 | length;
    } else {
        if (length > UINT16_MAX) fail("a frame of %zu bytes", length);
        *at++ = 0x80 | 126;
        *at++ = length >> 8;
        *at++ = length;
    }
    uint8_t key[4];
    memcpy(key, &mask, 4);
    memcpy(at, key, 4);
    at += 4;
    for (size_t index = 0; index < length; index++) at[index] = payload[index] ^ key[index & 3];
    socket->output.end += at + length - frame;
}

void socket_send(struct websocket *socket, const char *text, size_t length) { put_frame(socket, TEXT, text, length); }

void socket_flush(struct websocket *socket) {
    struct buffer *output = &socket->output;
    int must_wait = 0;
    while (output->start < output->end && !must_wait) {
        ssize_t sent = send(
            socket->descriptor, output->bytes + output->start, output->end - output->start, MSG_NOSIGNAL);
        if (sent >= 0) output->start += sent;
        else if (errno == EAGAIN) must_wait = 1;
        else fail("send: %s", strerror(errno));
    }
    if (must_wait != socket->waits_to_write) watch(socket, EPOLL_CTL_MOD, must_wait ? EPOLLIN | EPOLLOUT : EPOLLIN);
    socket->waits_to_write = must_wait;
}

static void take_answer(struct websocket *socket) {
    struct buffer *input = &socket->input;
    input->bytes[input->end] = 0;
    char *answer = input->bytes + input->start;
    char *end = strstr(answer, "\r\n\r\n");
    if (!end) return;
    if (strncmp(answer, "HTTP/1.1 101", 12) || !strstr(answer, ACCEPT)) fail("refused: %.80s", answer);
    input->start = end + 4 - input->bytes;
    socket->state = OPEN;
    socket->opened(socket);
}

/* Takes the first frame if it is complete. */
static int take_frame(struct websocket *socket) {
    struct buffer *input = &socket->input;
    size_t available = input->end - input->start, header = 2, length;
    uint8_t *frame = (uint8_t *)input->bytes + input->start;
    if (available < header) return 0;
    length = frame[1];
    if (!(frame[0] & 0x80) || frame[0] & 0x70 || length & 0x80)
        fail("a frame that begins with %02x%02x", frame[0], frame[1]);
    size_t more = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (available < (header += more)) return 0;
    if (more) length = 0;
    for (size_t index = 0; index < more; index++) length = length << 8 | frame[2 + index];
    if (available < header + length) return 0;
    char *payload = (char *)frame + header;
    input->start += header + length;
    int opcode = frame[0] & 15;
    if (opcode == TEXT) {
        char behind = payload[length];
        payload[length] = 0;
        socket->received(socket, payload);
        payload[length] = behind;
    } else if (opcode == PING) {
        put_frame(socket, PONG, payload, length);
        socket_flush(socket);
    } else if (opcode == CLOSE) {
        fail("closed with %d: %.*s", length < 2 ? 1005 : (uint8_t)payload[0] << 8 | (uint8_t)payload[1],
             length < 2 ? 0 : (int)length - 2, payload + 2);
    } else {
        fail("a frame with opcode %d", opcode);
    }
    return 1;
}

static void receive(struct websocket *socket) {
    struct buffer *input = &socket->input;
    room(input, 32768);
    /* One byte less than there is room for, because a text is terminated with a zero. */
    ssize_t received = recv(socket->descriptor, input->bytes + input->end, input->capacity - input->end - 1, 0);
    if (received < 0 && errno == EAGAIN) return;
    if (received <= 0) fail("a connection was lost: %s", received ? strerror(errno) : "end of stream");
    input->end += received;
    if (socket->state == UPGRADING) take_answer(socket);
    while (socket->state == OPEN && take_frame(socket)) {}
}

void sockets_run(int milliseconds) {
    struct epoll_event events[512];
    int count = epoll_wait(queue, events, 512, milliseconds);
    for (int index = 0; index < count; index++) {
        struct websocket *socket = events[index].data.ptr;
        if (socket->state == CONNECTING) {
            connected(socket);
            continue;
        }
        if (events[index].events & EPOLLOUT) socket_flush(socket);
        if (socket->state != CLOSED && events[index].events & ~EPOLLOUT) receive(socket);
    }
}
