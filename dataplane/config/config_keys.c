// SPDX-License-Identifier: BSD-2-Clause
/* The keys of the file. */
#include "config.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "config_rules.h"
#include "config_values.h"
#include "config_yaml.h"

/* An item of `services`. */
struct service_item {
	struct config_service service;
	struct policy_service alternate; /* port 0: it has none */
};

static int parse_interfaces(struct config_yaml *yaml, yaml_node_t *node, void *target);
static int parse_services(struct config_yaml *yaml, yaml_node_t *node, void *target);
static int parse_alternate(struct config_yaml *yaml, yaml_node_t *node, void *target);

/* A flag's false word comes first. */
static const char *const words_bool[] = {"false", "true", NULL};
static const char *const words_fingerprint[] = {"never", "mirror", NULL};
static const char *const words_wrong_fingerprint[] = {"discard", "ignore", NULL};
static const char *const words_otherwise[] = {"drop", "pass", NULL};

/*
 * A mapping that only groups keys, such as `reply`, has the offset 0, so that theirs count from the
 * whole configuration.
 */
/* clang-format off */
#define IN_CONFIG(member) .offset = offsetof(struct config, member)
#define IN_INTERFACE(member) .offset = offsetof(struct config_interface, member)
#define IN_ITEM(member) .offset = offsetof(struct service_item, member)
#define IN_ALTERNATE(member) .offset = offsetof(struct policy_service, member)
#define END {.name = NULL}

static const struct config_key keys_interface[] = {
	{"name", IN_INTERFACE(name), .value = config_read_interface},
	{"mode", IN_INTERFACE(mode), .value = config_read_mode},
	END
};

static const struct config_key keys_alternate[] = {
	{"address", .value = config_read_address},
	{"port", IN_ALTERNATE(port), .value = config_read_port},
	END
};

static const struct config_key keys_service[] = {
	{"address", IN_ITEM(service), .value = config_read_link_address},
	{"port", IN_ITEM(service.service.port), .value = config_read_port},
	{"alternate", .parse = parse_alternate},
	{"response_port", IN_ITEM(service.service.response_port), .words = words_bool},
	{"padding", IN_ITEM(service.service.padding), .words = words_bool},
	END
};

static const struct config_key keys_reply[] = {
	{"software", IN_CONFIG(policy.software), .value = config_read_software},
	{"fingerprint", IN_CONFIG(policy.mirror_fingerprint), .words = words_fingerprint},
	{"wrong_fingerprint", IN_CONFIG(policy.ignore_wrong_fingerprint),
	 .words = words_wrong_fingerprint},
	END
};

static const struct config_key keys_metrics[] = {
	{"listen", IN_CONFIG(metrics), .value = config_read_listen},
	END
};

static const struct config_key keys_config[] = {
	{"dataplane", IN_CONFIG(dataplane), .value = config_read_dataplane},
	{"interfaces", .parse = parse_interfaces},
	{"services", .parse = parse_services},
	{"reply", .keys = keys_reply},
	{"legacy", IN_CONFIG(policy.legacy), .words = words_bool},
	{"low_source_ports", IN_CONFIG(policy.low_source_ports), .words = words_bool},
	{"otherwise", IN_CONFIG(policy.pass_refused), .words = words_otherwise},
	{"persist", IN_CONFIG(persist), .words = words_bool},
	{"idle", IN_CONFIG(idle), .value = config_read_idle},
	{"punt", IN_CONFIG(punt), .value = config_read_punt},
	{"metrics", .keys = keys_metrics},
	END
};
/* clang-format on */

_Static_assert(sizeof(bool) == 1, "a word is stored in one byte");
_Static_assert(sizeof(keys_config) / sizeof(keys_config[0]) <= CONFIG_YAML_KEYS_MAX,
	       "no other mapping has more keys");

