// SPDX-License-Identifier: BSD-2-Clause
#include "config_yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "config_values.h"

/* 1,024 services with comments fit many times; a device or a log file given by mistake does not. */
#define FILE_SIZE_MAX (1 << 20)
/* The time of libyaml grows with the square of some things, such as the depth and the anchors. */
#define DEPTH_MAX	16
#define CPU_SECONDS_MAX 2

/* --- nodes --- */

unsigned int config_yaml_line(const yaml_node_t *node)
{
	return (unsigned int)node->start_mark.line + 1;
}

int config_yaml_refuse(struct config_yaml *yaml, const yaml_node_t *node, const char *format, ...)
{
	struct error reason;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason.text, sizeof(reason.text), format, arguments);
	va_end(arguments);
	return error_set(yaml->error, -EINVAL, "%s:%u: %s%s%s", yaml->file, config_yaml_line(node),
			 yaml->path, yaml->path[0] ? ": " : "", reason.text);
}

/* Returns the length to cut the path back to. */
__attribute__((format(printf, 2, 3))) static size_t enter(struct config_yaml *yaml,
							  const char *format, ...)
{
	size_t length = strlen(yaml->path);
	va_list args;

	va_start(args, format);
	vsnprintf(yaml->path + length, sizeof(yaml->path) - length, format, args);
	va_end(args);
	return length;
}

static void leave(struct config_yaml *yaml, size_t length)
{
	yaml->path[length] = '\0';
}

/* A key that is there, by its name; its name is added to the path. */
static yaml_node_t *enter_key(struct config_yaml *yaml, yaml_node_t *node, const char *name,
			      size_t length)
{
	enter(yaml, "%s%.*s", yaml->path[0] ? "." : "", (int)length, name);
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = yaml_document_get_node(&yaml->document, pair->key);
		const char *text = (const char *)key->data.scalar.value;

		if (strncmp(text, name, length) == 0 && !text[length])
			return yaml_document_get_node(&yaml->document, pair->value);
	}
	return node;
}

int config_yaml_refuse_key(struct config_yaml *yaml, yaml_node_t *mapping, const char *key,
			   const char *reason)
{
	yaml_node_t *node = mapping;

	while (*key) {
		size_t length = strcspn(key, ".");

		node = enter_key(yaml, node, key, length);
		key += length + (key[length] == '.');
	}
	return config_yaml_refuse(yaml, node, "%s", reason);
}

/* The text of a scalar; NULL, with the error set, when it is none or has no value. */
static const char *scalar(struct config_yaml *yaml, const yaml_node_t *node)
{
	const char *text;

	if (node->type != YAML_SCALAR_NODE) {
		config_yaml_refuse(yaml, node, "a single value is expected, not a %s",
				   node->type == YAML_SEQUENCE_NODE ? "list" : "mapping");
		return NULL;
	}
	text = (const char *)node->data.scalar.value;
	if (strlen(text) != node->data.scalar.length) {
		config_yaml_refuse(yaml, node, "the value holds a zero byte");
		return NULL;
	}
	if (node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	    (!*text || strcmp(text, "~") == 0 || strcmp(text, "null") == 0)) {
		config_yaml_refuse(yaml, node, "has no value");
		return NULL;
	}
	return text;
}

static int read_value(struct config_yaml *yaml, const struct config_key *key, yaml_node_t *node,
		      void *target)
{
	struct error reason;
	const char *text;
	int r;

	if (key->parse)
		return key->parse(yaml, node, target);
	if (key->keys)
		return config_yaml_mapping(yaml, key->keys, node, target);
	text = scalar(yaml, node);
	if (!text)
		return -EINVAL;
	r = key->words ? config_read_word(target, key->words, text, &reason)
		       : key->value(target, text, &reason);
	return r < 0 ? config_yaml_refuse(yaml, node, "%s", reason.text) : 0;
}

