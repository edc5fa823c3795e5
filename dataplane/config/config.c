// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <yaml.h>

#include "endpoint.h"
#include "interface.h"
#include "link.h"
#include "log.h"
#include "netlink.h"

/* 1,024 services with comments fit many times; a device or a log file given by mistake does not. */
#define FILE_SIZE_MAX (1 << 20)
/* The time of libyaml grows with the square of some things, such as the depth and the anchors. */
#define DEPTH_MAX	16
#define CPU_SECONDS_MAX 2

/* What libyaml reads. */
struct input {
	const char *text;
	size_t length, offset;
	double deadline; /* of this thread's CPU time, so that a busy machine does not matter */
	bool late;
};

struct parser {
	const char *file;
	struct input input;
	yaml_document_t document;
	char path[96]; /* of the node at hand: "services[0].port" */
	struct config *config;
	struct policy_service alternate; /* of the service at hand; port 0: it has none */
	struct error *error;
};

struct key {
	const char *name;
	int (*parse)(struct parser *parser, const struct key *key, yaml_node_t *node, void *target);
	size_t offset; /* of the value in what the mapping describes */
	int (*value)(void *target, const char *text, struct error *error); /* reads its text */
	const char *const *words; /* the value is the index of one of these */
	const struct key *keys;	  /* the value is a mapping of these */
};

static int read_punt(void *target, const char *text, struct error *error);
static int parse_value(struct parser *parser, const struct key *key, yaml_node_t *node,
		       void *target);
static int parse_word(struct parser *parser, const struct key *key, yaml_node_t *node,
		      void *target);
static int parse_mapping(struct parser *parser, const struct key *key, yaml_node_t *node,
			 void *target);
static int parse_interfaces(struct parser *parser, const struct key *key, yaml_node_t *node,
			    void *target);
static int parse_services(struct parser *parser, const struct key *key, yaml_node_t *node,
			  void *target);
static int parse_alternate(struct parser *parser, const struct key *key, yaml_node_t *node,
			   void *target);

/*
 * The file. A flag's false word comes first. Offsets in `reply` and `metrics` count from the whole
 * configuration, since those mappings only group keys.
 */
static const char *const words_bool[] = {"false", "true", NULL};
static const char *const words_dataplane[] = {"auto", "xdp", "dpdk", "socket", NULL};
static const char *const words_mode[] = {"native", "generic", "auto", NULL};
static const char *const words_fingerprint[] = {"never", "mirror", NULL};
static const char *const words_wrong_fingerprint[] = {"discard", "ignore", NULL};
static const char *const words_idle[] = {"sleep", "poll", NULL};
static const char *const words_otherwise[] = {"drop", "pass", NULL};

/* clang-format off */
#define KEY(key, how, ...) {.name = key, .parse = parse_##how, __VA_ARGS__}
#define IN_CONFIG(member) .offset = offsetof(struct config, member)
#define IN_INTERFACE(member) .offset = offsetof(struct config_interface, member)
#define IN_SERVICE(member) .offset = offsetof(struct config_service, member)
#define IN_ALTERNATE(member) .offset = offsetof(struct policy_service, member)
#define WHOLE .offset = 0
#define END {.name = NULL}

static const struct key keys_interface[] = {
	KEY("name",              value,       IN_INTERFACE(name), .value = config_read_interface),
	KEY("mode",              word,        IN_INTERFACE(mode), .words = words_mode),
	END
};

static const struct key keys_alternate[] = {
	KEY("address",           value,       WHOLE, .value = config_read_address),
	KEY("port",              value,       IN_ALTERNATE(port), .value = config_read_port),
	END
};

static const struct key keys_service[] = {
	KEY("address",           value,       WHOLE, .value = config_read_link_address),
	KEY("port",              value,       IN_SERVICE(service.port), .value = config_read_port),
	KEY("alternate",         alternate,   WHOLE),
	KEY("response_port",     word,        IN_SERVICE(service.response_port),
	    .words = words_bool),
	KEY("padding",           word,        IN_SERVICE(service.padding), .words = words_bool),
	END
};

static const struct key keys_reply[] = {
	KEY("software",          value,       IN_CONFIG(policy.software), .value = config_read_software),
	KEY("fingerprint",       word,        IN_CONFIG(policy.mirror_fingerprint),
	    .words = words_fingerprint),
	KEY("wrong_fingerprint", word,        IN_CONFIG(policy.ignore_wrong_fingerprint),
	    .words = words_wrong_fingerprint),
	END
};

static const struct key keys_metrics[] = {
	KEY("listen",            value,       IN_CONFIG(metrics), .value = config_read_listen),
	END
};

static const struct key keys_config[] = {
	KEY("dataplane",         value,       IN_CONFIG(dataplane), .value = config_read_dataplane),
	KEY("interfaces",        interfaces,  WHOLE),
	KEY("services",          services,    WHOLE),
	KEY("reply",             mapping,     WHOLE, .keys = keys_reply),
	KEY("legacy",            word,        IN_CONFIG(policy.legacy), .words = words_bool),
	KEY("low_source_ports",  word,        IN_CONFIG(policy.low_source_ports), .words = words_bool),
	KEY("otherwise",         word,        IN_CONFIG(policy.pass_refused), .words = words_otherwise),
	KEY("persist",           word,        IN_CONFIG(persist), .words = words_bool),
	KEY("idle",              word,        IN_CONFIG(idle), .words = words_idle),
	KEY("punt",              value,       IN_CONFIG(punt), .value = read_punt),
	KEY("metrics",           mapping,     WHOLE, .keys = keys_metrics),
	END
};
/* clang-format on */

