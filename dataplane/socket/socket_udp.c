// SPDX-License-Identifier: BSD-2-Clause
#include "socket_udp.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define BATCH	    32
#define REQUEST_MAX 65536 /* whatever UDP carries; pages that are never used take no memory */
#define MTU_DEFAULT 1500

struct socket_udp {
	struct mmsghdr in[BATCH];
	struct iovec in_bytes[BATCH];
	struct sockaddr_storage clients[BATCH];
	struct {
		_Alignas(struct cmsghdr) uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control[BATCH];
	struct mmsghdr out[BATCH];
	struct iovec out_bytes[BATCH];
	struct counters_event replies[BATCH]; /* that wait to be sent */
	unsigned int replies_count;
	uint8_t request[BATCH][REQUEST_MAX];
	uint8_t reply[BATCH][MESSAGE_REPLY_MAX];
};

struct socket_udp *socket_udp_create(void)
{
	struct socket_udp *udp = calloc(1, sizeof(*udp));

	for (unsigned int i = 0; udp && i < BATCH; i++) {
		udp->in_bytes[i] = (struct iovec){udp->request[i], REQUEST_MAX};
		udp->in[i].msg_hdr.msg_iov = &udp->in_bytes[i];
		udp->in[i].msg_hdr.msg_iovlen = 1;
		udp->in[i].msg_hdr.msg_name = &udp->clients[i];
		udp->in[i].msg_hdr.msg_control = &udp->control[i];
		udp->out[i].msg_hdr.msg_iov = &udp->out_bytes[i];
		udp->out[i].msg_hdr.msg_iovlen = 1;
	}
	return udp;
}

void socket_udp_destroy(struct socket_udp *udp)
{
	free(udp);
}

/* Whether only this machine may send it. What socket_filter_attach emptied is not local; nor is
 * what was sent empty, which looks the same. */
static bool is_local(const struct message_path *path, uint32_t received)
{
	static const struct wire_ipv6_address loopback = {.word[3].raw = BYTES_SWAP32(1)};

	if (received == 0)
		return false;
	if (memcmp(&path->source, &path->destination, sizeof(path->source)) == 0)
		return true;
	if (path->family == FAMILY_IPV4)
		return be32_to(&path->source.word[0]) >> 24 == 127;
	return memcmp(&path->source, &loopback, sizeof(loopback)) == 0;
}

/* The MTU of the interface that a request came by. */
static uint32_t request_mtu(int fd, struct msghdr *message)
{
	const struct cmsghdr *control = CMSG_FIRSTHDR(message);
	struct ifreq request = {0};
	struct in6_pktinfo in6;
	struct in_pktinfo in;
	unsigned int index = 0;

	if (control && control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
		memcpy(&in, CMSG_DATA(control), sizeof(in));
		index = in.ipi_ifindex;
	} else if (control && control->cmsg_type == IPV6_PKTINFO) {
		memcpy(&in6, CMSG_DATA(control), sizeof(in6));
		index = in6.ipi6_ifindex;
	}
	request.ifr_ifindex = (int)index; /* if_indextoname() would take a file for each */
	if (ioctl(fd, SIOCGIFNAME, &request) < 0 || ioctl(fd, SIOCGIFMTU, &request) < 0)
		return MTU_DEFAULT;
	return request.ifr_mtu;
}

/* --- sending --- */

/*
 * Some errors depend on the client's address: no route, a route that prohibits, a broadcast
 * address, a path that is too narrow. Anyone can cause them by a forged source, and they say
 * nothing of other clients, so they do not count as refused.
 */
static void note_sending(struct socket_worker *worker, const struct socket_port *port, bool sent,
			 int error)
{
	static const int of_client[] = {ENETUNREACH, EHOSTUNREACH, EHOSTDOWN,	 EACCES,
					EINVAL,	     EMSGSIZE,	   ECONNREFUSED, ENOPROTOOPT};

	worker->statistics.sent[port->path.family] += sent;
	if (sent)
		return;
	for (size_t i = 0; i < sizeof(of_client) / sizeof(of_client[0]); i++)
		if (error == of_client[i])
			return;
	worker->statistics.refused[port->path.family]++;
}

/* Sends the replies that wait, from the socket that was asked. The kernel stops at the first that
 * it does not take: that one is skipped. */
static void tx_flush(struct socket_worker *worker, const struct socket_port *port)
{
	struct socket_udp *udp = worker->udp;
	unsigned int done = 0;

	while (done < udp->replies_count) {
		int r = sendmmsg(port->source.fd, udp->out + done, udp->replies_count - done,
				 MSG_DONTWAIT);
		unsigned int end = done + (r > 0 ? r : 1);

		if (r < 0 && errno == EINTR)
			continue;
		for (; done < end; done++) {
			note_sending(worker, port, r > 0, errno);
			counters_record_reply(&worker->statistics.counters, &udp->replies[done], 1,
					      r > 0);
		}
	}
	udp->replies_count = 0;
}

static bool send_one(int fd, const struct msghdr *message)
{
	ssize_t r;

	do {
		r = sendmsg(fd, message, MSG_DONTWAIT);
	} while (r < 0 && errno == EINTR);
	return r >= 0;
}

/* PADDING is meant to have the reply fragmented. */
static bool send_padded(const struct socket_port *from, const struct msghdr *message)
{
	bool ipv6 = from->path.family == FAMILY_IPV6;
	int level = ipv6 ? IPPROTO_IPV6 : IPPROTO_IP;
	int name = ipv6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER;
	const int may = IP_PMTUDISC_DONT, may_not = IP_PMTUDISC_PROBE; /* as with IPv6 */
	int error;
	bool sent;

	setsockopt(from->source.fd, level, name, &may, sizeof(may));
	sent = send_one(from->source.fd, message);
	error = errno;
	setsockopt(from->source.fd, level, name, &may_not, sizeof(may_not));
	errno = error;
	return sent;
}

/* The port that a reply leaves from: another one where CHANGE-REQUEST asks for an alternate address
 * or port (RFC 5780 section 7.2). */
static const struct socket_port *reply_port(const struct socket_worker *worker,
					    const struct socket_port *port,
					    const struct message_path *reply)
{
	struct service from = port->service;

	if (reply->source_port.raw == port->path.destination_port.raw &&
	    memcmp(&reply->source, &port->path.destination, sizeof(reply->source)) == 0)
		return port;
	from.service.port = be16_to(&reply->source_port);
	memcpy(from.service.address, &reply->source, sizeof(from.service.address));
	return socket_worker_find(worker, &from, false);
}

/* RESPONSE-PORT; the address is always that of the client. */
static void set_port(struct sockaddr_storage *client, const struct be16 *port)
{
	if (client->ss_family == AF_INET6)
		memcpy(&((struct sockaddr_in6 *)client)->sin6_port, port, sizeof(*port));
	else
		memcpy(&((struct sockaddr_in *)client)->sin_port, port, sizeof(*port));
}

/* --- requests --- */

/* Writes the reply behind those that wait. One from another port, or with padding, is sent at once.
 */
static void reply_to(struct socket_worker *worker, const struct socket_port *port,
		     unsigned int request, const struct binding *binding,
		     const struct counters_event *reply, bool padded)
{
	struct socket_udp *udp = worker->udp;
	unsigned int n = udp->replies_count;
	struct msghdr *message = &udp->out[n].msg_hdr;
	struct counters *counters = &worker->statistics.counters;
	struct message_path path = port->path; /* IPv4 leaves some of it alone */
	const struct socket_port *from;
	bool sent = false;

	message_reply_path(binding, &path);
	set_port(&udp->clients[request], &path.destination_port);
	message->msg_name = &udp->clients[request];
	message->msg_namelen = udp->in[request].msg_hdr.msg_namelen;
	udp->out_bytes[n] = (struct iovec){udp->reply[n], reply->sent};
	from = reply_port(worker, port, &path);
	if (!from || reply->sent > MESSAGE_REPLY_MAX ||
	    !message_emit(udp->reply[n], udp->reply[n] + reply->sent, &worker->set->policy,
			  binding)) {
		counters_record_reply(counters, reply, 1, false);
		return;
	}
	if (from == port && !padded) {
		udp->replies[udp->replies_count++] = *reply;
		return;
	}
	sent = padded ? send_padded(from, message) : send_one(from->source.fd, message);
	note_sending(worker, port, sent, errno);
	counters_record_reply(counters, reply, 1, sent);
}

static void answer(struct socket_worker *worker, const struct socket_port *port,
		   unsigned int request)
{
	struct socket_udp *udp = worker->udp;
	const struct policy *policy = &worker->set->policy;
	const uint8_t *message = udp->request[request];
	struct counters_event event = {.family = (enum family)port->path.family,
				       .received = udp->in[request].msg_len};
	struct message_path path = port->path;
	struct binding binding = {0};
	bool padded;

	socket_path_from(&path, &udp->clients[request]);
	path.local = is_local(&path, event.received);
	event.verdict = message_examine(message, message + event.received, policy, &path, &binding);
	padded = event.verdict == VERDICT_PADDING;
	if (padded)
		event.verdict = message_pad(
			policy, &binding, request_mtu(port->source.fd, &udp->in[request].msg_hdr));
	if (verdict_action(event.verdict) != ACTION_ANSWER) {
		counters_record(&worker->statistics.counters, &event, 1);
		return;
	}
	event.sent = message_reply_length(&binding);
	event.private_client = binding.private_client;
	reply_to(worker, port, request, &binding, &event, padded);
}

void socket_udp_ready(struct socket_worker *worker, struct socket_source *source)
{
	struct socket_port *port = socket_port_of(source);
	struct socket_udp *udp = worker->udp;
	int count;

	for (unsigned int i = 0; i < BATCH; i++) {
		udp->in[i].msg_hdr.msg_namelen = sizeof(udp->clients[i]);
		udp->in[i].msg_hdr.msg_controllen = sizeof(udp->control[i]);
	}
	/* An error is one of the network's, and gone once it is reported. */
	count = recvmmsg(source->fd, udp->in, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < count; i++)
		answer(worker, port, i);
	tx_flush(worker, port);
}
