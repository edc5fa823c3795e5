/* SPDX-License-Identifier: BSD-2-Clause */
/* A packet filter that tells this machine's own requests from forged ones. */
#ifndef REFLEX_SOCKET_FILTER_H
#define REFLEX_SOCKET_FILTER_H

/**
 * socket_filter_attach - have the kernel empty requests that only this machine may send, but that
 * came from outside: those whose source is their destination, or in 127/8.
 * @fd: a UDP socket
 * @family: AF_INET or AF_INET6
 *
 * A request from this machine's own address or from 127/8 is this machine's, if it comes by the
 * loopback interface. The kernel always keeps ::1 out, but with route_localnet and without
 * rp_filter it takes 127.0.0.2 from anyone, and the reply would go to a process here. IP_PKTINFO
 * does not tell, since it names the interface that has the address. A filter sees the real one, and
 * can shorten: such a request arrives with a length of 0.
 *
 * Return: 0 or -errno.
 */
int socket_filter_attach(int fd, int family);

#endif
