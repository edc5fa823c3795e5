// SPDX-License-Identifier: BSD-2-Clause
/* What a configuration means on a machine: own addresses, alternates, and addresses that no request
 * reaches. In a network namespace of its own, whose loopback interface has the addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the four above before it. */
#include <cmocka.h>

#include "endpoint.h"
#include "log.h"
#include "services.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LO	"interfaces:\n  - name: lo\n" /* two lines */
#define SOCKETS "dataplane: socket\n"
#define ALTERNATE                                                                                  \
	"services:\n"                                                                              \
	"  - {address: 203.0.113.10, alternate: {address: 203.0.113.11, port: 3479}}\n"

static char path[] = "/tmp/reflex-services.XXXXXX";
static struct config config;
static struct services services;
static struct error error;
static int control = -1;

/* --- the machine --- */

/* Gives the loopback interface an IPv4 address; "" takes it away again. */
static void set_ipv4(const char *label, const char *text)
{
	struct ifreq request = {0};
	struct sockaddr_in *address = (struct sockaddr_in *)&request.ifr_addr;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", label);
	if (!*text) { /* an alias that is down is none */
		assert_int_equal(ioctl(control, SIOCSIFFLAGS, &request), 0);
		return;
	}
	address->sin_family = AF_INET;
	inet_pton(AF_INET, text, &address->sin_addr);
	assert_int_equal(ioctl(control, SIOCSIFADDR, &request), 0);
	/* In one subnet the second would go with the first. */
	address->sin_addr.s_addr = 0xffffffff;
	assert_int_equal(ioctl(control, SIOCSIFNETMASK, &request), 0);
}

/* Until then it is tentative, even on the loopback interface, for as long as the kernel takes. */
static int await_ipv6(const struct in6_addr *address)
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_addr = *address};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), tries = 10000, r;

	while ((r = bind(fd, (const struct sockaddr *)&in6, sizeof(in6))) < 0 && --tries)
		usleep(1000);
	close(fd);
	return r;
}

static int add_ipv6(const char *text)
{
	/* struct in6_ifreq of <linux/ipv6.h>, which cannot stand beside <netinet/in.h> */
	struct {
		struct in6_addr address;
		uint32_t prefix;
		int interface;
	} request = {.prefix = 128, .interface = (int)if_nametoindex("lo")};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), r;

	inet_pton(AF_INET6, text, &request.address);
	r = ioctl(fd, SIOCSIFADDR, &request);
	close(fd);
	return r < 0 ? r : await_ipv6(&request.address);
}

static int make_machine(void)
{
	struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP};

	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return -errno;
	control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (control < 0 || ioctl(control, SIOCSIFFLAGS, &up) < 0)
		return -errno;
	set_ipv4("lo:1", "203.0.113.10");
	return add_ipv6("2001:db8::10");
}

/* --- what is said of it --- */

static void expand(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	if (config_load(&config, path, CONFIG_DATAPLANE_AUTO, &error) < 0)
		fail_msg("refused: %s", error.text);
	services_free(&services);
	if (services_expand(&services, &config, &error) < 0)
		fail_msg("not expanded: %s", error.text);
}

/* Compares the list with lines such as "192.0.2.1:1 192.0.2.2:2", service and alternate. */
static void expect_list(const char *expected)
{
	char all[2048] = "", text[ENDPOINT_TEXT_MAX];
	size_t length = 0;

	for (size_t i = 0; i < services.count; i++) {
		struct policy_service other = services.list[i].service;

		length += snprintf(all + length, sizeof(all) - length, "%s",
				   endpoint_print(text, &other, services.list[i].scope));
		memcpy(other.address, other.alternate, sizeof(other.address));
		other.port = other.alternate_port;
		if (other.port)
			length += snprintf(all + length, sizeof(all) - length, " %s",
					   endpoint_print(text, &other, 0));
		length += snprintf(all + length, sizeof(all) - length, "\n");
	}
	assert_string_equal(all, expected);
}

static void expect_right(void)
{
	if (services_check(&services, &config, path, &error) < 0)
		fail_msg("refused: %s", error.text);
}

/* What the error says behind the file's name. */
static void expect_unreachable(const char *said)
{
	assert_int_equal(services_check(&services, &config, path, &error), -EINVAL);
	assert_memory_equal(error.text, path, strlen(path));
	assert_string_equal(error.text + strlen(path), said);
}

/* --- tests --- */

static void own_addresses(void **state)
{
	(void)state;
	expand(LO);
	expect_list("203.0.113.10:3478\n[2001:db8::10]:3478\n");
	assert_true(services.local);
	expand("interfaces:\n  - name: nosuch\n");
	expect_list("");
	assert_false(services.local);
	expand(LO "services:\n  - address: 203.0.113.10\n  - port: 3478\n  - port: 1\n");
	expect_list("203.0.113.10:1\n203.0.113.10:3478\n[2001:db8::10]:1\n[2001:db8::10]:3478\n");
	expand(LO "services:\n  - address: 192.0.2.1\n");
	expect_list("192.0.2.1:3478\n");
	assert_false(services.local);
}

