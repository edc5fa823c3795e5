// SPDX-License-Identifier: BSD-2-Clause
#include "socket_udp.h"

#include <errno.h>
#include <linux/filter.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define BATCH	    32
#define REQUEST_MAX 65536 /* whatever UDP carries; pages that are never used take no memory */
#define MTU_DEFAULT 1500
#define LOOPBACK    1 /* its index, in every network namespace */

/* A reply that waits to be sent, and what is counted then. */
struct reply {
	enum verdict verdict;
	bool private_client;
	uint32_t received;
};

struct udp {
	struct mmsghdr in[BATCH];
	struct iovec in_bytes[BATCH];
	struct sockaddr_storage clients[BATCH];
	struct {
		_Alignas(struct cmsghdr) uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control[BATCH];
	struct mmsghdr out[BATCH];
	struct iovec out_bytes[BATCH];
	struct reply replies[BATCH];
	unsigned int replies_count;
	uint8_t request[BATCH][REQUEST_MAX];
	uint8_t reply[BATCH][MESSAGE_REPLY_MAX];
};

struct udp *udp_create(void)
{
	struct udp *udp = calloc(1, sizeof(*udp));

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

void udp_destroy(struct udp *udp)
{
	free(udp);
}

/*
 * A request from this machine's own address or from 127/8 is this machine's, if it comes by the
 * loopback interface. The kernel always keeps ::1 out, but with route_localnet and without
 * rp_filter it takes 127.0.0.2 from anyone, and the reply would go to a process here. IP_PKTINFO
 * does not tell, since it names the interface that has the address. A filter sees the real one, and
 * can shorten: what came from outside with such a source arrives without payload.
 */
int udp_filter(int fd, int family)
{
	const unsigned int words = family == AF_INET6 ? 4 : 1;
	const unsigned int source = SKF_NET_OFF + (family == AF_INET6 ? 8 : 12);
	const unsigned int last = 4 * words + (family == AF_INET6 ? 3 : 5);
	struct sock_filter code[4 * 4 + 4];
	const struct sock_fprog program = {.len = last + 1, .filter = code};
	unsigned int n = 0;

	if (family == AF_INET) {
		code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_B | BPF_ABS, source);
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 127, 4, 0);
	}
	for (unsigned int i = 0; i < words; i++) {
		code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, source + 4 * i);
		code[n++] = (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TAX, 0);
		code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
							 source + 4 * (words + i));
		code[n] =
			(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, last - n - 1);
		n++;
	}
	code[n++] =
		(struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_IFINDEX);
	code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, LOOPBACK, 1, 0);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, sizeof(struct wire_udp));
	code[n] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, UINT32_MAX);
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno
											   : 0;
}

/* What the filter has cut is not; nor, since that looks the same, what was sent empty. */
static bool is_local(const struct message_path *path, uint32_t received)
{
	static const struct wire_ipv6_address loopback = {.word[3].raw = WIRE_SWAP32(1)};

	if (received == 0)
		return false;
	if (memcmp(&path->source, &path->destination, sizeof(path->source)) == 0)
		return true;
	if (path->family == FAMILY_IPV4)
		return be32_to(&path->source.word[0]) >> 24 == 127;
	return memcmp(&path->source, &loopback, sizeof(loopback)) == 0;
}

/* MTU of the interface that a request came by. */
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

static void count_reply(struct worker *worker, const struct port *port, const struct reply *reply,
			uint32_t length, bool sent)
{
	counters_count(&worker->statistics.counters, port->path.family,
		       sent ? reply->verdict : VERDICT_UNSENT, reply->received, sent ? length : 0);
	if (sent && reply->private_client)
		worker->statistics.counters.packets[COUNTERS_EXTRA][COUNTERS_PRIVATE_CLIENTS]++;
}

/*
 * What the kernel refuses for what the client's address is says nothing of other clients, and
 * anyone can have it by a forged source: no route, a route that prohibits, a broadcast address, a
 * path that is too narrow.
 */
static void note_sending(struct worker *worker, const struct port *port, bool sent, int error)
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

/* Sends what waits, from the socket that was asked. The kernel stops at the first that it does not
 * take: that one is skipped. */
