// SPDX-License-Identifier: BSD-2-Clause
#include "raw.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER (16 << 20)
#define MACS   12
#define TAG    4

static int set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

static int complain(struct raw *raw, const char *interface, const char *what)
{
	int error = -errno;

	fprintf(stderr, "live: %s: %s: %s\n", interface, what, strerror(errno));
	raw_close(raw);
	return error;
}

int raw_open(struct raw *raw, const char *interface)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	struct ifreq ifreq = {0};

	/* Without a protocol it hears nothing until it is bound to the interface. */
	raw->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (raw->fd < 0)
		return complain(raw, interface, "no packet socket");
	snprintf(ifreq.ifr_name, sizeof(ifreq.ifr_name), "%s", interface);
	if (ioctl(raw->fd, SIOCGIFMTU, &ifreq))
		return complain(raw, interface, "no such interface");
	raw->mtu = (unsigned int)ifreq.ifr_mtu;
	address.sll_ifindex = (int)if_nametoindex(interface);
	if (set(raw->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1) ||
	    set(raw->fd, SOL_PACKET, PACKET_AUXDATA, 1) ||
	    set(raw->fd, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER) ||
	    set(raw->fd, SOL_SOCKET, SO_SNDBUFFORCE, BUFFER))
		return complain(raw, interface, "cannot set up the packet socket");
	if (bind(raw->fd, (struct sockaddr *)&address, sizeof(address)))
		return complain(raw, interface, "cannot listen");
	return 0;
}

void raw_close(struct raw *raw)
{
	if (raw->fd >= 0)
		close(raw->fd);
	raw->fd = -1;
}

int raw_takes(const struct raw *raw, size_t length)
{
	return length >= ETH_HLEN && length <= raw->mtu + ETH_HLEN;
}

int raw_send(const struct raw *raw, const struct raw_frame *frames, size_t count)
{
	struct mmsghdr messages[RAW_BURST_MAX] = {0};
	struct iovec parts[RAW_BURST_MAX];
	size_t sent = 0;

	if (count > RAW_BURST_MAX)
		return -E2BIG;
	for (size_t i = 0; i < count; i++) {
		parts[i].iov_base = (void *)frames[i].bytes;
		parts[i].iov_len = frames[i].length;
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	while (sent < count) {
		int result = sendmmsg(raw->fd, messages + sent, (unsigned int)(count - sent), 0);

		if (result < 0 && errno != EINTR)
			return -errno;
		if (result > 0)
			sent += (size_t)result;
	}
	return 0;
}

/* The kernel takes the outer tag out on the way up, and says here what it was. */
static size_t restore_tag(struct msghdr *message, uint8_t *frame, size_t length, size_t capacity)
{
	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part;
	     part = CMSG_NXTHDR(message, part)) {
		struct tpacket_auxdata aux;
		uint16_t tag[2];

		if (part->cmsg_level != SOL_PACKET || part->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&aux, CMSG_DATA(part), sizeof(aux));
		if (!(aux.tp_status & TP_STATUS_VLAN_VALID) || length + TAG > capacity)
			continue;
		memmove(frame + MACS + TAG, frame + MACS, length - MACS);
		tag[0] = htons(aux.tp_status & TP_STATUS_VLAN_TPID_VALID ? aux.tp_vlan_tpid
									 : ETH_P_8021Q);
		tag[1] = htons(aux.tp_vlan_tci);
		memcpy(frame + MACS, tag, TAG);
		length += TAG;
	}
	return length;
}

int raw_receive(const struct raw *raw, uint8_t *frame, size_t capacity, int milliseconds)
{
	union {
		struct cmsghdr align;
		uint8_t room[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	} control;
	struct iovec part = {frame, capacity};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	struct pollfd event = {raw->fd, POLLIN, 0};
	ssize_t length;

	length = recvmsg(raw->fd, &message, MSG_DONTWAIT);
	if (length < 0 && errno == EAGAIN && milliseconds) {
		if (poll(&event, 1, milliseconds) <= 0)
			return 0;
		message.msg_controllen = sizeof(control);
		length = recvmsg(raw->fd, &message, MSG_DONTWAIT);
	}
	if (length < 0)
		return errno == EAGAIN ? 0 : -errno;
	return (int)restore_tag(&message, frame, (size_t)length, capacity);
}

unsigned int raw_dropped(const struct raw *raw)
{
	struct tpacket_stats stats = {0};
	socklen_t length = sizeof(stats);

	getsockopt(raw->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &length);
	return stats.tp_drops;
}
