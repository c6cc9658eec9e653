/* A load for a chat server on this machine. It speaks the protocol, checks that nothing is lost, doubled, reordered,
   changed or sent to another, and prints one line of JSON. Exit code: 1 where something was, or a connection was lost.

       load delivery --port N [--other-port N] [--process PID] [--pairs 32] [--window 16] [--seconds 5] [--protocol 1]
       load idle     --port N  --process PID  [--connections 5000] [--seconds 5] [--protocol 1]
       load resume   --port N  --user ID --messages N [--times 5] */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

struct options options = {
    .protocol = 1, .pairs = 32, .window = 16, .seconds = 5, .connections = 5000, .messages = 10000, .times = 5,
    .user = "u0"};

static const struct {
    const char *name;
    int *value, least, most;
} numbers[] = {
    {"--port", &options.port, 1, 65535},
    {"--other-port", &options.other_port, 1, 65535},
    {"--process", &options.process, 1, 1 << 30},
    {"--protocol", &options.protocol, 1, 2},
    {"--pairs", &options.pairs, 1, 10000},
    {"--window", &options.window, 1, 1000},
    {"--seconds", &options.seconds, 1, 600},
    {"--connections", &options.connections, 1, 25000},
    {"--messages", &options.messages, 1, 1 << 30},
    {"--times", &options.times, 1, 1000},
};

static void read_option(const char *name, const char *value) {
    if (!strcmp(name, "--user")) {
        options.user = value;
        return;
    }
    for (size_t index = 0; index < sizeof numbers / sizeof *numbers; index++) {
        if (strcmp(name, numbers[index].name)) continue;
        char *end;
        long number = strtol(value, &end, 10);
        if (*end || number < numbers[index].least || number > numbers[index].most)
            fail("%s is a number from %d to %d", name, numbers[index].least, numbers[index].most);
        *numbers[index].value = number;
        return;
    }
    fail("unknown option %s", name);
}

static void raise_open_file_limit(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int count, char **arguments) {
    if (count < 2 || count % 2) fail("usage: load delivery|idle|resume --port N …");
    for (int index = 2; index < count; index += 2) read_option(arguments[index], arguments[index + 1]);
    if (!options.port) fail("--port is missing");
    raise_open_file_limit();
    sockets_begin(options.port);
    const char *what = arguments[1];
    if (!strcmp(what, "delivery")) measure_delivery();
    else if (!strcmp(what, "idle")) measure_idle();
    else if (!strcmp(what, "resume")) measure_resume();
    else fail("unknown measurement %s", what);
    return 0;
}