_Static_assert(CONFIG_DATAPLANE_AUTO == 0 && CONFIG_DATAPLANE_XDP == 1 &&
		       CONFIG_DATAPLANE_DPDK == 2 && CONFIG_DATAPLANE_SOCKET == 3,
	       "words_dataplane has another order");
_Static_assert(CONFIG_MODE_NATIVE == 0 && CONFIG_MODE_GENERIC == 1 && CONFIG_MODE_AUTO == 2,
	       "words_mode has another order");
_Static_assert(CONFIG_IDLE_SLEEP == 0 && CONFIG_IDLE_POLL == 1, "words_idle has another order");
_Static_assert(sizeof(bool) == 1, "parse_word writes one byte");
#define KEYS_MAX (sizeof(keys_config) / sizeof(keys_config[0])) /* no other mapping has more */

/* --- values --- */

static const char *join(char *text, size_t size, const char *const *words, const char *last)
{
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; words[i] && length < size; i++)
		length += snprintf(text + length, size - length, "%s%s",
				   i == 0	  ? ""
				   : words[i + 1] ? ", "
						  : last,
				   words[i]);
	return text;
}

/* Sets a byte to the index of the word. */
static int read_word(uint8_t *target, const char *const *words, const char *text,
		     struct error *error)
{
	char all[128];
	uint8_t i;

	for (i = 0; words[i]; i++)
		if (strcmp(text, words[i]) == 0)
			break;
	if (!words[i])
		return error_set(error, -EINVAL, "'%s' is not %s", text,
				 join(all, sizeof(all), words, " or "));
	*target = i;
	return 0;
}

int config_read_dataplane(void *target, const char *text, struct error *error)
{
	return read_word(target, words_dataplane, text, error);
}

int config_read_interface(void *target, const char *text, struct error *error)
{
	size_t length = strlen(text);
	struct error reason;

	/* Only an alternative name can be longer than a name. */
	if (length >= IF_NAMESIZE && interface_is_alias(text, &reason))
		return error_set(error, -EINVAL, "'%s' %s", text, reason.text);
	/* The kernel's own rules (dev_valid_name), so that what cannot exist is refused here. */
	if (length == 0 || length >= IF_NAMESIZE || strpbrk(text, "/: \t\n\v\f\r") ||
	    strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return error_set(error, -EINVAL,
				 "'%s' is not an interface name (1 to %d characters)", text,
				 IF_NAMESIZE - 1);
	memcpy(target, text, length + 1);
	return 0;
}

/* What the kernel needs no further name for, and DPDK's list of arguments has no use for either. */
static int read_punt(void *target, const char *text, struct error *error)
{
	int r = config_read_interface(target, text, error);

	if (r == 0 && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789._-") != strlen(text))
		return error_set(
			error, -EINVAL,
			"'%s' cannot be made by DPDK: use letters, digits, '-', '_' and '.'", text);
	return r;
}

/* IPv4 in IPv6's form: a socket bound to it sees no packet of IPv6, and XDP sees none with it. */
static int refuse_mapped(const uint8_t *address, const char *text, struct error *error)
{
	static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

	if (memcmp(address, prefix, sizeof(prefix)) != 0)
		return 0;
	return error_set(error, -EINVAL,
			 "'%s' is an IPv4 address in IPv6's form: write %u.%u.%u.%u", text,
			 address[12], address[13], address[14], address[15]);
}

int config_read_address(void *target, const char *text, struct error *error)
{
	struct policy_service *service = target;

	memset(service->address, 0, sizeof(service->address));
	if (inet_pton(AF_INET, text, service->address) == 1)
		service->family = FAMILY_IPV4;
	else if (inet_pton(AF_INET6, text, service->address) == 1)
		service->family = FAMILY_IPV6;
	else
		return error_set(error, -EINVAL, "'%s' is not an IPv4 or IPv6 address", text);
	return service->family == FAMILY_IPV6 ? refuse_mapped(service->address, text, error) : 0;
}

int config_read_link_address(void *target, const char *text, struct error *error)
{
	struct config_service *service = target;
	size_t length = strcspn(text, "%");
	char address[INET6_ADDRSTRLEN];

	service->link[0] = '\0';
	if (!text[length] || length >= sizeof(address))
		return config_read_address(&service->service, text, error);
	memcpy(address, text, length);
	address[length] = '\0';
	if (config_read_address(&service->service, address, error) < 0)
		return -EINVAL;
	if (!endpoint_link_local(&service->service))
		return error_set(error, -EINVAL,
				 "'%s': only a link-local address takes an interface", text);
	return config_read_interface(service->link, text + length + 1, error);
}

int config_read_port(void *target, const char *text, struct error *error)
{
	uint16_t *port = target;
	unsigned long value = 0;
	size_t digits = strspn(text, "0123456789");

	if (digits > 0 && digits < 8 && !text[digits] && text[0] != '0')
		value = strtoul(text, NULL, 10);
	if (value < 1 || value > 65535)
		return error_set(error, -EINVAL, "%s is not a port (1 to 65535)",
				 *text ? text : "''");
	*port = value;
	return 0;
}

/* Splits HOST:PORT and [HOST]:PORT in place; NULL where it is neither. */
static char *split_port(char *text, char **host)
{
	char *colon = strrchr(text, ':');

	if (!colon)
		return NULL;
	*colon = '\0';
	*host = text;
	if (text[0] == '[') {
		if (colon == text + 1 || colon[-1] != ']')
			return NULL;
		colon[-1] = '\0';
		*host = text + 1;
	} else if (strchr(text, ':')) {
		return NULL; /* an IPv6 address needs brackets, else its end looks like a port */
	}
	return colon + 1;
}

static int listen_address(struct config_listen *listen, char *host, uint16_t port)
{
	char *link = strchr(host, '%');
	int index;
	struct sockaddr_in *in = (struct sockaddr_in *)&listen->address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&listen->address;

	memset(&listen->address, 0, sizeof(listen->address));
	if (link)
		*link++ = '\0';
	if (!link && inet_pton(AF_INET, strcmp(host, "localhost") ? host : "127.0.0.1",
			       &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		listen->length = sizeof(*in);
		return 0;
	}
	if (inet_pton(AF_INET6, host, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		listen->length = sizeof(*in6);
		index = link ? link_index(link) : 0;
		in6->sin6_scope_id = index < 0 ? 0 : index;
		return index < 0 ? index : 0;
	}
	return -EINVAL;
}

/* What parses, but nobody could connect to it. */
static int check_listen(const struct config_listen *listen, const char *host, struct error *error)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)&listen->address;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&listen->address;
	bool ipv6 = listen->address.ss_family == AF_INET6;

	if (ipv6 ? IN6_IS_ADDR_MULTICAST(&in6->sin6_addr) : ntohl(in->sin_addr.s_addr) >> 28 >= 14)
		return error_set(error, -EINVAL, "%s is no unicast address of a host", host);
	if (ipv6 && IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr) && !in6->sin6_scope_id)
		return error_set(
			error, -EINVAL,
			"%s is link-local, which takes an interface too: name it, as in [%s%%eth0]",
			host, host);
	if (ipv6 && !IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr) && in6->sin6_scope_id)
		return error_set(error, -EINVAL,
				 "'%s': only a link-local address takes an interface", host);
	return ipv6 ? refuse_mapped(in6->sin6_addr.s6_addr, host, error) : 0;
}

