/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef YAML_H
#define YAML_H

#include <stdio.h>

#include "oracle/oracle.h"

/* Writes the configuration file of reflex-dpdk that means the same, all of its keys in it. */
void yaml_write(FILE *file, const struct oracle_config *config);

#endif