/* Which key a pair of a mapping names; NULL with the error set. */
static const struct config_key *find_key(struct config_yaml *yaml, const struct config_key *keys,
					 const yaml_node_t *node)
{
	const char *text = node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value
							  : "a list or mapping";
	char all[256] = "";
	size_t length = 0;

	for (const struct config_key *key = keys; key->name; key++) {
		if (strcmp(text, key->name) == 0)
			return key;
		length += snprintf(all + length, sizeof(all) - length, "%s%s", length ? ", " : "",
				   key->name);
	}
	config_yaml_refuse(yaml, node, "unknown key '%s' (known here: %s)", text, all);
	return NULL;
}

static int read_pair(struct config_yaml *yaml, const struct config_key *keys,
		     yaml_node_pair_t *pair, unsigned int *seen, char *target)
{
	yaml_node_t *name = yaml_document_get_node(&yaml->document, pair->key);
	yaml_node_t *value = yaml_document_get_node(&yaml->document, pair->value);
	const struct config_key *key = find_key(yaml, keys, name);
	size_t length;
	int r;

	if (!key)
		return -EINVAL;
	length = enter(yaml, "%s%s", yaml->path[0] ? "." : "", key->name);
	if (seen[key - keys])
		return config_yaml_refuse(yaml, name, "stands in line %u already",
					  seen[key - keys]);
	seen[key - keys] = config_yaml_line(name);

	r = read_value(yaml, key, value, target + key->offset);
	if (r == 0)
		leave(yaml, length);
	return r;
}

int config_yaml_mapping(struct config_yaml *yaml, const struct config_key *keys, yaml_node_t *node,
			void *target)
{
	unsigned int seen[CONFIG_YAML_KEYS_MAX] = {0}; /* the line of each key; 0: not seen */
	int r = 0;

	if (node->type != YAML_MAPPING_NODE)
		return config_yaml_refuse(yaml, node,
					  "keys and their values are expected, such as `%s: ...`",
					  keys->name);
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     r == 0 && pair < node->data.mapping.pairs.top; pair++)
		r = read_pair(yaml, keys, pair, seen, target);
	return r;
}

static int check_length(struct config_yaml *yaml, const yaml_node_t *node, size_t max,
			size_t *count)
{
	if (node->type != YAML_SEQUENCE_NODE)
		return config_yaml_refuse(yaml, node,
					  "a list is expected, each item behind a dash");
	*count = node->data.sequence.items.top - node->data.sequence.items.start;
	if (*count == 0)
		return config_yaml_refuse(yaml, node, "the list is empty");
	if (*count > max)
		return config_yaml_refuse(yaml, node, "%zu items, at most %zu are allowed", *count,
					  max);
	return 0;
}

int config_yaml_list(struct config_yaml *yaml, yaml_node_t *node, size_t max, size_t *count,
		     int (*item)(struct config_yaml *yaml, yaml_node_t *node, size_t position,
				 void *target),
		     void *target)
{
	int r = check_length(yaml, node, max, count);

	for (size_t i = 0; r == 0 && i < *count; i++) {
		int id = node->data.sequence.items.start[i];
		size_t length = enter(yaml, "[%zu]", i);

		r = item(yaml, yaml_document_get_node(&yaml->document, id), i, target);
		if (r == 0)
			leave(yaml, length);
	}
	return r;
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
	struct config_yaml *yaml = data;
	size_t rest = yaml->length - yaml->offset;

	yaml->late = cpu_seconds() > yaml->deadline;
	*got = rest < size ? rest : size;
	memcpy(buffer, yaml->text + yaml->offset, *got);
	yaml->offset += *got;
	return !yaml->late;
}

/* libyaml counts lines, but not those before a byte that is no UTF-8. */
static size_t error_line(const yaml_parser_t *parser, const char *text)
{
	size_t line = 1;

	if (parser->error != YAML_READER_ERROR)
		return parser->problem_mark.line + 1;
	for (size_t i = 0; i < parser->problem_offset; i++)
		line += text[i] == '\n';
	return line;
}

