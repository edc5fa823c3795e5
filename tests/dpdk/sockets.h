/* SPDX-License-Identifier: BSD-2-Clause */
/* Wires that the kernel offers. */
#ifndef SOCKETS_H
#define SOCKETS_H

#include "wire.h"

/*
 * @transport: `unix:LOCAL:REMOTE`, datagram sockets as of qemu's -netdev dgram, one datagram for
 * one frame; or `packet:INTERFACE`
 * Says on stderr what fails. Return: NULL then.
 */
struct wire *sockets_open(const char *transport);
void sockets_close(struct wire *wire);

#endif