int config_read_listen(void *target, const char *text, struct error *error)
{
	struct config_listen *listen = target;
	char copy[sizeof(listen->text)];
	size_t length = strlen(text);
	char *host, *port = NULL;
	uint16_t number = 0;
	int r;

	if (length < sizeof(copy)) {
		memcpy(copy, text, length + 1);
		port = split_port(copy, &host);
	}
	if (!port)
		return error_set(error, -EINVAL,
				 "'%s' is not HOST:PORT, such as 127.0.0.1:9478 or [::1]:9478",
				 text);
	if (config_read_port(&number, port, error) < 0)
		return -EINVAL;
	r = listen_address(listen, host, number);
	if (r == -ENODEV)
		return error_set(error, -EINVAL,
				 "'%s' names no interface of this network namespace", text);
	if (r == -EINVAL)
		return error_set(error, -EINVAL, "'%s' is not an IP address (or localhost)", host);
	if (r < 0)
		return error_set(error, -EINVAL, "'%s': the interface cannot be looked up: %s",
				 text, strerror(-r));
	if (check_listen(listen, host, error) < 0)
		return -EINVAL;
	memcpy(listen->text, text, length + 1);
	return 0;
}

int config_read_software(void *target, const char *text, struct error *error)
{
	size_t length = strlen(text);

	if (length > POLICY_SOFTWARE_MAX)
		return error_set(error, -EINVAL, "%zu bytes, at most %d are allowed", length,
				 POLICY_SOFTWARE_MAX);
	memcpy(target, text, length + 1);
	return 0;
}

/* --- the tree --- */

