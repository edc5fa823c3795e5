/* SPDX-License-Identifier: BSD-2-Clause */
/* The socket responder in the daemon: how many workers, on which ports, and what is said of it. */
#ifndef REFLEX_SOCKETS_H
#define REFLEX_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"
#include "error.h"
#include "services.h"
#include "socket_responder.h"

/**
 * sockets_create - make the responder of a configuration, without ports.
 * @sockets: set on success; end it with socket_destroy
 * @services: what is answered at first
 * @error: set on failure to a sentence
 *
 * Return: 0 or -errno.
 */
int sockets_create(struct socket_responder **sockets, const struct config *config,
		   const struct services *services, struct error *error);

/**
 * sockets_prepare - open the ports of these services; socket_commit or socket_abandon follows.
 * @strict: fail if one cannot be had; else go on without it
 *
 * Return: 0 or -errno; then everything is as before.
 */
int sockets_prepare(struct socket_responder *sockets, const struct config *config,
		    const struct services *services, bool strict, struct error *error);

/** sockets_log_missing - say which ports could not be had, if any. */
void sockets_log_missing(const struct socket_responder *sockets, const struct config *config);

/**
 * sockets_retry - open the ports that could not be had when they were prepared, as far as they can
 * be had by now; says when none is missing any more.
 */
void sockets_retry(struct socket_responder *sockets, const struct config *config,
		   const struct services *services);

/**
 * sockets_log_passed - with `otherwise: pass`, say which ports another program holds and which
 * none does.
 */
void sockets_log_passed(const struct config *config, const struct services *services);

#endif
