// SPDX-License-Identifier: BSD-2-Clause
#include "engines.h"

#include <stdlib.h>

#include "log.h"

const struct engine_kind *const engine_kinds[ENGINE_KINDS] = {
	&engine_xdp,
	&engine_dpdk,
	&engine_socket,
};

/* Return: as the operation. */
static int open_one(struct daemon *daemon, const struct engine_kind *kind, struct error *error)
{
	struct engine *engine;
	int r = kind->open(&engine, daemon->options.instance, &daemon->setup, error);

	if (r != 0)
		return r;
	for (size_t i = daemon->engines_count++; i > 0; i--)
		daemon->engines[i] = daemon->engines[i - 1];
	daemon->engines[0] = engine;
	if (!kind->commit)
		return 0;
	if (!daemon->policy)
		r = services_policy(&daemon->policy, &daemon->services, &daemon->config, error);
	daemon->setup.policy = daemon->policy;
	if (r == 0 && kind->prepare)
		r = kind->prepare(engine, &daemon->setup, true, error);
	if (r == 0)
		kind->commit(engine, &daemon->setup);
	return r;
}

static int open_wanted(struct daemon *daemon, struct error *error)
{
	int r = 0;

	for (size_t i = ENGINE_KINDS; i-- > 0 && r == 0;)
		if (engine_kinds[i]->wanted(&daemon->config))
			r = open_one(daemon, engine_kinds[i], error);
	return r;
}

/* Goes on with sockets, as if `dataplane: socket` had been asked for, after what was done is
 * undone.
 * @reason: why; on failure set to a sentence */
static int fall_back(struct daemon *daemon, struct error *reason)
{
	const char *where = daemon->options.file ? daemon->options.file : "options";
	bool opened = daemon->engines_count > 0;
	const char *hint = opened ? daemon->engines[0]->hint : NULL;
	struct error error;
	int r = config_settle(&daemon->config, CONFIG_DATAPLANE_SOCKET, where, &error);

	engines_undo(daemon);
	engines_close(daemon);
	if (r < 0)
		return error_set(reason, r, "%s; auto cannot use XDP here: %s", error.text,
				 reason->text);
	log_warning("auto: answering by sockets, which is slower: %s", reason->text);
	daemon->automatic = CONFIG_DATAPLANE_SOCKET;
	if (!opened)
		return 0; /* their turn is yet to come */
	services_free(&daemon->services);
	r = daemon_list_services(daemon, reason);
	if (r == 0)
		r = open_wanted(daemon, reason);
	if (r == 0 && hint)
		log_info("%s", hint);
	return r;
}

static int settle(struct daemon *daemon, int r, struct error *error)
{
	return r == ENGINE_UNAVAILABLE ? fall_back(daemon, error) : r;
}

int engines_check(struct daemon *daemon, struct error *error)
{
	int r = 0;

	for (size_t i = 0; i < ENGINE_KINDS && r == 0; i++)
		if (engine_kinds[i]->wanted(&daemon->config) && engine_kinds[i]->check)
			r = engine_kinds[i]->check(&daemon->config, error);
	return settle(daemon, r, error);
}

int engines_open(struct daemon *daemon, struct error *error)
{
	daemon->setup.config = &daemon->config;
	daemon->setup.services = &daemon->services;
	return settle(daemon, open_wanted(daemon, error), error);
}

int engines_attach(struct daemon *daemon, struct error *error)
{
	int r = 0;

	for (size_t i = 0; i < daemon->engines_count && r == 0; i++)
		if (daemon->engines[i]->kind->attach)
			r = daemon->engines[i]->kind->attach(daemon->engines[i], error);
	return settle(daemon, r, error);
}

int engines_check_left(struct daemon *daemon, struct error *error)
{
	int r = 0;

	for (size_t i = 0; i < ENGINE_KINDS && r == 0; i++)
		if (!engine_kinds[i]->wanted(&daemon->config) && engine_kinds[i]->check_left)
			r = engine_kinds[i]->check_left(daemon->options.instance, error);
	return r;
}

int engines_start(struct daemon *daemon, struct error *error)
{
	int r = 0;

	for (size_t i = 0; i < daemon->engines_count && r == 0; i++)
		if (daemon->engines[i]->kind->start)
			r = daemon->engines[i]->kind->start(daemon->engines[i], error);
	return r;
}

int engines_end_left(struct daemon *daemon, struct error *error)
{
	int r = 0;

	for (size_t i = 0; i < ENGINE_KINDS && r == 0; i++)
		if (!engine_kinds[i]->wanted(&daemon->config) && engine_kinds[i]->end_left)
			r = engine_kinds[i]->end_left(daemon->options.instance, error);
	return r;
}

void engines_undo(struct daemon *daemon)
{
	for (size_t i = 0; i < daemon->engines_count; i++)
		if (daemon->engines[i]->kind->undo)
			daemon->engines[i]->kind->undo(daemon->engines[i]);
}

int engines_stop(struct daemon *daemon)
{
	for (size_t i = 0; i < daemon->engines_count; i++)
		if (daemon->engines[i]->kind->stop)
			return daemon->engines[i]->kind->stop(daemon->engines[i]);
	log_info("stopped"); /* the others end as they are closed */
	return 0;
}

void engines_close(struct daemon *daemon)
{
	for (size_t i = 0; i < daemon->engines_count; i++)
		daemon->engines[i]->kind->close(daemon->engines[i]);
	daemon->engines_count = 0;
	free(daemon->policy);
	daemon->setup.policy = daemon->policy = NULL;
}

bool engines_need_netlink(const struct config *config)
{
	for (size_t i = 0; i < ENGINE_KINDS; i++)
		if (engine_kinds[i]->wanted(config) && engine_kinds[i]->needs_netlink)
			return true;
	return false;
}
