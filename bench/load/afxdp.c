// SPDX-License-Identifier: BSD-2-Clause
/*
 * Whole frames by AF_XDP. The NIC chooses the queue that a reply comes in by, so each queue has a
 * socket, and each thread reads some of them. It sends by the first of its own.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xdp/xsk.h>

#include "frame.h"
#include "load_clock.h"
#include "load_engine.h"
#include "load_link.h"
#include "load_live.h"
#include "load_worker.h"
#include "redirect.h"
#include "redirect.skel.h"
#include "sources.h"

#define RING	     2048 /* of each kind; half the frames are for sending */
#define CHUNK	     2048
#define AREA	     (2 * RING * CHUNK)
#define PORT_FIRST   49152 /* RFC 6335: dynamic ports */
#define PORT_LAST    65535
#define CARRIER_WAIT (5 * (uint64_t)CLOCK_SECOND) /* some drivers restart when a program comes */

struct afxdp_queue {
	struct xsk_socket *socket;
	struct xsk_umem *umem;
	struct xsk_ring_prod fill, tx;
	struct xsk_ring_cons completion, rx;
	uint8_t *area;
	uint64_t *free; /* chunks to send from */
	unsigned int free_count;
};

struct afxdp {
	struct load_engine engine;
	struct load_link link;
	struct frame_link frame_link;
	struct frame_template templates[LOAD_MIX_MAX];
	struct redirect_bpf *bpf;
	int attached;		/* a bpf_link, or -1 */
	struct load_live *live; /* NULL: the AF_XDP sockets send */
	struct afxdp_queue queues[QUEUES_MAX];
	size_t queues_count, threads;
	struct sources sources[LOAD_CPUS_MAX];
};

/* --- sending --- */

static void reclaim(struct afxdp_queue *queue)
{
	uint32_t at;
	unsigned int count = xsk_ring_cons__peek(&queue->completion, RING, &at);

	for (unsigned int i = 0; i < count; i++)
		queue->free[queue->free_count++] =
			*xsk_ring_cons__comp_addr(&queue->completion, at + i);
	xsk_ring_cons__release(&queue->completion, count);
}

/* Has the kernel read the ring; in copy mode this is what sends. */
static void kick(const struct afxdp_queue *queue)
{
	if (__atomic_load_n(queue->tx.consumer, __ATOMIC_ACQUIRE) != *queue->tx.producer &&
	    xsk_ring_prod__needs_wakeup(&queue->tx))
		sendto(xsk_socket__fd(queue->socket), NULL, 0, MSG_DONTWAIT, NULL, 0);
}

static unsigned int prepare(struct load_engine *engine, size_t thread,
			    struct load_request *requests, unsigned int count)
{
	struct afxdp *afxdp = (struct afxdp *)engine;
	struct afxdp_queue *queue = &afxdp->queues[thread];
	unsigned int room;

	reclaim(queue);
	room = afxdp->live ? load_live_room(afxdp->live, thread) : queue->free_count;
	if (room < count)
		count = room;
	for (unsigned int i = 0; i < count; i++) {
		struct endpoint source;

		sources_next(&afxdp->sources[thread], &source);
		requests[i].source = load_engine_lower(&source.address);
		requests[i].port = source.port;
	}
	return count;
}

static void send_live(struct afxdp *afxdp, size_t thread, const struct load_request *requests,
		      unsigned int count, struct statistics *statistics)
{
	for (unsigned int i = 0; i < count; i++) {
		struct live_frame *frame = load_live_next(afxdp->live, thread, i);
		const struct endpoint source =
			load_engine_source(&afxdp->engine, requests[i].source, requests[i].port);

		frame->length =
			(uint32_t)frame_write(frame->bytes, &afxdp->templates[requests[i].mix],
					      &source, &requests[i].ticket);
	}
	load_live_put(afxdp->live, thread, count);
	if (load_live_error(afxdp->live)) {
		statistics_count(&statistics->failed, count);
		statistics->failed_errno = load_live_error(afxdp->live);
	}
}

static void send_requests(struct load_engine *engine, size_t thread,
			  const struct load_request *requests, unsigned int count,
			  struct statistics *statistics)
{
	struct afxdp *afxdp = (struct afxdp *)engine;
	struct afxdp_queue *queue = &afxdp->queues[thread];
	uint32_t at = 0;

