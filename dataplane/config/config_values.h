/* SPDX-License-Identifier: BSD-2-Clause */
/* The values that keys and options have, from their text. */
#ifndef REFLEX_CONFIG_VALUES_H
#define REFLEX_CONFIG_VALUES_H

#include "config.h"

/*
 * config_read_... - read a value.
 * @target: what is written, unless it fails:
 *   dataplane, mode, idle: uint8_t, of the enum
 *   interface: char[IF_NAMESIZE]
 *   punt: the same, of an interface that DPDK can make
 *   address: family and address of a struct policy_service
 *   link_address: the same of a struct config_service, and its link: fe80::1%eth0
 *   port: uint16_t, host byte order
 *   software: char[POLICY_SOFTWARE_MAX + 1]
 *   listen: struct config_listen
 * @error: set on failure to a sentence
 *
 * Return: 0 or -EINVAL.
 */
int config_read_dataplane(void *target, const char *text, struct error *error);
int config_read_mode(void *target, const char *text, struct error *error);
int config_read_idle(void *target, const char *text, struct error *error);
int config_read_interface(void *target, const char *text, struct error *error);
int config_read_punt(void *target, const char *text, struct error *error);
int config_read_address(void *target, const char *text, struct error *error);
int config_read_link_address(void *target, const char *text, struct error *error);
int config_read_port(void *target, const char *text, struct error *error);
int config_read_software(void *target, const char *text, struct error *error);
int config_read_listen(void *target, const char *text, struct error *error);

/**
 * config_read_word - set a byte to the index of a word.
 * @words: ends with NULL
 * @error: set on failure to a sentence
 *
 * Return: 0; -EINVAL where it is none of them.
 */
int config_read_word(uint8_t *target, const char *const *words, const char *text,
		     struct error *error);

#endif