static void flush(struct worker *worker, const struct port *port)
{
	struct udp *udp = worker->udp;
	unsigned int done = 0;

	while (done < udp->replies_count) {
		int r = sendmmsg(port->source.fd, udp->out + done, udp->replies_count - done,
				 MSG_DONTWAIT);
		unsigned int end = done + (r > 0 ? r : 1);

		if (r < 0 && errno == EINTR)
			continue;
		for (; done < end; done++) {
			note_sending(worker, port, r > 0, errno);
			count_reply(worker, port, &udp->replies[done], udp->out_bytes[done].iov_len,
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

/* PADDING is there to have the reply fragmented. */
static bool send_padded(const struct port *from, const struct msghdr *message)
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

/* The socket of the corner that a reply is to leave from (RFC 5780 section 7.2). */
static const struct port *find_corner(const struct worker *worker, const struct port *port,
				      const struct message_path *reply)
{
	struct service corner = port->service;

	if (reply->source_port.raw == port->path.destination_port.raw &&
	    memcmp(&reply->source, &port->path.destination, sizeof(reply->source)) == 0)
		return port;
	corner.service.port = be16_to(&reply->source_port);
	memcpy(corner.service.address, &reply->source, sizeof(corner.service.address));
	return worker_find(worker, &corner, false);
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

/* Writes the reply behind those that wait, and sends it at once where it does not go with them. */
static void reply_to(struct worker *worker, const struct port *port, unsigned int request,
		     const struct binding *binding, struct reply reply, bool padded)
{
	struct udp *udp = worker->udp;
	unsigned int n = udp->replies_count;
	struct msghdr *message = &udp->out[n].msg_hdr;
	uint32_t length = message_reply_length(binding);
	struct message_path path = port->path; /* IPv4 leaves some of it alone */
	const struct port *from;
	bool sent = false;

	message_reply_path(binding, &path);
	set_port(&udp->clients[request], &path.destination_port);
	message->msg_name = &udp->clients[request];
	message->msg_namelen = udp->in[request].msg_hdr.msg_namelen;
	udp->out_bytes[n] = (struct iovec){udp->reply[n], length};
	from = find_corner(worker, port, &path);
	if (!from || length > MESSAGE_REPLY_MAX ||
	    !message_emit(udp->reply[n], udp->reply[n] + length, &worker->set->policy, binding)) {
		count_reply(worker, port, &reply, length, false);
		return;
	}
	if (from == port && !padded) {
		udp->replies[udp->replies_count++] = reply;
		return;
	}
	sent = padded ? send_padded(from, message) : send_one(from->source.fd, message);
	note_sending(worker, port, sent, errno);
	count_reply(worker, port, &reply, length, sent);
}

static void answer(struct worker *worker, const struct port *port, unsigned int request)
{
	struct udp *udp = worker->udp;
	const struct policy *policy = &worker->set->policy;
	const uint8_t *message = udp->request[request];
	struct reply reply = {.received = udp->in[request].msg_len};
	struct message_path path = port->path;
	struct binding binding = {0};
	bool padded;

	path_from(&path, &udp->clients[request]);
	path.local = is_local(&path, reply.received);
	reply.verdict = message_examine(message, message + reply.received, policy, &path, &binding);
	padded = reply.verdict == VERDICT_PADDING;
	if (padded)
		reply.verdict = message_pad(
			policy, &binding, request_mtu(port->source.fd, &udp->in[request].msg_hdr));
	reply.private_client = binding.private_client && message_is_success(reply.verdict);
	if (verdict_action(reply.verdict) == ACTION_ANSWER)
		reply_to(worker, port, request, &binding, reply, padded);
	else
		counters_count(&worker->statistics.counters, path.family, reply.verdict,
			       reply.received, 0);
}

void udp_ready(struct worker *worker, struct source *source)
{
	struct port *port = port_of(source);
	struct udp *udp = worker->udp;
	int count;

	for (unsigned int i = 0; i < BATCH; i++) {
		udp->in[i].msg_hdr.msg_namelen = sizeof(udp->clients[i]);
		udp->in[i].msg_hdr.msg_controllen = sizeof(udp->control[i]);
	}
	/* An error is one of the network's, and gone once it was told. */
	count = recvmmsg(source->fd, udp->in, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < count; i++)
		answer(worker, port, i);
	flush(worker, port);
}