static int parse_interface(struct config_yaml *yaml, yaml_node_t *node, size_t position,
			   void *target)
{
	struct config_interface *all = target, *interface = &all[position];
	int r = config_yaml_mapping(yaml, keys_interface, node, interface);

	if (r < 0)
		return r;
	interface->line = config_yaml_line(node);
	if (!interface->name[0])
		return config_yaml_refuse(yaml, node, "name is missing");
	for (size_t i = 0; i < position; i++)
		if (strcmp(interface->name, all[i].name) == 0)
			return config_yaml_refuse(yaml, node, "%s is line %u's interface again",
						  all[i].name, all[i].line);
	return 0;
}

static int parse_interfaces(struct config_yaml *yaml, yaml_node_t *node, void *target)
{
	struct config *config = target;

	return config_yaml_list(yaml, node, CONFIG_INTERFACES_MAX, &config->interfaces_count,
				parse_interface, config->interfaces);
}

static int parse_alternate(struct config_yaml *yaml, yaml_node_t *node, void *target)
{
	struct service_item *item = target;
	int r = config_yaml_mapping(yaml, keys_alternate, node, &item->alternate);

	if (r < 0)
		return r;
	if (item->alternate.family == FAMILY_OTHER)
		return config_yaml_refuse(yaml, node, "address is missing");
	if (!item->alternate.port)
		return config_yaml_refuse(yaml, node, "port is missing");
	item->service.alternate_line = config_yaml_line(node);
	return 0;
}

static int parse_service(struct config_yaml *yaml, yaml_node_t *node, size_t position, void *target)
{
	struct service_item item = {.service.service.port = CONFIG_PORT_DEFAULT,
				    .service.line = config_yaml_line(node)};
	struct policy_service *service = &item.service.service;
	struct config_service *all = target;
	struct error reason;
	const char *key;
	int r = config_yaml_mapping(yaml, keys_service, node, &item);

	if (r < 0)
		return r;
	if (config_rules_service(service, &item.alternate, &key, &reason) < 0)
		return config_yaml_refuse_key(yaml, node, key, reason.text);
	service->alternate_port = item.alternate.port;
	memcpy(service->alternate, item.alternate.address, sizeof(service->alternate));
	for (size_t i = 0; i < position; i++)
		if (config_rules_distinct(&item.service, &all[i], &reason) < 0)
			return config_yaml_refuse(yaml, node, "%s", reason.text);
	all[position] = item.service;
	return 0;
}

static int parse_services(struct config_yaml *yaml, yaml_node_t *node, void *target)
{
	struct config *config = target;

	return config_yaml_list(yaml, node, POLICY_SERVICES_MAX, &config->services_count,
				parse_service, config->services);
}

/* --- the whole --- */

struct file {
	struct config *config;
	enum config_dataplane automatic;
};

static int parse_root(struct config_yaml *yaml, yaml_node_t *root, void *context)
{
	const struct file *file = context;
	struct config *config = file->config;
	struct error reason;
	const char *key;
	int r;

	if (!root)
		return error_set(yaml->error, -EINVAL,
				 file->automatic == CONFIG_DATAPLANE_DPDK
					 ? "%s: empty: name the addresses to answer on, in services"
					 : "%s: empty: name interfaces, or set dataplane: socket",
				 yaml->file);
	r = config_yaml_mapping(yaml, keys_config, root, config);
	if (r < 0)
		return r;
	if (config->dataplane == CONFIG_DATAPLANE_AUTO)
		config->dataplane = file->automatic;
	if (config_rules_dataplane(config, &key, &reason) < 0)
		return config_yaml_refuse_key(yaml, root, key, reason.text);
	return 0;
}

int config_load(struct config *config, const char *file, enum config_dataplane automatic,
		struct error *error)
{
	struct file context = {config, automatic};
	int r;

	config_defaults(config);
	r = config_yaml_load(file, parse_root, &context, error);
	return r < 0 ? r : config_finish(config, file, error);
}
