#ifndef CHAT_NATS_H
#define CHAT_NATS_H

#include <nats/nats.h>

#endif
