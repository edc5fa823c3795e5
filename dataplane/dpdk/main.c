// SPDX-License-Identifier: BSD-2-Clause
/* reflex-dpdk: the responder on ports of DPDK. */
#include <errno.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dpdk_control.h"
#include "dpdk_guard.h"
#include "files.h"
#include "instance.h"
#include "log.h"

#define EXIT_USAGE 2 /* EXIT_FAILURE, 1, is for what goes wrong later */
#define CACHE_SIZE 256

/* --- start, in the order of main --- */

static int begin(struct dpdk_responder *responder)
{
	struct error error;
	int r = files_raise(&error);

	if (r == 0)
		r = dpdk_control_open(responder, &error);
	if (r < 0)
		log_error("%s", error.text);
	return r;
}

/* A start that fails leaves no segment where there was none before. */
static void close_segment(struct dpdk_responder *responder)
{
	char path[INSTANCE_PATH_MAX];
	struct error error;
	const char *instance = responder->options.instance;

	if (responder->status.started || instance_path(path, instance, SEGMENT_FILE, &error) < 0) {
		segment_release(&responder->segment);
		return;
	}
	segment_remove(&responder->segment, path);
	*strrchr(path, '/') = '\0';
	rmdir(path); /* other files may be in it */
}

/* Before EAL, which takes long; it is also the lock of the instance. */
static int open_segment(struct dpdk_responder *responder)
{
	char path[INSTANCE_PATH_MAX];
	struct error error;
	const char *instance = responder->options.instance;
	int r = instance_make(path, instance, &error);

	if (r == 0)
		r = instance_path(path, instance, SEGMENT_FILE, &error);
	if (r == 0)
		r = segment_create(&responder->segment, path, &error);
	if (r < 0) {
		log_error("%s", error.text);
		return r;
	}
	dpdk_guard_open(&responder->segment, path);
	/* The ports' counters go on too. */
	memcpy(responder->status.ports, responder->segment.segment->status.ports,
	       sizeof(responder->status.ports));
	for (unsigned int i = 0; i < SEGMENT_PORTS_MAX; i++)
		responder->status.ports[i].present = responder->status.ports[i].up = 0;
	if (responder->segment.adopted)
		log_info("counting goes on where the last process ended");
	if (responder->segment.replaced)
		log_warning(
			"counters begin anew: those of the last process are of another version, "
			"or damaged");
	return 0;
}

static int check_ports(void)
{
	unsigned int count = rte_eth_dev_count_avail();

	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		log_error("runs only as a primary process: leave --proc-type out");
	else if (count == 0)
		log_error("no port: bind a NIC to vfio-pci (`dpdk-devbind.py --bind=vfio-pci "
			  "PCI-ADDRESS`), or name a device with --vdev; if a named one cannot be "
			  "opened, DPDK's own lines above say why");
	else if (count > SEGMENT_PORTS_MAX)
		log_error("%u ports, at most %d are possible: choose some with -a", count,
			  SEGMENT_PORTS_MAX);
	else
		return 0;
	return -ENODEV;
}

static int start_eal(struct dpdk_responder *responder)
{
	const struct dpdk_options *options = &responder->options;
	bool memory;

	if (rte_eal_init(options->eal_count, options->eal) >= 0) {
		responder->eal = true;
		return check_ports();
	}
	if (!rte_errno) /* a secondary process without a primary one says nothing of it */
		rte_errno = EINVAL;
	memory = rte_errno != EINVAL;
	log_error("DPDK does not start: %s; its own lines above say why%s", rte_strerror(rte_errno),
		  memory ? " (huge pages are reserved by `sysctl vm.nr_hugepages=256`; without any "
			   "it takes --no-huge -m 256)"
			 : "");
	return -rte_errno;
}

static int make_policy(struct dpdk_responder *responder)
{
	struct error error;
	int r = services_expand(&responder->services, &responder->config, &error);

	if (r == 0)
		responder->active =
			dpdk_control_policy(&responder->config, &responder->services, &error);
	if (responder->active)
		return 0;
	log_error("%s", error.text);
	return -EINVAL;
}

