/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers to ARP, Neighbour Discovery and ping for the service addresses, where no kernel has them.
 * From bytes to bytes; nothing is remembered.
 */
#ifndef REFLEX_NEIGHBOUR_H
#define REFLEX_NEIGHBOUR_H

#include <stddef.h>
#include <stdint.h>

#include "policy.h"

enum neighbour {
	NEIGHBOUR_NONE,
	NEIGHBOUR_ARP,		 /* RFC 826 */
	NEIGHBOUR_ADVERTISEMENT, /* RFC 4861 section 7.2.4 */
	NEIGHBOUR_ECHO,		 /* RFC 1122 section 3.2.2.6, RFC 4443 section 4.2 */
};

/**
 * neighbour_answer - turn a frame into the reply that a host must give for a service address.
 * @frame: from its Ethernet header on, without FCS; what is answered is overwritten
 * @length: its bytes; nothing behind them is read
 * @room: bytes from @frame on that may be written, at least @length
 * @policy: the addresses of its services, whatever their ports, are those answered for
 * @mac: the port's own address, 6 bytes
 * @reply_length: bytes of the reply; set where there is one
 *
 * The reply goes to the MAC address that asked, with the tags of the request.
 * Return: which protocol was answered. NEIGHBOUR_NONE: none, the frame is as it was.
 */
enum neighbour neighbour_answer(uint8_t *frame, size_t length, size_t room,
				const struct policy *policy, const uint8_t *mac,
				size_t *reply_length);

#endif