/* "FILE:LINE: PATH: what is wrong" */
__attribute__((format(printf, 3, 4))) static int
refuse_node(struct parser *parser, const yaml_node_t *node, const char *format, ...)
{
	char reason[ERROR_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	return error_set(parser->error, -EINVAL, "%s:%zu: %s%s%s", parser->file,
			 node->start_mark.line + 1, parser->path, parser->path[0] ? ": " : "",
			 reason);
}

/* Returns the length to cut the path back to. */
__attribute__((format(printf, 2, 3))) static size_t enter(struct parser *parser, const char *format,
							  ...)
{
	size_t length = strlen(parser->path);
	va_list args;

	va_start(args, format);
	vsnprintf(parser->path + length, sizeof(parser->path) - length, format, args);
	va_end(args);
	return length;
}

static void leave(struct parser *parser, size_t length)
{
	parser->path[length] = '\0';
}

/* The text of a scalar; NULL, with the error set, when it is none or has no value. */
static const char *scalar(struct parser *parser, const yaml_node_t *node)
{
	const char *text;

	if (node->type != YAML_SCALAR_NODE) {
		refuse_node(parser, node, "a single value is expected, not a %s",
			    node->type == YAML_SEQUENCE_NODE ? "list" : "mapping");
		return NULL;
	}
	text = (const char *)node->data.scalar.value;
	if (strlen(text) != node->data.scalar.length) {
		refuse_node(parser, node, "the value holds a zero byte");
		return NULL;
	}
	if (node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	    (!*text || strcmp(text, "~") == 0 || strcmp(text, "null") == 0)) {
		refuse_node(parser, node, "has no value");
		return NULL;
	}
	return text;
}

static int parse_word(struct parser *parser, const struct key *key, yaml_node_t *node, void *target)
{
	const char *text = scalar(parser, node);
	struct error error;

	if (!text)
		return -EINVAL;
	if (read_word(target, key->words, text, &error) < 0)
		return refuse_node(parser, node, "%s", error.text);
	return 0;
}

static int parse_value(struct parser *parser, const struct key *key, yaml_node_t *node,
		       void *target)
{
	const char *text = scalar(parser, node);
	struct error error;

	if (!text)
		return -EINVAL;
	if (key->value(target, text, &error) < 0)
		return refuse_node(parser, node, "%s", error.text);
	return 0;
}

/* Which key a pair of a mapping names; NULL with the error set. */
static const struct key *find_key(struct parser *parser, const struct key *keys,
				  const yaml_node_t *node)
{
	const char *text = node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value
							  : "a list or mapping";
	char all[256] = "";
	size_t length = 0;

	for (const struct key *key = keys; key->name; key++) {
		if (strcmp(text, key->name) == 0)
			return key;
		length += snprintf(all + length, sizeof(all) - length, "%s%s", length ? ", " : "",
				   key->name);
	}
	refuse_node(parser, node, "unknown key '%s' (known here: %s)", text, all);
	return NULL;
}

static int parse_pair(struct parser *parser, const struct key *keys, yaml_node_pair_t *pair,
		      unsigned int *seen, char *target)
{
	yaml_node_t *name = yaml_document_get_node(&parser->document, pair->key);
	yaml_node_t *value = yaml_document_get_node(&parser->document, pair->value);
	const struct key *key = find_key(parser, keys, name);
	size_t length;
	int r;

	if (!key)
		return -EINVAL;
	length = enter(parser, "%s%s", parser->path[0] ? "." : "", key->name);
	if (seen[key - keys])
		return refuse_node(parser, name, "stands in line %u already", seen[key - keys]);
	seen[key - keys] = name->start_mark.line + 1;

	r = key->parse(parser, key, value, target + key->offset);
	if (r == 0)
		leave(parser, length);
	return r;
}

static int parse_mapping(struct parser *parser, const struct key *key, yaml_node_t *node,
			 void *target)
{
	unsigned int seen[KEYS_MAX] = {0}; /* the line of each key; 0: it has not come yet */
	int r;

	if (node->type != YAML_MAPPING_NODE)
		return refuse_node(parser, node,
				   "keys and their values are expected, such as `%s: ...`",
				   key->keys[0].name);
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		r = parse_pair(parser, key->keys, pair, seen, target);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_length(struct parser *parser, const yaml_node_t *node, size_t max, size_t *count)
{
	if (node->type != YAML_SEQUENCE_NODE)
		return refuse_node(parser, node, "a list is expected, each item behind a dash");
	*count = node->data.sequence.items.top - node->data.sequence.items.start;
	if (*count == 0)
		return refuse_node(parser, node, "the list is empty");
	if (*count > max)
		return refuse_node(parser, node, "%zu items, at most %zu are allowed", *count, max);
	return 0;
}

static int parse_list(struct parser *parser, const yaml_node_t *node, size_t max, size_t *count,
		      int (*parse_item)(struct parser *parser, yaml_node_t *node, size_t position))
{
	int r = check_length(parser, node, max, count);

	for (size_t i = 0; r == 0 && i < *count; i++) {
		size_t length = enter(parser, "[%zu]", i);

		r = parse_item(parser,
			       yaml_document_get_node(&parser->document,
						      node->data.sequence.items.start[i]),
			       i);
		if (r == 0)
			leave(parser, length);
	}
	return r;
}

static int parse_interface(struct parser *parser, yaml_node_t *node, size_t position)
{
	const struct key item = {.keys = keys_interface};
	struct config_interface *all = parser->config->interfaces;
	int r = parse_mapping(parser, &item, node, &all[position]);

	if (r < 0)
		return r;
	all[position].line = node->start_mark.line + 1;
	if (!all[position].name[0])
		return refuse_node(parser, node, "name is missing");
	for (size_t i = 0; i < position; i++)
		if (strcmp(all[position].name, all[i].name) == 0)
			return refuse_node(parser, node, "%s is line %u's interface again",
					   all[i].name, all[i].line);
	return 0;
}

static int parse_interfaces(struct parser *parser, const struct key *key, yaml_node_t *node,
			    void *target)
{
	(void)key;
	(void)target;
	return parse_list(parser, node, CONFIG_INTERFACES_MAX, &parser->config->interfaces_count,
			  parse_interface);
}

static int parse_alternate(struct parser *parser, const struct key *key, yaml_node_t *node,
			   void *target)
{
	const struct key mapping = {.keys = keys_alternate};
	struct config_service *service = target;
	int r = parse_mapping(parser, &mapping, node, &parser->alternate);

	(void)key;
	if (r < 0)
		return r;
	if (parser->alternate.family == FAMILY_OTHER)
		return refuse_node(parser, node, "address is missing");
	if (!parser->alternate.port)
		return refuse_node(parser, node, "port is missing");
	service->alternate_line = node->start_mark.line + 1;
	return 0;
}

/* The value of a key that is there, for its line, and its name added to the path. */
static yaml_node_t *enter_key(struct parser *parser, yaml_node_t *node, const char *name)
{
	enter(parser, "%s%s", parser->path[0] ? "." : "", name);
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = yaml_document_get_node(&parser->document, pair->key);

		if (strcmp((const char *)key->data.scalar.value, name) == 0)
			return yaml_document_get_node(&parser->document, pair->value);
	}
	return node;
}

/* IPv4's too: behind a NAT nobody has such an address in sight. */
static bool link_local(const struct policy_service *service)
{
	return endpoint_link_local(service) ||
	       (service->family == FAMILY_IPV4 && memcmp(service->address, "\xa9\xfe", 2) == 0);
}

/* RFC 5780 section 6: another address and another port. */
static int check_alternate(struct parser *parser, yaml_node_t *node,
			   const struct policy_service *service)
{
	const struct policy_service *alternate = &parser->alternate;
	char text[ENDPOINT_TEXT_MAX];

	if (service->family != FAMILY_OTHER && link_local(service))
		return refuse_node(
			parser, enter_key(parser, node, "address"),
			"%s is link-local: with an alternate it takes an address that is "
			"reached through NATs",
			endpoint_print_address(text, service, 0));
	node = enter_key(parser, node, "alternate");
	if (service->family == FAMILY_OTHER)
		return refuse_node(parser, node,
				   "the service needs an address too: own addresses are any number "
				   "and may change");
	if (alternate->port == service->port)
		return refuse_node(
			parser, enter_key(parser, node, "port"),
			"%u is the service's own port: behaviour discovery needs another one",
			alternate->port);
	node = enter_key(parser, node, "address");
	endpoint_print_address(text, alternate, 0);
	if (alternate->family != service->family)
		return refuse_node(parser, node,
				   "%s is not of the same family as the service's address: each "
				   "family needs a service and an alternate of its own",
				   text);
	if (endpoint_same_address(alternate, service))
		return refuse_node(
			parser, node,
			"%s is the service's own address: behaviour discovery needs another one",
			text);
	if (link_local(alternate))
		return refuse_node(parser, node,
				   "%s is link-local: name an address that is reached through NATs",
				   text);
	return 0;
}

/* What a service's keys mean together. */
static int finish_service(struct parser *parser, yaml_node_t *node, struct policy_service *service)
{
	if (parser->alternate.port) {
		service->alternate_port = parser->alternate.port;
		memcpy(service->alternate, parser->alternate.address, sizeof(service->alternate));
		return check_alternate(parser, node, service);
	}
	if (service->response_port || service->padding)
		return refuse_node(
			parser,
			enter_key(parser, node, service->padding ? "padding" : "response_port"),
			"is a part of behaviour discovery: set an alternate, or leave it out");
	return 0;
}

/* Refuses a service of which a corner, or all of it, is one of another's. */
static int compare_services(struct parser *parser, const yaml_node_t *node,
			    const struct config_service *service,
			    const struct config_service *other)
{
	struct policy_service mine[4], theirs[4];
	size_t mine_count = policy_pairs(&service->service, mine);
	size_t theirs_count = policy_pairs(&other->service, theirs);
	char text[ENDPOINT_TEXT_MAX];

	if (service->link[0] && other->link[0] && strcmp(service->link, other->link) != 0)
		return 0; /* one address on two links is two */
	for (size_t i = 0; i < mine_count; i++)
		for (size_t j = 0; j < theirs_count; j++) {
			if (endpoint_compare(&mine[i], &theirs[j]) != 0)
				continue;
			endpoint_print(text, &mine[i], 0);
			if (i == 0 && j == 0)
				return refuse_node(parser, node, "%s is line %u's service again",
						   text, other->line);
			return refuse_node(parser, node,
					   "%s%s is %sline %u's service already: leave one of "
					   "them out",
					   i ? "its corner " : "", text, j ? "a corner of " : "",
					   other->line);
		}
	return 0;
}

static int parse_service(struct parser *parser, yaml_node_t *node, size_t position)
{
	const struct key item = {.keys = keys_service};
	struct config_service *all = parser->config->services;
	size_t length = strlen(parser->path);
	int r;

	all[position].service.port = CONFIG_PORT_DEFAULT;
	all[position].line = node->start_mark.line + 1;
	memset(&parser->alternate, 0, sizeof(parser->alternate));
	r = parse_mapping(parser, &item, node, &all[position]);
	if (r == 0)
		r = finish_service(parser, node, &all[position].service);
	if (r < 0)
		return r;
	leave(parser, length);
	for (size_t i = 0; i < position && r == 0; i++)
		r = compare_services(parser, node, &all[position], &all[i]);
	return r;
}

static int parse_services(struct parser *parser, const struct key *key, yaml_node_t *node,
			  void *target)
{
	(void)key;
	(void)target;
	return parse_list(parser, node, POLICY_SERVICES_MAX, &parser->config->services_count,
			  parse_service);
}

/* --- the file --- */

static const char *kind_of(mode_t mode)
{
	return S_ISFIFO(mode)			? "pipe"
	       : S_ISSOCK(mode)			? "socket"
	       : S_ISCHR(mode) || S_ISBLK(mode) ? "device"
						: "directory";
}

/* Regular files only: what else has a name may never end, or never begin. */
static int open_file(const char *file, struct error *error)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), r;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		r = -errno;
		error_say(error, "%s: cannot be opened: %s", file, strerror(-r));
	} else if (S_ISREG(st.st_mode)) {
		return fd;
	} else {
		r = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
		error_say(error, "%s: is a %s: the configuration must be a regular file", file,
			  kind_of(st.st_mode));
	}
	if (fd >= 0)
		close(fd);
	return r;
}

