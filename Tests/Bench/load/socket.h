/* A client's WebSockets on loopback (RFC 6455), as many as wanted on one thread, without waiting in any of them. */
#ifndef SOCKET_H
#define SOCKET_H

#include <stddef.h>
#include <stdint.h>

/* Bytes from `start` up to `end` wait to be taken. */
struct buffer {
    char *bytes;
    size_t start, end, capacity;
};

enum socket_state { CONNECTING, UPGRADING, OPEN, CLOSED };

struct websocket {
    int descriptor;
    enum socket_state state;
    int waits_to_write;
    struct buffer input, output;
    void *owner;
    /* When the upgrade is done; and for each text, which has a zero behind it and is there until the call returns. */
    void (*opened)(struct websocket *socket);
    void (*received)(struct websocket *socket, const char *text);
};

void sockets_begin(int port);
/* Begins to connect a socket whose owner and calls are set, and the rest zero. */
void socket_connect(struct websocket *socket);
void socket_end(struct websocket *socket);
/* Puts a text into a frame, which goes with the next `socket_flush`. */
void socket_send(struct websocket *socket, const char *text, size_t length);
void socket_flush(struct websocket *socket);
/* Handles what has happened; waits for something up to `milliseconds`. */
void sockets_run(int milliseconds);

/* Nanoseconds of a clock that only goes forward. */
uint64_t now(void);
/* Ends the program: what is measured went wrong. */
_Noreturn void fail(const char *format, ...);

#endif
