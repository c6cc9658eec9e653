/* A client's WebSockets on loopback (RFC 6455). One thread handles any number of them without blocking. */
#ifndef SOCKET_H
#define SOCKET_H

#include <stddef.h>
#include <stdint.h>

/* The bytes from `start` to `end` are unread. */
struct buffer {
    char *bytes;
    size_t start, end, capacity;
};

enum socket_state { CONNECTING, UPGRADING, OPEN, CLOSED };

struct websocket {
    int descriptor;
    /* Of the server; 0 for the one that `sockets_begin` was told. */
    int port;
    enum socket_state state;
    int waits_to_write;
    struct buffer input, output;
    void *owner;
    /* Called when the upgrade is done, and for each text. A text ends with a zero and is valid until the call returns. */
    void (*opened)(struct websocket *socket);
    void (*received)(struct websocket *socket, const char *text);
};

void sockets_begin(int port);
/* Begins to connect a socket. Its owner and calls must be set, its port may be, and the rest is zero. */
void socket_connect(struct websocket *socket);
void socket_end(struct websocket *socket);
/* Puts a text into a frame. The next `socket_flush` sends it. */
void socket_send(struct websocket *socket, const char *text, size_t length);
void socket_flush(struct websocket *socket);
/* Handles events; waits for one for up to `milliseconds`. */
void sockets_run(int milliseconds);

/* Nanoseconds of a clock that only goes forward. */
uint64_t now(void);
/* Ends the program after a failure of the measurement. */
_Noreturn void fail(const char *format, ...);

#endif