/* Reads a whole file into text, which has room for one byte more than a file may have. */
static int read_file(const char *file, char *text, size_t *length, struct error *error)
{
	int fd = open_file(file, error), r = 0;
	ssize_t got = 1;

	if (fd < 0)
		return fd;
	for (*length = 0; *length <= FILE_SIZE_MAX && got > 0; *length += got > 0 ? got : 0)
		got = read(fd, text + *length, FILE_SIZE_MAX + 1 - *length);
	if (got < 0) {
		r = -errno;
		error_say(error, "%s: cannot be read: %s", file, strerror(-r));
	} else if (*length > FILE_SIZE_MAX) {
		r = error_set(error, -EINVAL, "%s: larger than 1 MiB, so hardly a configuration",
			      file);
	}
	close(fd);
	return r;
}

static double cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Called by libyaml for some kilobytes at a time. Return: 0 to make it fail. */
static int feed(void *data, unsigned char *buffer, size_t size, size_t *got)
{
	struct input *input = data;
	size_t rest = input->length - input->offset;

	input->late = cpu_seconds() > input->deadline;
	*got = rest < size ? rest : size;
	memcpy(buffer, input->text + input->offset, *got);
	input->offset += *got;
	return !input->late;
}

/* libyaml counts lines, but not those before a byte that is no UTF-8. */
static size_t error_line(const yaml_parser_t *yaml, const char *text)
{
	size_t line = 1;

	if (yaml->error != YAML_READER_ERROR)
		return yaml->problem_mark.line + 1;
	for (size_t i = 0; i < yaml->problem_offset; i++)
		line += text[i] == '\n';
	return line;
}

