/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a real request that came now would be answered. */
#ifndef REFLEX_HEALTH_H
#define REFLEX_HEALTH_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"
#include "delivery.h"
#include "dpdk.h"
#include "error.h"
#include "loader.h"
#include "services.h"
#include "socket_responder.h"

struct health {
	struct loader *loader;		  /* NULL where XDP does not answer, */
	struct dpdk *dpdk;		  /* where DPDK does not, */
	struct socket_responder *sockets; /* where sockets do not */
	const struct config *config;
	const struct services *services;
	const struct deliveries *deliveries;
	const char *unfollowed; /* why the addresses of now are not answered on; "": they are */
};

/**
 * health_interface - whether requests can come in by an interface: attached, up, with a carrier.
 * @position: below loader_interface_count
 * @reason: set to a sentence when not
 */
bool health_interface(const struct loader *loader, size_t position, struct error *reason);

/**
 * health_ready - ask the program itself, by a request that no network carries, and the sockets'
 * message layer in the same way; look at every interface and at the sockets' threads. Of
 * reflex-dpdk look at what it says of itself.
 * @reason: set to a sentence when not ready
 */
bool health_ready(const struct health *health, struct error *reason);

#endif