static void own_addresses_of_sockets(void **state)
{
	(void)state;
	expand(SOCKETS);
	expect_list("203.0.113.10:3478\n[2001:db8::10]:3478\n");
	expand(SOCKETS LO);
	expect_list("127.0.0.1:3478\n203.0.113.10:3478\n[::1]:3478\n[2001:db8::10]:3478\n");
	expand(SOCKETS "interfaces:\n  - name: nosuch\n");
	expect_list("");
	expand(SOCKETS "services:\n  - {address: 127.0.0.1, port: 34780}\n");
	expect_list("127.0.0.1:34780\n");
	assert_true(services.local);
}

static void pairs(void **state)
{
	(void)state;
	expand(LO ALTERNATE);
	expect_list("203.0.113.10:3478 203.0.113.11:3479\n"
		    "203.0.113.10:3479 203.0.113.11:3478\n"
		    "203.0.113.11:3478 203.0.113.10:3479\n"
		    "203.0.113.11:3479 203.0.113.10:3478\n");
	assert_true(services.local);
	/* What has an alternate stays, wherever it stands. */
	expand(LO "services:\n  - port: 3478\n  - {address: 203.0.113.10, port: 1,"
		  " alternate: {address: 203.0.113.11, port: 3478}}\n  - port: 1\n");
	expect_list("203.0.113.10:1 203.0.113.11:3478\n"
		    "203.0.113.10:3478 203.0.113.11:1\n"
		    "203.0.113.11:1 203.0.113.10:3478\n"
		    "203.0.113.11:3478 203.0.113.10:1\n"
		    "[2001:db8::10]:1\n[2001:db8::10]:3478\n");
}

/* A reload that changes nothing but this is one. */
static void changes(void **state)
{
	static const char *const files[] = {
		LO "services:\n  - address: 203.0.113.10\n",
		LO ALTERNATE,
		LO "services:\n  - {address: 203.0.113.10, padding: true,"
		   " alternate: {address: 203.0.113.11, port: 3479}}\n",
		LO "services:\n  - {address: 203.0.113.10, response_port: true,"
		   " alternate: {address: 203.0.113.11, port: 3479}}\n",
		LO "services:\n  - {address: 203.0.113.10,"
		   " alternate: {address: 203.0.113.12, port: 3479}}\n",
		LO "services:\n  - {address: 203.0.113.10,"
		   " alternate: {address: 203.0.113.11, port: 3480}}\n",
	};
	struct services before;

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		for (size_t j = 0; j < sizeof(files) / sizeof(files[0]); j++) {
			expand(files[i]);
			before = services;
			services = (struct services){0};
			expand(files[j]);
			assert_int_equal(services_equal(&before, &services), i == j);
			/* A socket is the same one. */
			assert_int_equal(service_compare(&before.list[0], &services.list[0]), 0);
			services_free(&before);
		}
}

/* Whichever of the two is looked at first, and the other's end is missing. */
static void one_more(void **state)
{
	struct services before;

	(void)state;
	expand(LO "services:\n  - address: 203.0.113.10\n");
	before = services;
	services = (struct services){0};
	expand(LO "services:\n  - address: 203.0.113.10\n  - address: 203.0.113.11\n");
	assert_int_equal(before.count + 1, services.count);
	assert_false(services_equal(&before, &services));
	assert_false(services_equal(&services, &before));
	services_free(&before);
}

static void unreachable(void **state)
{
	struct services before;

	(void)state;
	expand(LO ALTERNATE);
	expect_unreachable(
		":4: services[0].alternate.address: 203.0.113.11 is not an address of this "
		"machine, so no request to it arrives: add it (`ip address add 203.0.113.11 "
		"dev lo`), or leave the alternate out");
	before = services;
	services = (struct services){0};

	/* The list is the same, the services are not. */
	set_ipv4("lo:2", "203.0.113.11");
	expand(LO ALTERNATE);
	expect_right();
	assert_int_equal(before.count, services.count);
	assert_false(services_equal(&before, &services));
	services_free(&before);

	set_ipv4("lo:1", "");
	expand(SOCKETS
	       "services:\n  - address: 192.0.2.1\n  - address: 203.0.113.10\n    alternate:\n"
	       "      address: 203.0.113.11\n      port: 3479\n");
	expect_unreachable(
		":4: services[1].address: 203.0.113.10 is not an address of this machine, "
		"though its alternate is, so no request to it arrives: add it (`ip address "
		"add 203.0.113.10 dev INTERFACE`), or leave the alternate out");

	/* Neither: anycast, or routed here. */
	set_ipv4("lo:2", "");
	expand(LO ALTERNATE);
	expect_right();
	assert_false(services.local);
	set_ipv4("lo:1", "203.0.113.10");

	expand(LO "services:\n  - address: 2001:db8::10\n"
		  "    alternate: {address: '2001:db8::11', port: 3479}\n");
	expect_unreachable(
		":5: services[0].alternate.address: 2001:db8::11 is not an address of this "
		"machine, so no request to it arrives: add it (`ip address add 2001:db8::11 "
		"dev lo`), or leave the alternate out");
	/* All of 127/8 is this machine's, though only one address of it is listed. */
	expand(SOCKETS "services:\n  - address: 127.0.0.1\n"
		       "    alternate: {address: 127.0.0.2, port: 3479}\n");
	expect_right();
}