static int refuse_syntax(struct parser *parser, const yaml_parser_t *yaml)
{
	if (yaml->error == YAML_MEMORY_ERROR)
		return error_set(parser->error, -ENOMEM, "%s: out of memory", parser->file);
	if (parser->input.late)
		return error_set(
			parser->error, -EINVAL,
			"%s: takes more than %d seconds to read, so hardly a configuration",
			parser->file, CPU_SECONDS_MAX);
	return error_set(parser->error, -EINVAL, "%s:%zu: not YAML: %s%s%s%s", parser->file,
			 error_line(yaml, parser->input.text),
			 yaml->problem ? yaml->problem : "unreadable", yaml->context ? ", " : "",
			 yaml->context ? yaml->context : "",
			 yaml->error == YAML_SCANNER_ERROR &&
					 memchr(parser->input.text, '\t', parser->input.length)
				 ? " (YAML indents by spaces, not by tabs)"
				 : "");
}

static int start_yaml(struct parser *parser, yaml_parser_t *yaml)
{
	if (!yaml_parser_initialize(yaml))
		return error_set(parser->error, -ENOMEM, "%s: out of memory", parser->file);
	parser->input.offset = 0;
	yaml_parser_set_input(yaml, feed, &parser->input);
	return 0;
}

/* Follows the depth. Return: whether to go on. */
static bool step(const yaml_event_t *event, int *depth)
{
	if (event->type == YAML_SEQUENCE_START_EVENT || event->type == YAML_MAPPING_START_EVENT)
		++*depth;
	if (event->type == YAML_SEQUENCE_END_EVENT || event->type == YAML_MAPPING_END_EVENT)
		--*depth;
	return event->type != YAML_STREAM_END_EVENT && *depth <= DEPTH_MAX;
}