	if (afxdp->live) {
		send_live(afxdp, thread, requests, count, statistics);
		return;
	}
	/* This cannot fail: the ring has a place for each chunk. */
	xsk_ring_prod__reserve(&queue->tx, count, &at);
	for (unsigned int i = 0; i < count; i++) {
		struct xdp_desc *desc = xsk_ring_prod__tx_desc(&queue->tx, at + i);
		const struct endpoint source =
			load_engine_source(engine, requests[i].source, requests[i].port);

		desc->addr = queue->free[--queue->free_count];
		desc->options = 0;
		desc->len = (uint32_t)frame_write(queue->area + desc->addr,
						  &afxdp->templates[requests[i].mix], &source,
						  &requests[i].ticket);
	}
	xsk_ring_prod__submit(&queue->tx, count);
	kick(queue);
}

/* --- receiving --- */

static unsigned int receive_queue(struct afxdp *afxdp, struct afxdp_queue *queue,
				  struct load_worker *worker)
{
	uint32_t at, to = 0;
	unsigned int count = xsk_ring_cons__peek(&queue->rx, 2 * LOAD_BATCH, &at);

	if (count == 0) {
		if (xsk_ring_prod__needs_wakeup(&queue->fill))
			recvfrom(xsk_socket__fd(queue->socket), NULL, 0, MSG_DONTWAIT, NULL, NULL);
		return 0;
	}
	load_worker_arrive(worker);
	xsk_ring_prod__reserve(&queue->fill, count, &to);
	for (unsigned int i = 0; i < count; i++) {
		const struct xdp_desc *desc = xsk_ring_cons__rx_desc(&queue->rx, at + i);
		struct load_reply reply;

		frame_read(&reply, queue->area + desc->addr, desc->len, &afxdp->frame_link);
		load_worker_take(worker, &reply);
		*xsk_ring_prod__fill_addr(&queue->fill, to + i) =
			desc->addr & ~(uint64_t)(CHUNK - 1);
	}
	xsk_ring_cons__release(&queue->rx, count);
	xsk_ring_prod__submit(&queue->fill, count);
	return count;
}

static unsigned int receive(struct load_engine *engine, size_t thread, struct load_worker *worker)
{
	struct afxdp *afxdp = (struct afxdp *)engine;
	struct afxdp_queue *own = &afxdp->queues[thread];
	unsigned int count = 0;

	for (size_t i = thread; i < afxdp->queues_count; i += afxdp->threads)
		count += receive_queue(afxdp, &afxdp->queues[i], worker);
	kick(own); /* for what the kernel left in the ring because the device was full */
	return count;
}

static void await(struct load_engine *engine, size_t thread, uint64_t nanoseconds)
{
	const struct afxdp *afxdp = (struct afxdp *)engine;
	const struct timespec span = clock_span(nanoseconds);
	struct pollfd events[QUEUES_MAX];
	nfds_t count = 0;

	for (size_t i = thread; i < afxdp->queues_count; i += afxdp->threads)
		events[count++] = (struct pollfd){.fd = xsk_socket__fd(afxdp->queues[i].socket),
						  .events = POLLIN};
	ppoll(events, count, &span, NULL);
}

/* --- opening --- */

static void close_queue(struct afxdp_queue *queue)
{
	if (queue->socket)
		xsk_socket__delete(queue->socket);
	if (queue->umem)
		xsk_umem__delete(queue->umem);
	if (queue->area)
		munmap(queue->area, AREA);
	free(queue->free);
	*queue = (struct afxdp_queue){0};
}

static void close_queues(struct afxdp *afxdp)
{
	for (size_t i = 0; i < afxdp->queues_count; i++)
		close_queue(&afxdp->queues[i]);
	afxdp->queues_count = 0;
}

static void close_afxdp(struct load_engine *engine)
{
	struct afxdp *afxdp = (struct afxdp *)engine;

	load_live_close(afxdp->live);
	close_queues(afxdp);
	if (afxdp->attached >= 0)
		close(afxdp->attached);
	redirect_bpf__destroy(afxdp->bpf);
	free(afxdp);
}

static int open_area(struct afxdp_queue *queue)
{
	const struct xsk_umem_config config = {
		.fill_size = RING,
		.comp_size = RING,
		.frame_size = CHUNK,
	};
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;
	void *area = mmap(NULL, AREA, PROT_READ | PROT_WRITE, flags, -1, 0);

	queue->free = calloc(RING, sizeof(*queue->free));
	if (area == MAP_FAILED || !queue->free)
		return -ENOMEM;
	queue->area = area;
	return xsk_umem__create(&queue->umem, area, AREA, &queue->fill, &queue->completion,
				&config);
}

