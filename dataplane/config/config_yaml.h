/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads a YAML file by tables of keys; which keys there are is not known here. Errors say
 * "FILE:LINE: PATH: what is wrong". Private to this folder.
 */
#ifndef REFLEX_CONFIG_YAML_H
#define REFLEX_CONFIG_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

#include "error.h"

#define CONFIG_YAML_KEYS_MAX 16 /* of one mapping */

struct config_yaml {
	const char *file;
	yaml_document_t document;
	char path[96]; /* of the node at hand: "services[0].port" */
	struct error *error;

	/* what libyaml reads */
	const char *text;
	size_t length, offset;
	double deadline; /* of this thread's CPU time, so that a busy machine does not matter */
	bool late;
};

/* A key of a mapping. What its value is, one of the last four says. */
struct config_key {
	const char *name;
	size_t offset; /* of the value in what the mapping describes */

	int (*value)(void *target, const char *text, struct error *error); /* reads its text */
	const char *const *words;      /* the index of one of these, in a byte; ends with NULL */
	const struct config_key *keys; /* a mapping of these; ends with a name of NULL */
	int (*parse)(struct config_yaml *yaml, yaml_node_t *node, void *target);
};

/**
 * config_yaml_load - read a file.
 * @read: called once with the root of the document; NULL: it is empty
 * @error: set on failure to one sentence
 *
 * Return: what @read returns; else -errno, -EINVAL where the content is wrong.
 */
int config_yaml_load(const char *file,
		     int (*read)(struct config_yaml *yaml, yaml_node_t *root, void *context),
		     void *context, struct error *error);

/**
 * config_yaml_mapping - read a mapping by its keys, each of them once at most.
 * @target: what the mapping describes
 *
 * Return: 0 or -EINVAL, here and below.
 */
int config_yaml_mapping(struct config_yaml *yaml, const struct config_key *keys, yaml_node_t *node,
			void *target);

/**
 * config_yaml_list - read a list, of 1 to @max items.
 * @count: set to how many there are
 * @item: called for each
 */
int config_yaml_list(struct config_yaml *yaml, yaml_node_t *node, size_t max, size_t *count,
		     int (*item)(struct config_yaml *yaml, yaml_node_t *node, size_t position,
				 void *target),
		     void *target);

/**
 * config_yaml_refuse - say what is wrong with a node, behind its place.
 *
 * Return: -EINVAL.
 */
int config_yaml_refuse(struct config_yaml *yaml, const yaml_node_t *node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * config_yaml_refuse_key - the same of a key below a mapping that has been read.
 * @key: such as "alternate.port"
 */
int config_yaml_refuse_key(struct config_yaml *yaml, yaml_node_t *mapping, const char *key,
			   const char *reason);

/** config_yaml_line - the line where a node stands, from 1. */
unsigned int config_yaml_line(const yaml_node_t *node);

#endif