/* Looks at the whole stream without building anything of it. */
static int check_depth(struct parser *parser)
{
	yaml_parser_t yaml;
	yaml_event_t event;
	int depth = 0, r = start_yaml(parser, &yaml);
	bool more = true;

	if (r < 0)
		return r;
	while (more && r == 0) {
		if (!yaml_parser_parse(&yaml, &event)) {
			r = refuse_syntax(parser, &yaml);
			break;
		}
		more = step(&event, &depth);
		if (depth > DEPTH_MAX)
			r = error_set(parser->error, -EINVAL,
				      "%s:%zu: nested deeper than %d levels: no key needs that",
				      parser->file, event.start_mark.line + 1, DEPTH_MAX);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&yaml);
	return r;
}

static const char *dataplane_error(const struct config *config, const char **key)
{
	bool sockets = config->dataplane == CONFIG_DATAPLANE_SOCKET;
	bool dpdk = config->dataplane == CONFIG_DATAPLANE_DPDK;

	*key = "otherwise";
	if (sockets && config->policy.pass_refused)
		return "sockets cannot pass a packet on to another program: leave its port out of "
		       "services, or use XDP";
	*key = "persist";
	if (sockets && config->persist)
		return "sockets end with reflexd, so nothing could go on answering: leave it out, "
		       "or use XDP";
	if (dpdk && config->persist)
		return "reflex-dpdk is a process of its own and answers with or without reflexd: "
		       "leave it out";
	*key = "punt";
	if (config->punt[0] && !dpdk)
		return "is for dataplane: dpdk, where the kernel has no other way to a packet: "
		       "leave it out";
	return NULL;
}

/* What a dataplane cannot do. */
static int check_dataplane(struct parser *parser, yaml_node_t *root)
{
	const char *key, *why = dataplane_error(parser->config, &key);

	return why ? refuse_node(parser, enter_key(parser, root, key), "%s", why) : 0;
}

static int parse_document(struct parser *parser, yaml_parser_t *yaml,
			  enum config_dataplane automatic)
{
	const struct key whole = {.keys = keys_config};
	yaml_document_t second;
	yaml_node_t *root;
	int r;

	if (!yaml_parser_load(yaml, &parser->document))
		return refuse_syntax(parser, yaml);
	root = yaml_document_get_root_node(&parser->document);
	if (!root || (root->type == YAML_SCALAR_NODE && root->data.scalar.length == 0)) {
		r = error_set(parser->error, -EINVAL,
			      automatic == CONFIG_DATAPLANE_DPDK
				      ? "%s: empty: name the addresses to answer on, in services"
				      : "%s: empty: name interfaces, or set dataplane: socket",
			      parser->file);
		goto out;
	}
	r = parse_mapping(parser, &whole, root, parser->config);
	if (parser->config->dataplane == CONFIG_DATAPLANE_AUTO)
		parser->config->dataplane = automatic;
	if (r == 0)
		r = check_dataplane(parser, root);
	if (r < 0)
		goto out;

	if (!yaml_parser_load(yaml, &second)) {
		r = refuse_syntax(parser, yaml);
		goto out;
	}
	root = yaml_document_get_root_node(&second);
	if (root)
		r = refuse_node(parser, root, "a second document; only one is read");
	yaml_document_delete(&second);
out:
	yaml_document_delete(&parser->document);
	return r;
}

int config_load(struct config *config, const char *file, enum config_dataplane automatic,
		struct error *error)
{
	struct parser parser = {.file = file, .config = config, .error = error};
	yaml_parser_t yaml;
	char *text = malloc(FILE_SIZE_MAX + 1);
	int r;

	config_defaults(config);
	if (!text)
		return error_set(error, -ENOMEM, "%s: out of memory", file);
	parser.input.text = text;
	parser.input.deadline = cpu_seconds() + CPU_SECONDS_MAX;
	r = read_file(file, text, &parser.input.length, error);
	if (r == 0)
		r = check_depth(&parser);
	if (r == 0)
		r = start_yaml(&parser, &yaml);
	if (r < 0)
		goto out;
	r = parse_document(&parser, &yaml, automatic);
	yaml_parser_delete(&yaml);
	if (r == 0)
		r = config_finish(config, file, error);
out:
	free(text);
	return r;
}

/* --- the whole --- */

void config_defaults(struct config *config)
{
	struct error ignored;

	memset(config, 0, sizeof(*config));
	config->policy.mirror_fingerprint = true;
	config->policy.legacy = true;
	config->policy.low_source_ports = true;
	config_read_listen(&config->metrics, "127.0.0.1:9478", &ignored);
}

const char *config_dataplane_name(uint8_t dataplane)
{
	return words_dataplane[dataplane];
}

const char *config_idle_name(uint8_t idle)
{
	return words_idle[idle];
}

int config_refuse_address(const struct config *config, size_t position, bool alternate,
			  const char *where, struct error *error, const char *reason)
{
	const struct config_service *service = &config->services[position];

	if (!service->line)
		return error_set(error, -EINVAL, "--address: %s", reason);
	return error_set(error, -EINVAL, "%s:%u: services[%zu].%saddress: %s", where,
			 alternate ? service->alternate_line : service->line, position,
			 alternate ? "alternate." : "", reason);
}

