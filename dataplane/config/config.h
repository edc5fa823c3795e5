/* SPDX-License-Identifier: BSD-2-Clause */
/* What the user asked for, from a file or from options, validated. */
#ifndef REFLEX_CONFIG_H
#define REFLEX_CONFIG_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "error.h"
#include "policy_build.h"

#define CONFIG_PORT_DEFAULT   3478
#define CONFIG_INTERFACES_MAX 32

enum config_dataplane {
	CONFIG_DATAPLANE_AUTO,
	CONFIG_DATAPLANE_XDP,
	CONFIG_DATAPLANE_DPDK,
	CONFIG_DATAPLANE_SOCKET,
};

/* How XDP is attached. */
enum config_mode {
	CONFIG_MODE_NATIVE,
	CONFIG_MODE_GENERIC,
	CONFIG_MODE_AUTO,
};

/* What a worker of DPDK does when nothing arrives. */
enum config_idle {
	CONFIG_IDLE_SLEEP,
	CONFIG_IDLE_POLL,
};

struct config_interface {
	char name[IF_NAMESIZE];
	uint8_t mode;	   /* enum config_mode */
	unsigned int line; /* in the file; 0: an option */
};

struct config_service {
	struct policy_service service; /* FAMILY_OTHER: the interfaces' own addresses */
	char link[IF_NAMESIZE];	       /* where a link-local one is meant; "": on each interface */
	unsigned int line;	       /* in the file; 0: an option */
	unsigned int alternate_line;   /* of the alternate, where there is one */
};

struct config_listen {
	struct sockaddr_storage address;
	socklen_t length;
	char text[64]; /* as the user wrote it */
};

struct config {
	uint8_t dataplane; /* enum config_dataplane */
	struct config_interface interfaces[CONFIG_INTERFACES_MAX];
	size_t interfaces_count;
	struct config_service services[POLICY_SERVICES_MAX];
	size_t services_count;
	struct policy_settings policy;
	bool persist;
	uint8_t idle;		/* enum config_idle */
	char punt[IF_NAMESIZE]; /* the kernel's interface behind a port of DPDK; "": none */
	struct config_listen metrics;
};

/** config_defaults - set what holds where nothing is said. */
void config_defaults(struct config *config);

/**
 * config_load - read and validate a YAML file.
 * @config: unspecified after an error
 * @automatic: what `dataplane: auto` stands for here; CONFIG_DATAPLANE_AUTO: not known yet, see
 * config_settle
 * @error: set on failure to one sentence, "FILE:LINE: KEY: what is wrong"
 *
 * Return: 0 or -errno; -EINVAL when the content is wrong.
 */
int config_load(struct config *config, const char *file, enum config_dataplane automatic,
		struct error *error);

/**
 * config_finish - check the rules that several settings are under, and set the defaults that depend
 * on others. config_load does so itself.
 * @where: what errors begin with: the file, or "options"
 * @error: set on failure to one sentence
 *
 * Return: 0 or -EINVAL.
 */
int config_finish(struct config *config, const char *where, struct error *error);

/**
 * config_settle - set the dataplane that `auto` stands for, and check what depends on it.
 * @config: a finished one of `dataplane: auto`
 * @where: as for config_finish
 * @error: set on failure to one sentence
 *
 * Return: 0 or -EINVAL.
 */
int config_settle(struct config *config, enum config_dataplane dataplane, const char *where,
		  struct error *error);

/**
 * config_refuse_address - say what is wrong with the address of a service, behind its place.
 * @position: of the service
 * @alternate: its alternate's address is meant
 * @where: as for config_finish
 * @error: set to @reason behind its place
 *
 * Return: -EINVAL.
 */
int config_refuse_address(const struct config *config, size_t position, bool alternate,
			  const char *where, struct error *error, const char *reason);

/** config_dataplane_name and its like - the word in the file for a value of the enum. */
const char *config_dataplane_name(uint8_t dataplane);
const char *config_mode_name(uint8_t mode);
const char *config_idle_name(uint8_t idle);

#endif