/* The upper half of the area is for sending, the lower one is given to the kernel to fill. */
static void share_out(struct afxdp_queue *queue)
{
	uint32_t at = 0;

	xsk_ring_prod__reserve(&queue->fill, RING, &at);
	for (unsigned int i = 0; i < RING; i++) {
		*xsk_ring_prod__fill_addr(&queue->fill, at + i) = (uint64_t)i * CHUNK;
		queue->free[i] = (uint64_t)(RING + i) * CHUNK;
	}
	queue->free_count = RING;
	xsk_ring_prod__submit(&queue->fill, RING);
}

static int open_queue(struct afxdp *afxdp, const char *interface, unsigned int index,
		      uint16_t bind_flags)
{
	const struct xsk_socket_config config = {
		.rx_size = RING,
		.tx_size = RING,
		.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
		.bind_flags = bind_flags | XDP_USE_NEED_WAKEUP,
	};
	struct afxdp_queue *queue = &afxdp->queues[index];
	int r = open_area(queue), fd;

	if (r == 0)
		r = xsk_socket__create(&queue->socket, interface, index, queue->umem, &queue->rx,
				       &queue->tx, &config);
	if (r < 0)
		return r;
	share_out(queue);
	fd = xsk_socket__fd(queue->socket);
	return bpf_map_update_elem(bpf_map__fd(afxdp->bpf->maps.sockets), &index, &fd, BPF_ANY);
}

static int open_queues(struct afxdp *afxdp, const char *interface, uint16_t bind_flags)
{
	int r = 0;

	for (unsigned int i = 0; i < afxdp->link.queues && r == 0; i++) {
		afxdp->queues_count++;
		r = open_queue(afxdp, interface, i, bind_flags);
	}
	if (r < 0)
		close_queues(afxdp);
	return r;
}

static int attach(struct afxdp *afxdp, uint32_t flags)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = flags);
	int fd = bpf_link_create(bpf_program__fd(afxdp->bpf->progs.redirect),
				 (int)afxdp->link.index, BPF_XDP, &options);

	if (fd < 0)
		return -errno;
	afxdp->attached = fd;
	return 0;
}

static int explain(int r, const char *interface, const char *what, struct error *error)
{
	const char *why = strerror(-r);

	if (r == -EBUSY || r == -EEXIST)
		why = "another program has it already";
	else if (r == -EPERM || r == -EACCES)
		why = "that takes CAP_NET_ADMIN, CAP_NET_RAW and CAP_BPF, as root has them";
	else if (r == -EOPNOTSUPP || r == -EINVAL)
		why = "the driver cannot do that";
	return error_set(error, r, "%s: %s: %s", interface, what, why);
}

/* Some drivers take the link down for a moment when a program comes. */
static int await_carrier(struct afxdp *afxdp, const char *interface, struct error *error)
{
	const struct timespec pause = {.tv_nsec = 10 * CLOCK_MILLISECOND};
	uint64_t end = clock_now() + CARRIER_WAIT;
	struct load_link link;
	int r;

	do {
		r = load_link_read(&link, interface, error);
		if (r < 0 || link.up)
			return r;
		nanosleep(&pause, NULL);
	} while (clock_now() < end);
	afxdp->link.up = false;
	return error_set(error, -ENETDOWN, "%s is down", interface);
}

/* Opens the best mode that works, of those that are asked for. */
static int open_sockets(struct afxdp *afxdp, const struct load_settings *settings,
			struct error *error)
{
	const char *interface = settings->interface;
	enum load_mode asked = settings->mode;
	bool automatic = asked == MODE_AUTO;
	int r = -EOPNOTSUPP;

	if (asked != MODE_GENERIC)
		r = attach(afxdp, XDP_FLAGS_DRV_MODE);
	afxdp->engine.mode = MODE_NATIVE;
	if (asked == MODE_GENERIC || (automatic && r == -EOPNOTSUPP)) {
		r = attach(afxdp, XDP_FLAGS_SKB_MODE);
		afxdp->engine.mode = MODE_GENERIC;
	}
	if (r < 0)
		return explain(r, interface, "attaching the XDP program", error);
	r = await_carrier(afxdp, interface, error);
	if (r < 0)
		return r;
	r = -EOPNOTSUPP;
	if (asked == MODE_ZEROCOPY || (automatic && afxdp->engine.mode == MODE_NATIVE))
		r = open_queues(afxdp, interface, XDP_ZEROCOPY);
	if (r == 0)
		afxdp->engine.mode = MODE_ZEROCOPY;
	else if (asked != MODE_ZEROCOPY)
		r = open_queues(afxdp, interface, XDP_COPY);
	if (r < 0)
		return explain(r, interface, "opening AF_XDP sockets", error);
	if (asked != MODE_LIVE)
		return 0;
	afxdp->engine.mode = MODE_LIVE;
	r = load_live_open(&afxdp->live, settings, afxdp->link.index);
	return r < 0 ? explain(r, interface, "sending live frames", error) : 0;
}