static int refuse_syntax(struct config_yaml *yaml, const yaml_parser_t *parser)
{
	bool tabs = parser->error == YAML_SCANNER_ERROR && memchr(yaml->text, '\t', yaml->length);

	if (parser->error == YAML_MEMORY_ERROR)
		return error_set(yaml->error, -ENOMEM, "%s: out of memory", yaml->file);
	if (yaml->late)
		return error_set(
			yaml->error, -EINVAL,
			"%s: takes more than %d seconds to read, so hardly a configuration",
			yaml->file, CPU_SECONDS_MAX);
	return error_set(yaml->error, -EINVAL, "%s:%zu: not YAML: %s%s%s%s", yaml->file,
			 error_line(parser, yaml->text),
			 parser->problem ? parser->problem : "unreadable",
			 parser->context ? ", " : "", parser->context ? parser->context : "",
			 tabs ? " (YAML indents by spaces, not by tabs)" : "");
}

static int start(struct config_yaml *yaml, yaml_parser_t *parser)
{
	if (!yaml_parser_initialize(parser))
		return error_set(yaml->error, -ENOMEM, "%s: out of memory", yaml->file);
	yaml->offset = 0;
	yaml_parser_set_input(parser, feed, yaml);
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
static int check_depth(struct config_yaml *yaml)
{
	yaml_parser_t parser;
	yaml_event_t event;
	int depth = 0, r = start(yaml, &parser);
	bool more = true;

	if (r < 0)
		return r;
	while (more && r == 0) {
		if (!yaml_parser_parse(&parser, &event)) {
			r = refuse_syntax(yaml, &parser);
			break;
		}
		more = step(&event, &depth);
		if (depth > DEPTH_MAX)
			r = error_set(yaml->error, -EINVAL,
				      "%s:%zu: nested deeper than %d levels: no key needs that",
				      yaml->file, event.start_mark.line + 1, DEPTH_MAX);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return r;
}

/* NULL where it holds nothing. */
static yaml_node_t *root_of(yaml_document_t *document)
{
	yaml_node_t *root = yaml_document_get_root_node(document);
	bool empty = root && root->type == YAML_SCALAR_NODE && root->data.scalar.length == 0;

	return empty ? NULL : root;
}

static int refuse_second(struct config_yaml *yaml, yaml_parser_t *parser)
{
	yaml_document_t second;
	yaml_node_t *root;
	int r = 0;

	if (!yaml_parser_load(parser, &second))
		return refuse_syntax(yaml, parser);
	root = yaml_document_get_root_node(&second);
	if (root)
		r = config_yaml_refuse(yaml, root, "a second document; only one is read");
	yaml_document_delete(&second);
	return r;
}

static int read_document(struct config_yaml *yaml,
			 int (*read)(struct config_yaml *yaml, yaml_node_t *root, void *context),
			 void *context)
{
	yaml_parser_t parser;
	int r = start(yaml, &parser);

	if (r < 0)
		return r;
	if (!yaml_parser_load(&parser, &yaml->document)) {
		r = refuse_syntax(yaml, &parser);
		goto out;
	}
	r = read(yaml, root_of(&yaml->document), context);
	if (r == 0)
		r = refuse_second(yaml, &parser);
	yaml_document_delete(&yaml->document);
out:
	yaml_parser_delete(&parser);
	return r;
}

int config_yaml_load(const char *file,
		     int (*read)(struct config_yaml *yaml, yaml_node_t *root, void *context),
		     void *context, struct error *error)
{
	struct config_yaml yaml = {.file = file, .error = error};
	char *text = malloc(FILE_SIZE_MAX + 1);
	int r;

	if (!text)
		return error_set(error, -ENOMEM, "%s: out of memory", file);
	yaml.text = text;
	yaml.deadline = cpu_seconds() + CPU_SECONDS_MAX;
	r = read_file(file, text, &yaml.length, error);
	if (r == 0)
		r = check_depth(&yaml);
	if (r == 0)
		r = read_document(&yaml, read, context);
	free(text);
	return r;
}