static int check_count(const struct config *config, const char *where, struct error *error)
{
	struct policy_service pairs[4];
	size_t count = 0;

	for (size_t i = 0; i < config->services_count; i++) {
		const struct config_service *service = &config->services[i];

		if (service->service.family == FAMILY_OTHER)
			continue;
		count += policy_pairs(&service->service, pairs);
		if (count > POLICY_SERVICES_MAX)
			return error_set(error, -EINVAL,
					 "%s:%u: services[%zu]: one too many: at most %d are "
					 "possible, and one with an alternate counts as four",
					 where, service->line, i, POLICY_SERVICES_MAX);
	}
	return 0;
}

static int check_address(const struct config *config, size_t position, bool alternate,
			 const char *where, struct error *error)
{
	struct policy_service pairs[4];
	size_t count = policy_pairs(&config->services[position].service, pairs);
	const struct policy_service *service = &pairs[alternate ? count - 1 : 0];
	char text[ENDPOINT_TEXT_MAX];
	struct error reason;

	if (policy_takes_address(&config->policy, service))
		return 0;
	endpoint_print_address(text, service, 0);
	if (endpoint_loopback(service))
		error_say(&reason, "%s is a loopback address, which takes the dataplane socket",
			  text);
	else
		error_say(&reason, "%s is no unicast address of a host", text);
	return config_refuse_address(config, position, alternate, where, error, reason.text);
}

/* What policy_build would refuse is refused before, with its line. */
static int check_policy(struct config *config, const char *where, struct error *error)
{
	int r = check_count(config, where, error);

	config->policy.loopback = config->dataplane == CONFIG_DATAPLANE_SOCKET;
	for (size_t i = 0; r == 0 && i < config->services_count; i++) {
		if (config->services[i].service.family == FAMILY_OTHER)
			continue;
		r = check_address(config, i, false, where, error);
		if (r == 0)
			r = check_address(config, i, true, where, error);
	}
	return r;
}

static bool has_interface(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->interfaces_count; i++)
		if (strcmp(config->interfaces[i].name, name) == 0)
			return true;
	return false;
}

/* A link-local address needs an interface to be on, and one that is answered on. */
static int check_links(const struct config *config, const char *where, struct error *error)
{
	bool dpdk = config->dataplane == CONFIG_DATAPLANE_DPDK;
	char text[ENDPOINT_TEXT_MAX];
	struct error reason;

	for (size_t i = 0; i < config->services_count; i++) {
		const struct config_service *service = &config->services[i];
		const char *link = service->link;

		reason.text[0] = '\0';
		if (!endpoint_link_local(&service->service))
			continue;
		endpoint_print_address(text, &service->service, 0);
		if (dpdk && link[0] && strcmp(link, config->punt) != 0)
			error_say(&reason, "%s%%%s: a port of DPDK is no interface: leave %%%s out",
				  text, link, link);
		else if (!dpdk && !config->interfaces_count && !link[0])
			error_say(&reason, "%s is link-local: name the interfaces to answer on it",
				  text);
		else if (!dpdk && config->interfaces_count && link[0] &&
			 !has_interface(config, link))
			error_say(&reason,
				  "%s%%%s: %s is not among the interfaces: name it there too", text,
				  link, link);
		if (reason.text[0])
			return config_refuse_address(config, i, false, where, error, reason.text);
	}
	return 0;
}

/* A dataplane that knows no interfaces knows no addresses of their own. */
static int check_own(const struct config *config, const char *where, struct error *error)
{
	for (size_t i = 0; i < config->services_count; i++) {
		const struct config_service *service = &config->services[i];

		if (service->service.family != FAMILY_OTHER)
			continue;
		if (!service->line)
			return error_set(
				error, -EINVAL,
				"%s: services: a port of DPDK has no addresses of its own: "
				"name the addresses to answer on",
				where);
		return error_set(error, -EINVAL,
				 "%s:%u: services[%zu].address: is missing: a port of DPDK has no "
				 "addresses of its own",
				 where, service->line, i);
	}
	return 0;
}

int config_finish(struct config *config, const char *where, struct error *error)
{
	bool dpdk = config->dataplane == CONFIG_DATAPLANE_DPDK;
	int r = 0;

	if (config->interfaces_count == 0 && !dpdk && config->dataplane != CONFIG_DATAPLANE_SOCKET)
		return error_set(error, -EINVAL,
				 "%s: interfaces: name at least one, or set dataplane: socket, "
				 "which needs none",
				 where);
	if (config->services_count == 0) {
		config->services[0].service.port = CONFIG_PORT_DEFAULT;
		config->services_count = 1;
	}
	if (config->interfaces_count == 0 && dpdk)
		r = check_own(config, where, error);
	if (r == 0)
		r = check_links(config, where, error);
	return r < 0 ? r : check_policy(config, where, error);
}

int config_settle(struct config *config, enum config_dataplane dataplane, const char *where,
		  struct error *error)
{
	const char *key, *why;

	config->dataplane = dataplane;
	why = dataplane_error(config, &key);
	return why ? error_set(error, -EINVAL, "%s: %s: %s", where, key, why)
		   : check_policy(config, where, error);
}