/* Buffers for every queue of a worker to be full, both ways, behind each port as well. */
static int make_pools(struct dpdk_responder *responder)
{
	unsigned int count = 2 * CACHE_SIZE, lcore;
	uint16_t size = 0, id;

	RTE_ETH_FOREACH_DEV (id) {
		count += dpdk_port_buffers(id) +
			 (responder->config.punt[0] ? 2 * DPDK_PORT_DESCRIPTORS : 0);
		size = RTE_MAX(size, dpdk_port_buffer_size(id));
	}
	RTE_LCORE_FOREACH (lcore) {
		struct rte_mempool *pool;
		char name[32];

		snprintf(name, sizeof(name), "worker%u", lcore);
		pool = rte_pktmbuf_pool_create(name, count, CACHE_SIZE, 0, size,
					       (int)rte_lcore_to_socket_id(lcore));
		if (!pool) {
			log_error("no memory for %u buffers of %u bytes a worker: reserve more "
				  "huge pages, or give more with -m",
				  count, size);
			return -ENOMEM;
		}
		responder->workers[responder->workers_count].lcore = lcore;
		responder->pools[responder->workers_count++] = pool;
	}
	return 0;
}

static int add_queue(struct dpdk_responder *responder, struct dpdk_worker *worker,
		     const struct dpdk_port *port)
{
	uint16_t index = (uint16_t)(worker - responder->workers);
	struct dpdk_queue *queue = &worker->queues[worker->queues_count++];

	*queue = (struct dpdk_queue){
		.port = port->id,
		.queue = index,
		.punt = port->punt,
		.punt_length = port->frame_max,
		.filter = port->filter,
		.local_senders = port->local_senders,
		.long_next = port->punt == RTE_MAX_ETHPORTS ? &worker->long_next : NULL,
		.mac = port->mac,
		.slot = segment_slot(responder->segment.segment, port->name, index),
	};
	if (queue->slot)
		return 0;
	log_error("port %s: no place is left to count in: remove %s of this instance while "
		  "nothing runs; counters begin anew then",
		  port->name, SEGMENT_FILE);
	return -ENOSPC;
}

static int describe(struct dpdk_responder *responder, const struct dpdk_port *port)
{
	struct segment_port *to = segment_port(&responder->status, port->name);
	char mac[RTE_ETHER_ADDR_FMT_SIZE];

	if (!to) {
		log_error("port %s: too many ports have been counted", port->name);
		return -ENOSPC;
	}
	to->present = 1;
	rte_ether_format_addr(mac, sizeof(mac), &port->mac);
	log_info("port %s: %s, %s, MTU %u, queues: %u%s%s%s%s", port->name, port->driver, mac,
		 port->mtu, port->queues, port->verifies ? ", the device verifies checksums" : "",
		 port->filter ? ", promiscuous" : "", port->punt_name[0] ? ", punt: " : "",
		 port->punt_name);
	if (port->queues < responder->workers_count)
		log_warning("port %s has %u queues, so %u of %u workers have nothing to do on it: "
			    "give fewer lcores (-l)",
			    port->name, port->queues, responder->workers_count - port->queues,
			    responder->workers_count);
	return 0;
}

static int open_punt(const struct dpdk_responder *responder, struct dpdk_port *port,
		     struct error *error)
{
	char name[32];

	if (!responder->config.punt[0])
		return 0;
	/* Each port has its own; those of further ports are numbered. */
	snprintf(name, sizeof(name), responder->ports_count ? "%s-%u" : "%s",
		 responder->config.punt, responder->ports_count);
	if (strlen(name) < sizeof(port->punt_name))
		return dpdk_port_punt(port, name, (struct rte_mempool **)responder->pools, error);
	return error_set(error, -ENAMETOOLONG, "punt: %s is too long for the name of an interface",
			 name);
}

