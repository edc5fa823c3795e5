/* SPDX-License-Identifier: BSD-2-Clause */
/* From a frame to what a socket would take in of it. */
#ifndef DATAGRAM_H
#define DATAGRAM_H

#include <string.h>

#include "frames.h"
#include "oracle.h"

/* The message stays where it is, in the frame. False where the frame carries no datagram. */
static inline bool datagram_take(struct oracle_datagram *datagram, const uint8_t *frame,
				 size_t length)
{
	struct frame_layout layout;
	const uint8_t *addresses, *ports;
	size_t size;

	if (!frame_locate(frame, length, &layout) || layout.end < layout.payload)
		return false;
	size = layout.family == 4 ? 4 : 16;
	addresses = frame + layout.ip + (layout.family == 4 ? 12 : 8);
	ports = frame + layout.udp;
	memset(datagram, 0, sizeof(*datagram));
	datagram->family = layout.family;
	memcpy(datagram->source, addresses, size);
	memcpy(datagram->destination, addresses + size, size);
	datagram->source_port = (uint16_t)(ports[0] << 8 | ports[1]);
	datagram->destination_port = (uint16_t)(ports[2] << 8 | ports[3]);
	datagram->mtu = 1500;
	datagram->message = frame + layout.payload;
	datagram->length = layout.end - layout.payload;
	return true;
}

#endif