static void policies(void **state)
{
	static char text[1 << 16];
	struct policy *policy;
	size_t length;

	(void)state;
	expand(SOCKETS "services:\n  - address: 127.0.0.1\n");
	assert_int_equal(services_policy(&policy, &services, &config, &error), 0);
	free(policy);

	length = sprintf(text, LO "services:\n- port: 1\n");
	for (int i = 0; i < POLICY_SERVICES_MAX / 4; i++)
		length += sprintf(text + length,
				  "- {address: 203.0.113.10, port: %d, "
				  "alternate: {address: 203.0.113.11, port: %d}}\n",
				  10000 + i, 20000 + i);
	expand(text);
	assert_int_equal(services_policy(&policy, &services, &config, &error), -E2BIG);
	assert_null(policy);
	assert_string_equal(error.text,
			    "1026 services with the interfaces' own addresses, at most 1024 "
			    "are possible: name the addresses to answer on");
}

/* Four ports on 300 addresses: the first of them stay, whatever comes and goes. */
static void limited(void **state)
{
	static const char all[] = LO "services: [{port: 1}, {port: 2}, {port: 3}, {port: 4}]\n";
	struct services before = {0};
	char label[IF_NAMESIZE], text[INET_ADDRSTRLEN];

	(void)state;
	for (int i = 0; i < 300; i++) {
		snprintf(label, sizeof(label), "lo:a%d", i);
		snprintf(text, sizeof(text), "198.51.%d.%d", 200 - i / 200, i % 200 + 1);
		set_ipv4(label, text);
		if (i == 99) {
			expand(all);
			assert_true(services_complete(&services, &error));
			before = services;
			services = (struct services){0};
		}
	}
	expand(all);
	assert_int_equal(services.count, 4 * 302);
	services_limit(&services, &before);
	assert_int_equal(services.count, POLICY_SERVICES_MAX);
	assert_int_equal(services.excess, 4 * 302 - POLICY_SERVICES_MAX);
	assert_false(services_complete(&services, &error));
	for (size_t i = 0; i < before.count; i++)
		assert_non_null(bsearch(&before.list[i], services.list, services.count,
					sizeof(struct service), service_compare));

	services_free(&before);
	before = services;
	services = (struct services){0};
	expand(all);
	services_limit(&services, &before);
	assert_true(services_equal(&services, &before));
	for (int i = 0; i < 300; i++) {
		snprintf(label, sizeof(label), "lo:a%d", i);
		set_ipv4(label, "");
		if (i == 100) {
			expand(all);
			services_limit(&services, &before);
			assert_int_equal(services.excess, 0);
		}
	}
	services_free(&before);
}

static void printed(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	expand(LO "services:\n  - port: 1\n  - address: 203.0.113.10\n    padding: true\n"
		  "    response_port: true\n    alternate: {address: 203.0.113.11, port: 3479}\n");
	services_print(out, &config);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, "  service    own addresses, port 1\n"
				  "  service    203.0.113.10:3478\n"
				  "  alternate  203.0.113.11:3479  response_port  padding\n");
	free(text);
}

static int set_up(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	if (fd < 0)
		return -1;
	close(fd);
	return make_machine();
}

static int tear_down(void **state)
{
	(void)state;
	services_free(&services);
	close(control);
	return unlink(path);
}

static void expect_metrics(const char *text, int expected)
{
	expand(text);
	assert_int_equal(services_check_metrics(&services, &config, path, &error), expected);
}

/* An address of a link is another one on the next link. */
static void metrics(void **state)
{
	(void)state;
	expect_metrics(SOCKETS LO "metrics: {listen: '0.0.0.0:3478'}\n", -EINVAL);
	expect_metrics(SOCKETS LO "metrics: {listen: '203.0.113.10:3478'}\n", -EINVAL);
	expect_metrics(SOCKETS LO "metrics: {listen: '203.0.113.11:3478'}\n", 0);
	expect_metrics(SOCKETS LO "services: [{address: fe80::10%lo}]\n"
				  "metrics: {listen: '[fe80::10%lo]:3478'}\n",
		       -EINVAL);
	assert_non_null(strstr(error.text, "[fe80::10%lo]:3478 is answered over TCP"));
	expect_metrics(SOCKETS LO "services: [{address: fe80::10%lo}]\n"
				  "metrics: {listen: '[fe80::10%lo]:9478'}\n",
		       0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_addresses), cmocka_unit_test(own_addresses_of_sockets),
		cmocka_unit_test(pairs),	 cmocka_unit_test(changes),
		cmocka_unit_test(one_more),	 cmocka_unit_test(unreachable),
		cmocka_unit_test(policies),	 cmocka_unit_test(limited),
		cmocka_unit_test(printed),	 cmocka_unit_test(metrics),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