static int open_ports(struct dpdk_responder *responder)
{
	uint16_t ids[SEGMENT_PORTS_MAX], id, count = 0;
	struct error error;
	int r = 0;

	RTE_ETH_FOREACH_DEV (id)
		ids[count++] = id; /* those of the kernel's interfaces come to it */
	for (uint16_t i = 0; i < count && r == 0; i++) {
		struct dpdk_port *port = &responder->ports[i];

		r = dpdk_port_open(port, ids[i], responder->workers_count, responder->pools,
				   responder->config.punt[0], &error);
		if (r == 0)
			r = open_punt(responder, port, &error);
		if (r < 0) {
			log_error("%s", error.text);
			return r;
		}
		responder->ports_count++;
		r = describe(responder, port);
		for (uint16_t j = 0; j < port->queues && r == 0; j++)
			r = add_queue(responder, &responder->workers[j], port);
	}
	return r;
}

static int run(struct dpdk_responder *responder)
{
	struct segment_status *status = &responder->status;
	struct dpdk_worker *mine = NULL;
	pthread_t control;
	int r;

	status->pid = (uint64_t)getpid();
	status->started = (uint64_t)time(NULL);
	status->workers = responder->workers_count;
	status->generation = 1;
	status->last_reload_successful = 1;
	r = dpdk_compat_start_control(&control, dpdk_control_run, responder);
	if (r != 0) {
		log_error("no control thread: %s", strerror(-r));
		return r;
	}
	for (unsigned int i = 0; i < responder->workers_count; i++) {
		struct dpdk_worker *worker = &responder->workers[i];

		worker->active = &responder->active;
		worker->stop = &responder->stop;
		if (worker->lcore == rte_get_main_lcore())
			mine = worker;
		else
			rte_eal_remote_launch(dpdk_worker_run, worker, worker->lcore);
	}
	dpdk_worker_run(mine);
	rte_eal_mp_wait_lcore();
	pthread_join(control, NULL);
	return responder->no_ports ? -ENODEV : 0;
}

/* --- end --- */

static void finish(struct dpdk_responder *responder)
{
	uint64_t lost;

	if (responder->status.started)
		dpdk_control_end(responder);
	for (unsigned int i = 0; i < responder->ports_count; i++)
		dpdk_port_close(&responder->ports[i]);
	responder->ports_count = 0;
	if (!responder->status.started)
		return;
	dpdk_control_end(responder);
	lost = responder->status.buffers - responder->status.buffers_free;
	if (lost)
		log_info("stopped; %u of %u buffers stayed with devices", (unsigned int)lost,
			 (unsigned int)responder->status.buffers);
	else
		log_info("stopped");
}

static int check_only(struct dpdk_responder *responder)
{
	struct error error;
	struct services services;
	struct policy *policy = NULL;
	int r = services_expand(&services, &responder->config, &error);

	if (r == 0)
		r = services_policy(&policy, &services, &responder->config, &error);
	services_free(&services);
	free(policy);
	if (r < 0) {
		log_error("%s", error.text);
		return r;
	}
	printf("%s: ok\n", responder->options.file);
	services_print(stdout, &responder->config);
	printf("  punt       %s\n", responder->config.punt[0] ? responder->config.punt : "none");
	printf("  idle       %s\n", config_idle_name(responder->config.idle));
	return 0;
}

int main(int argc, char **argv)
{
	static int (*const steps[])(struct dpdk_responder * responder) = {
		begin, open_segment, start_eal, make_policy, make_pools, open_ports, run,
	};
	static struct dpdk_responder responder = {.segment.fd = -1};
	struct error error;
	int r = 0;

	log_open("reflex-dpdk");
	switch (dpdk_options_parse(&responder.options, argc, argv, &error)) {
	case OPTIONS_DONE:
		return EXIT_SUCCESS;
	case OPTIONS_WRONG:
		log_error("%s", error.text);
		return EXIT_USAGE;
	case OPTIONS_RUN:
		break;
	}
	if (dpdk_control_config(&responder.config, responder.options.file, &error) < 0) {
		log_error("%s", error.text);
		return EXIT_USAGE;
	}
	if (responder.options.check)
		return check_only(&responder) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;

	for (size_t i = 0; i < RTE_DIM(steps) && r == 0; i++)
		r = steps[i](&responder);
	if (responder.active)
		finish(&responder);
	services_free(&responder.services);
	if (responder.eal)
		rte_eal_cleanup();
	close_segment(&responder);
	return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
