/* SPDX-License-Identifier: BSD-2-Clause */
/* Where releases of DPDK differ, from 22.11 on. Nothing else asks which one it is. */
#ifndef REFLEX_DPDK_COMPAT_H
#define REFLEX_DPDK_COMPAT_H

#include <pthread.h>
#include <rte_lcore.h>
#include <rte_thread.h>
#include <rte_version.h>

/* What the function of a control thread returns; 0 will do. */
#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
#define DPDK_COMPAT_THREAD_RESULT uint32_t
#else
#define DPDK_COMPAT_THREAD_RESULT void *
#endif

/* Whether a server of memif believes what its clients say: since 23.03, and 26.07 does still. */
#define DPDK_COMPAT_MEMIF_OVERRUN (RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0))

/* A thread on the CPUs that no worker has. Return: 0 or -errno. */
static inline int dpdk_compat_start_control(pthread_t *thread,
					    DPDK_COMPAT_THREAD_RESULT (*run)(void *),
					    void *argument)
{
#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
	rte_thread_t id;
	int r = rte_thread_create_control(&id, "control", run, argument);

	*thread = (pthread_t)id.opaque_id;
	return r;
#else
	return rte_ctrl_thread_create(thread, "control", NULL, run, argument);
#endif
}

#endif