static int load_program(struct afxdp *afxdp, const struct ticket_key *key, const char *interface,
			struct error *error)
{
	int r = -ENOMEM;

	libbpf_set_print(NULL);
	afxdp->bpf = redirect_bpf__open();
	if (afxdp->bpf) {
		memcpy((void *)&afxdp->bpf->rodata->key, key, sizeof(*key));
		r = redirect_bpf__load(afxdp->bpf);
	}
	return r < 0 ? explain(r, interface, "loading the XDP program", error) : 0;
}

/* Asks the kernel for what the command line does not say. */
static int find_route(struct afxdp *afxdp, const struct load_settings *settings,
		      struct prefix *source, struct error *error)
{
	struct load_route route;
	int r;

	memcpy(afxdp->frame_link.destination, settings->mac, sizeof(settings->mac));
	*source = settings->source;
	if (settings->mac_given && settings->source_given)
		return 0;
	r = load_link_route(&route, &afxdp->link, &settings->target.address, error);
	if (r == 0 && !settings->mac_given)
		r = load_link_neighbour(afxdp->frame_link.destination, &afxdp->link, &route.hop,
					error);
	if (r < 0 || settings->source_given)
		return r;
	if (route.source.family == 0)
		return error_set(error, -EADDRNOTAVAIL,
				 "%s has no address to send from: give --source",
				 settings->interface);
	*source = address_alone(&route.source);
	return 0;
}

static int prepare_frames(struct afxdp *afxdp, const struct load_settings *settings,
			  struct error *error)
{
	struct frame_link *link = &afxdp->frame_link;
	struct prefix source;
	int r = find_route(afxdp, settings, &source, error);

	if (r < 0)
		return r;
	memcpy(link->source, afxdp->link.mac, sizeof(link->source));
	memcpy(link->tags, settings->tags, sizeof(link->tags));
	link->tags_count = settings->tags_count;
	afxdp->engine.source = source.address;
	for (size_t i = 0; i < settings->mix_count; i++)
		frame_template(&afxdp->templates[i], settings->mix[i].profile, link,
			       &settings->target);
	for (size_t i = 0; i < afxdp->threads; i++)
		sources_init(&afxdp->sources[i], &source,
			     settings->ports_given ? settings->port_first : PORT_FIRST,
			     settings->ports_given ? settings->port_last : PORT_LAST,
			     &settings->target.address, i, afxdp->threads);
	return 0;
}

static int open_steps(struct afxdp *afxdp, const struct load_settings *settings,
		      const struct ticket_key *key, struct error *error)
{
	int r = load_link_read(&afxdp->link, settings->interface, error);

	if (r < 0)
		return r;
	if (afxdp->link.queues > QUEUES_MAX || afxdp->threads > afxdp->link.queues)
		return error_set(error, -EINVAL, "%s has %u queues: %s", settings->interface,
				 afxdp->link.queues,
				 afxdp->threads > afxdp->link.queues
					 ? "there can be no more threads"
					 : "more than 64, see ethtool --set-channels");
	r = prepare_frames(afxdp, settings, error);
	if (r == 0)
		r = load_program(afxdp, key, settings->interface, error);
	if (r == 0)
		r = open_sockets(afxdp, settings, error);
	return r;
}

int load_afxdp_open(struct load_engine **engine, const struct load_settings *settings,
		    const struct ticket_key *key, struct error *error)
{
	static const struct load_engine_kind kind = {
		.prepare = prepare,
		.send = send_requests,
		.receive = receive,
		.wait = await,
		.close = close_afxdp,
	};
	struct afxdp *afxdp = calloc(1, sizeof(*afxdp));
	int r;

	if (!afxdp)
		return error_set(error, -ENOMEM, "no memory");
	afxdp->engine.kind = &kind;
	afxdp->attached = -1;
	afxdp->threads = load_settings_threads(settings);
	r = open_steps(afxdp, settings, key, error);
	if (r < 0)
		close_afxdp(&afxdp->engine);
	else
		*engine = &afxdp->engine;
	return r;
}
