// SPDX-License-Identifier: BSD-2-Clause
/* The configuration file: what it means, and each error with its line and words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the four above before it. */
#include <cmocka.h>

#include "config.h"
#include "endpoint.h"
#include "log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SERVICE "services:\n  - address: 203.0.113.10\n"
#define ETH0	"interfaces:\n  - name: eth0\n" /* two lines */

/* One line, four services. */
#define ALTERNATE "  - {address: 192.0.2.1, port: 1, alternate: {address: 192.0.2.2, port: 2}}\n"

static char folder[] = "/tmp/reflex-config.XXXXXX";
static char path[64];
static struct config config;
static struct error error;

static void write_bytes(const char *text, size_t length)
{
	FILE *file;

	unlink(path); /* ext4 waits for the disk where a file is truncated and written again */
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

static int load(const char *text)
{
	/* What a key leaves alone must come from the defaults, not from before. */
	memset(&config, 0xff, sizeof(config));
	error.text[0] = '\0';
	write_bytes(text, strlen(text));
	return config_load(&config, path, CONFIG_DATAPLANE_AUTO, &error);
}

static void expect_valid(const char *text)
{
	if (load(text) != 0)
		fail_msg("refused: %s\n%s", error.text, text);
}

/* What the error says behind the file's name. */
static const char *said(void)
{
	assert_memory_equal(error.text, path, strlen(path));
	return error.text + strlen(path);
}

/* --- what is accepted --- */

static void defaults(void **state)
{
	(void)state;
	expect_valid(ETH0);
	assert_int_equal(config.dataplane, CONFIG_DATAPLANE_AUTO);
	assert_int_equal(config.interfaces_count, 1);
	assert_string_equal(config.interfaces[0].name, "eth0");
	assert_int_equal(config.interfaces[0].mode, CONFIG_MODE_NATIVE);
	assert_int_equal(config.services_count, 1);
	assert_int_equal(config.services[0].service.family, FAMILY_OTHER);
	assert_int_equal(config.services[0].service.port, 3478);
	assert_int_equal(config.services[0].service.alternate_port, 0);
	assert_false(config.services[0].service.response_port);
	assert_false(config.services[0].service.padding);
	assert_string_equal(config.policy.software, "");
	assert_true(config.policy.mirror_fingerprint);
	assert_false(config.policy.ignore_wrong_fingerprint);
	assert_true(config.policy.legacy);
	assert_true(config.policy.low_source_ports);
	assert_false(config.policy.pass_refused);
	assert_false(config.persist);
	assert_string_equal(config.metrics.text, "127.0.0.1:9478");
}

static void every_key(void **state)
{
	const struct sockaddr_in6 *listen = (const struct sockaddr_in6 *)&config.metrics.address;
	struct in6_addr address;

	(void)state;
	expect_valid("dataplane: xdp\n"
		     "interfaces:\n"
		     "  - name: eth0\n"
		     "    mode: generic\n"
		     "  - {name: eth1, mode: auto}\n"
		     "services:\n"
		     "  - address: 203.0.113.10\n"
		     "    port: 3479\n"
		     "    alternate: {address: 203.0.113.11, port: 3480}\n"
		     "    response_port: true\n"
		     "    padding: true\n"
		     "  - address: 2001:db8::10\n"
		     "  - port: 53\n"
		     "reply:\n"
		     "  software: 12345678901234567890123456789012\n"
		     "  fingerprint: never\n"
		     "  wrong_fingerprint: ignore\n"
		     "legacy: false\n"
		     "low_source_ports: false\n"
		     "otherwise: pass\n"
		     "persist: true\n"
		     "metrics:\n"
		     "  listen: '[::1]:9479'\n");
	assert_int_equal(config.dataplane, CONFIG_DATAPLANE_XDP);
	assert_int_equal(config.interfaces_count, 2);
	assert_int_equal(config.interfaces[0].mode, CONFIG_MODE_GENERIC);
	assert_string_equal(config.interfaces[1].name, "eth1");
	assert_int_equal(config.interfaces[1].mode, CONFIG_MODE_AUTO);

	assert_int_equal(config.services_count, 3);
	assert_int_equal(config.services[0].service.family, FAMILY_IPV4);
	assert_memory_equal(config.services[0].service.address, "\xcb\x00\x71\x0a", 4);
	assert_int_equal(config.services[0].service.port, 3479);
	assert_memory_equal(config.services[0].service.alternate, "\xcb\x00\x71\x0b", 4);
	assert_int_equal(config.services[0].service.alternate_port, 3480);
	assert_true(config.services[0].service.response_port);
	assert_true(config.services[0].service.padding);
	assert_int_equal(config.services[1].service.family, FAMILY_IPV6);
	inet_pton(AF_INET6, "2001:db8::10", &address);
	assert_memory_equal(config.services[1].service.address, &address, sizeof(address));
	assert_int_equal(config.services[1].service.port, 3478);
	assert_int_equal(config.services[1].service.alternate_port, 0);
	assert_false(config.services[1].service.response_port);
	assert_false(config.services[1].service.padding);
	assert_int_equal(config.services[2].service.family, FAMILY_OTHER);
	assert_int_equal(config.services[2].service.port, 53);

	assert_string_equal(config.policy.software, "12345678901234567890123456789012");
	assert_false(config.policy.mirror_fingerprint);
	assert_true(config.policy.ignore_wrong_fingerprint);
	assert_false(config.policy.legacy);
	assert_false(config.policy.low_source_ports);
	assert_true(config.policy.pass_refused);
	assert_true(config.persist);
	assert_int_equal(listen->sin6_family, AF_INET6);
	assert_int_equal(ntohs(listen->sin6_port), 9479);
	assert_memory_equal(&listen->sin6_addr, &in6addr_loopback, sizeof(in6addr_loopback));
}

/* The keys of a service in any order, and each alone. */
static void alternate(void **state)
{
	struct in6_addr address;

	(void)state;
	expect_valid(ETH0 "services:\n"
			  "  - padding: true\n"
			  "    alternate:\n"
			  "      port: 53\n"
			  "      address: 2001:db8::11\n"
			  "    address: 2001:db8::10\n"
			  "  - address: 203.0.113.10\n"
			  "    alternate: {address: 203.0.113.11, port: 3479}\n"
			  "    response_port: true\n"
			  "    padding: false\n");
	assert_int_equal(config.services_count, 2);
	inet_pton(AF_INET6, "2001:db8::11", &address);
	assert_memory_equal(config.services[0].service.alternate, &address, sizeof(address));
	assert_int_equal(config.services[0].service.alternate_port, 53);
	assert_int_equal(config.services[0].service.port, 3478);
	assert_false(config.services[0].service.response_port);
	assert_true(config.services[0].service.padding);
	assert_int_equal(config.services[0].line, 4);
	assert_int_equal(config.services[0].alternate_line, 6);
	assert_memory_equal(config.services[1].service.alternate, "\xcb\x00\x71\x0b\0\0", 6);
	assert_int_equal(config.services[1].service.alternate_port, 3479);
	assert_true(config.services[1].service.response_port);
	assert_false(config.services[1].service.padding);
	assert_int_equal(config.services[1].alternate_line, 10);
}

static void sockets(void **state)
{
	(void)state;
	expect_valid("dataplane: socket\n");
	assert_int_equal(config.dataplane, CONFIG_DATAPLANE_SOCKET);
	assert_int_equal(config.interfaces_count, 0);
	assert_int_equal(config.services_count, 1);
	assert_int_equal(config.services[0].service.family, FAMILY_OTHER);
	assert_int_equal(config.services[0].service.port, 3478);
}

static void pairs(void **state)
{
	static const char *const alternates[4][2] = {
		{"192.0.2.1:1", "192.0.2.2:2"},
		{"192.0.2.1:2", "192.0.2.2:1"},
		{"192.0.2.2:1", "192.0.2.1:2"},
		{"192.0.2.2:2", "192.0.2.1:1"},
	};
	struct policy_service four[4], other;
	char text[ENDPOINT_TEXT_MAX];

	(void)state;
	expect_valid(ETH0 "services:\n  - address: 192.0.2.1\n    port: 1\n"
			  "    alternate: {address: 192.0.2.2, port: 2}\n    padding: true\n");
	assert_int_equal(policy_pairs(&config.services[0].service, four), 4);
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(endpoint_print(text, &four[i], 0), alternates[i][0]);
		other = four[i];
		memcpy(other.address, four[i].alternate, sizeof(other.address));
		other.port = four[i].alternate_port;
		assert_string_equal(endpoint_print(text, &other, 0), alternates[i][1]);
		assert_true(four[i].padding);
		assert_false(four[i].response_port);
	}

	expect_valid(ETH0 "services:\n  - {address: 192.0.2.1, port: 1}\n");
	assert_int_equal(policy_pairs(&config.services[0].service, four), 1);
	assert_string_equal(endpoint_print(text, &four[0], 0), "192.0.2.1:1");
	assert_int_equal(four[0].alternate_port, 0);
}

static void accepted(void **state)
{
	static const char *const files[] = {
		"# a comment\n---\n" ETH0 "...\n",
		ETH0 "dataplane: auto\n",
		ETH0 "reply: {software: \"\"}\n",
		ETH0 "reply: {software: \"r\xc3\xa9"
		     "flex\"}\n",
		ETH0 "reply: {}\n",
		ETH0 "services:\n  - {}\n",
		ETH0 "services:\n  - port: 1\n  - port: 65535\n",
		ETH0 "services:\n  - address: fe80::1\n",
		ETH0 "services:\n  - &a {address: 192.0.2.1, port: 1}\n  - {address: 192.0.2.1}\n",
		ETH0 "metrics: {listen: localhost:1}\n",
		ETH0 "metrics: {listen: '0.0.0.0:65535'}\n",
		"interfaces: [{name: abcdefghijklmno}]\n",
		ETH0 "services:\n  - response_port: false\n    padding: false\n",
		/* Own addresses may come to be one of the four pairs. */
		ETH0 "services:\n  - port: 1\n" ALTERNATE,
		/* The same addresses with other ports, the same ports with other addresses. */
		ETH0
		"services:\n" ALTERNATE
		"  - {address: 192.0.2.1, port: 3, alternate: {address: 192.0.2.2, port: 4}}\n"
		"  - {address: 192.0.2.3, port: 1, alternate: {address: 192.0.2.4, port: 2}}\n",
		"dataplane: socket\n" ETH0,
		"dataplane: socket\ninterfaces: [{name: eth0, mode: native}]\n",
		"dataplane: socket\notherwise: drop\npersist: false\n",
		"dataplane: socket\nservices:\n  - address: 127.0.0.1\n  - address: '::1'\n",
		"dataplane: socket\nservices:\n"
		"  - {address: 127.0.0.1, alternate: {address: 127.0.0.2, port: 3479}}\n",
		"dataplane: socket\n" ETH0 "services:\n  - address: fe80::1\n",
		ETH0 "services:\n  - address: fe80::1%eth0\n",
		"dataplane: socket\nservices:\n  - address: fe80::1%eth0\n"
		"  - address: fe80::1%eth1\n",
		"dataplane: dpdk\npunt: punt\nservices:\n  - address: fe80::1%punt\n",
		"dataplane: socket\nmetrics: {listen: '[fe80::1%lo]:1'}\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		expect_valid(files[i]);
}

/* --- what is refused --- */

static const struct {
	const char *text;
	const char *error; /* behind the file's name */
} refusals[] = {
	/* keys */
	{ETH0 "bogus: 1\n",
	 ":3: unknown key 'bogus' (known here: dataplane, interfaces, services, "
	 "reply, legacy, low_source_ports, otherwise, persist, idle, punt, metrics)"},
	{"interfaces:\n  - nam: eth0\n",
	 ":2: interfaces[0]: unknown key 'nam' (known here: name, mode)"},
	{ETH0 "? [a]\n: b\n",
	 ":3: unknown key 'a list or mapping' (known here: dataplane, interfaces, services, "
	 "reply, legacy, low_source_ports, otherwise, persist, idle, punt, metrics)"},
	{ETH0 "legacy: true\nlegacy: true\n", ":4: legacy: stands in line 3 already"},
	{ETH0 "services:\n  - port: 1\n    port: 2\n",
	 ":5: services[0].port: stands in line 4 already"},
	{"metrics:\n  listen: 127.0.0.1:1\n" ETH0 "metrics:\n  listen: 127.0.0.1:2\n",
	 ":5: metrics: stands in line 1 already"},

	/* DPDK */
	{"dataplane: dpdk\npersist: true\n" SERVICE,
	 ":2: persist: reflex-dpdk is a process of its own and answers with or without reflexd: "
	 "leave it out"},
	{"dataplane: dpdk\n",
	 ": services: a port of DPDK has no addresses of its own: name the addresses to answer on"},
	{"dataplane: dpdk\nservices:\n  - port: 3479\n",
	 ":3: services[0].address: is missing: a port of DPDK has no addresses of its own"},
	{ETH0 "dataplane: xdp\npunt: tap0\n", ":4: punt: is for dataplane: dpdk, where the kernel "
					      "has no other way to a packet: leave it "
					      "out"},
	{ETH0 "punt: tap0\n", ":3: punt: is for dataplane: dpdk, where the kernel has no other way "
			      "to a packet: leave it out"},
	{ETH0 "punt: a/b\n", ":3: punt: 'a/b' is not an interface name (1 to 15 characters)"},
	{ETH0 "idle: doze\n", ":3: idle: 'doze' is not sleep or poll"},

	/* types */
	{"- a\n- b\n", ":1: keys and their values are expected, such as `dataplane: ...`"},
	{"eth0\n", ":1: keys and their values are expected, such as `dataplane: ...`"},
	{"interfaces: eth0\n", ":1: interfaces: a list is expected, each item behind a dash"},
	{"interfaces:\n  name: eth0\n",
	 ":2: interfaces: a list is expected, each item behind a dash"},
	{"interfaces:\n  - eth0\n",
	 ":2: interfaces[0]: keys and their values are expected, such as `name: ...`"},
	{"interfaces:\n  - name: [eth0]\n",
	 ":2: interfaces[0].name: a single value is expected, not a list"},
	{ETH0 "services: 3478\n", ":3: services: a list is expected, each item behind a dash"},
	{ETH0 "reply: mirror\n",
	 ":3: reply: keys and their values are expected, such as `software: ...`"},
	{ETH0 "legacy: {on: true}\n", ":3: legacy: a single value is expected, not a mapping"},
	{ETH0 "legacy:\npersist: true\n", ":3: legacy: has no value"},
	{ETH0 "reply:\n  software: ~\n", ":4: reply.software: has no value"},
	{ETH0 "reply:\n  software: \"a\\0b\"\n", ":4: reply.software: the value holds a zero byte"},

	/* words */
	{ETH0 "dataplane: ebpf\n", ":3: dataplane: 'ebpf' is not auto, xdp, dpdk or socket"},
	{"interfaces:\n  - name: eth0\n    mode: fast\n",
	 ":3: interfaces[0].mode: 'fast' is not native, generic or auto"},
	{ETH0 "legacy: yes\n", ":3: legacy: 'yes' is not false or true"},
	{ETH0 "low_source_ports: 1\n", ":3: low_source_ports: '1' is not false or true"},
	{ETH0 "persist: True\n", ":3: persist: 'True' is not false or true"},
	{ETH0 "otherwise: reject\n", ":3: otherwise: 'reject' is not drop or pass"},
	{ETH0 "reply:\n  fingerprint: always\n",
	 ":4: reply.fingerprint: 'always' is not never or mirror"},
	{ETH0 "reply:\n  wrong_fingerprint: drop\n",
	 ":4: reply.wrong_fingerprint: 'drop' is not discard or ignore"},

	/* interfaces */
	{"", ": empty: name interfaces, or set dataplane: socket"},
	{"# nothing\n", ": empty: name interfaces, or set dataplane: socket"},
	{"---\n---\n", ": empty: name interfaces, or set dataplane: socket"},
	{"legacy: true\n",
	 ": interfaces: name at least one, or set dataplane: socket, which needs none"},
	{"interfaces: []\n", ":1: interfaces: the list is empty"},
	{"interfaces:\n  - mode: native\n", ":2: interfaces[0]: name is missing"},
	{ETH0 "  - name: eth0\n", ":3: interfaces[1]: eth0 is line 2's interface again"},
	{"interfaces:\n  - name: abcdefghijklmnop\n",
	 ":2: interfaces[0].name: 'abcdefghijklmnop' is not an interface name (1 to 15 "
	 "characters)"},
	{"interfaces:\n  - name: ../x\n",
	 ":2: interfaces[0].name: '../x' is not an interface name (1 to 15 characters)"},
	{"interfaces:\n  - name: eth0:1\n",
	 ":2: interfaces[0].name: 'eth0:1' is not an interface name (1 to 15 characters)"},

	/* services */
	{ETH0 "services: []\n", ":3: services: the list is empty"},
	{ETH0 "services:\n  - port: 70000\n",
	 ":4: services[0].port: 70000 is not a port (1 to 65535)"},
	{ETH0 "services:\n  - port: 0\n", ":4: services[0].port: 0 is not a port (1 to 65535)"},
	{ETH0 "services:\n  - port: -1\n", ":4: services[0].port: -1 is not a port (1 to 65535)"},
	{ETH0 "services:\n  - port: 65536\n",
	 ":4: services[0].port: 65536 is not a port (1 to 65535)"},
	{ETH0 "services:\n  - port: 4294967297\n",
	 ":4: services[0].port: 4294967297 is not a port (1 to 65535)"},
	{ETH0 "services:\n  - port: 0x10\n",
	 ":4: services[0].port: 0x10 is not a port (1 to 65535)"},
	{ETH0 "services:\n  - port: stun\n",
	 ":4: services[0].port: stun is not a port (1 to 65535)"},
	{ETH0 "services:\n  - address: example.org\n",
	 ":4: services[0].address: 'example.org' is not an IPv4 or IPv6 address"},
	{ETH0 "services:\n  - address: 203.0.113.10/24\n",
	 ":4: services[0].address: '203.0.113.10/24' is not an IPv4 or IPv6 address"},
	{ETH0 "services:\n  - address: 192.0.2.1\n  - address: 224.0.0.1\n",
	 ":5: services[1].address: 224.0.0.1 is no unicast address of a host"},
	{ETH0 "services:\n  - port: 1\n  - address: 127.0.0.1\n",
	 ":5: services[1].address: 127.0.0.1 is a loopback address, which takes the dataplane "
	 "socket"},
	{ETH0 "services:\n  - address: ::1\n",
	 ":4: services[0].address: ::1 is a loopback address, which takes the dataplane socket"},
	{ETH0 "services:\n  - address: '::'\n",
	 ":4: services[0].address: :: is no unicast address of a host"},
	{ETH0 "services:\n  - address: ff02::1\n",
	 ":4: services[0].address: ff02::1 is no unicast address of a host"},
	{ETH0 "services:\n  - address: 255.255.255.255\n",
	 ":4: services[0].address: 255.255.255.255 is no unicast address of a host"},
	{ETH0 "services:\n  - address: 192.0.2.1\n  - {address: 192.0.2.1, port: 3478}\n",
	 ":5: services[1]: 192.0.2.1:3478 is line 4's service again"},
	{ETH0 "services:\n  - {}\n  - address: 192.0.2.1\n  - port: 3478\n",
	 ":6: services[2]: own addresses, port 3478 is line 4's service again"},
	{ETH0 "services:\n  - address: 2001:db8:0::1\n  - address: 2001:db8::1\n",
	 ":5: services[1]: [2001:db8::1]:3478 is line 4's service again"},

	/* alternates */
	{ETH0 "services:\n  - address: 192.0.2.1\n    alternate: 192.0.2.2\n",
	 ":5: services[0].alternate: keys and their values are expected, such as `address: ...`"},
	{ETH0 "services:\n  - address: 192.0.2.1\n    alternate: {host: 192.0.2.2}\n",
	 ":5: services[0].alternate: unknown key 'host' (known here: address, port)"},
	{ETH0 "services:\n  - address: 192.0.2.1\n    alternate: {}\n",
	 ":5: services[0].alternate: address is missing"},
	{ETH0 "services:\n  - address: 192.0.2.1\n    alternate: {port: 3479}\n",
	 ":5: services[0].alternate: address is missing"},
	{ETH0 "services:\n  - address: 192.0.2.1\n    alternate: {address: 192.0.2.2}\n",
	 ":5: services[0].alternate: port is missing"},
	{ETH0 "services:\n  - address: 192.0.2.1\n    alternate: {address: x, port: 3479}\n",
	 ":5: services[0].alternate.address: 'x' is not an IPv4 or IPv6 address"},
	{ETH0 "services:\n  - address: 192.0.2.1\n    alternate: {address: 192.0.2.2, port: 0}\n",
	 ":5: services[0].alternate.port: 0 is not a port (1 to 65535)"},
	{ETH0 "services:\n  - port: 1\n    alternate: {address: 192.0.2.1, port: 2}\n",
	 ":5: services[0].alternate: the service needs an address too: own addresses are any "
	 "number "
	 "and may change"},
	{ETH0 "services:\n  - alternate:\n      address: 192.0.2.1\n      port: 2\n",
	 ":5: services[0].alternate: the service needs an address too: own addresses are any "
	 "number "
	 "and may change"},
	{ETH0 "services:\n  - address: 192.0.2.1\n    alternate:\n      address: 192.0.2.1\n"
	      "      port: 3479\n",
	 ":6: services[0].alternate.address: 192.0.2.1 is the service's own address: behaviour "
	 "discovery needs another one"},
	{ETH0 "services:\n  - address: 192.0.2.1\n    alternate:\n      address: 192.0.2.2\n"
	      "      port: 3478\n",
	 ":7: services[0].alternate.port: 3478 is the service's own port: behaviour discovery "
	 "needs another one"},
	{ETH0
	 "services:\n  - address: 192.0.2.1\n    alternate: {address: '2001:db8::1', port: 1}\n",
	 ":5: services[0].alternate.address: 2001:db8::1 is not of the same family as the "
	 "service's "
	 "address: each family needs a service and an alternate of its own"},
	{ETH0 "services:\n  - address: 192.0.2.1\n    alternate: {address: 224.0.0.1, port: 1}\n",
	 ":5: services[0].alternate.address: 224.0.0.1 is no unicast address of a host"},
	{ETH0 "services:\n  - address: 2001:db8::1\n    alternate: {address: '::', port: 1}\n",
	 ":5: services[0].alternate.address: :: is no unicast address of a host"},
	{ETH0 "services:\n  - address: 192.0.2.1\n    alternate: {address: 127.0.0.1, port: 1}\n",
	 ":5: services[0].alternate.address: 127.0.0.1 is a loopback address, which takes the "
	 "dataplane socket"},
	{ETH0 "services:\n  - address: 224.0.0.1\n    alternate: {address: 192.0.2.1, port: 1}\n",
	 ":4: services[0].address: 224.0.0.1 is no unicast address of a host"},
	{ETH0 "services:\n  - address: 2001:db8::1\n    alternate: {address: 'fe80::1', port: 1}\n",
	 ":5: services[0].alternate.address: fe80::1 is link-local: name an address that is "
	 "reached "
	 "through NATs"},
	{ETH0 "services:\n  - address: 192.0.2.1\n    alternate: {address: 169.254.0.1, port: 1}\n",
	 ":5: services[0].alternate.address: 169.254.0.1 is link-local: name an address that is "
	 "reached through NATs"},
	{ETH0 "services:\n  - port: 1\n    address: fe80::1\n"
	      "    alternate: {address: '2001:db8::1', port: 2}\n",
	 ":5: services[0].address: fe80::1 is link-local: with an alternate it takes an address "
	 "that "
	 "is reached through NATs"},
	{ETH0 "services:\n  - address: 192.0.2.1\n    response_port: yes\n",
	 ":5: services[0].response_port: 'yes' is not false or true"},
	{ETH0 "services:\n  - address: 192.0.2.1\n    response_port: true\n",
	 ":5: services[0].response_port: is a part of behaviour discovery: set an alternate, or "
	 "leave it out"},
	{ETH0 "services:\n  - padding: true\n",
	 ":4: services[0].padding: is a part of behaviour discovery: set an alternate, or leave it "
	 "out"},

	/* pairs of two services that are the same */
	{ETH0 "services:\n" ALTERNATE ALTERNATE,
	 ":5: services[1]: 192.0.2.1:1 is line 4's service again"},
	{ETH0 "services:\n" ALTERNATE "  - {address: 192.0.2.1, port: 1}\n",
	 ":5: services[1]: 192.0.2.1:1 is line 4's service again"},
	{ETH0 "services:\n" ALTERNATE "  - {address: 192.0.2.2, port: 1}\n",
	 ":5: services[1]: 192.0.2.2:1 is a corner of line 4's service already: leave one of them "
	 "out"},
	{ETH0 "services:\n  - {address: 192.0.2.1, port: 2}\n" ALTERNATE,
	 ":5: services[1]: its corner 192.0.2.1:2 is line 4's service already: leave one of them "
	 "out"},
	{ETH0 "services:\n" ALTERNATE
	      "  - {address: 192.0.2.2, port: 2, alternate: {address: 192.0.2.1, port: 1}}\n",
	 ":5: services[1]: 192.0.2.2:2 is a corner of line 4's service already: leave one of them "
	 "out"},
	{ETH0 "services:\n" ALTERNATE
	      "  - {address: 192.0.2.3, port: 1, alternate: {address: 192.0.2.2, port: 3}}\n",
	 ":5: services[1]: its corner 192.0.2.2:1 is a corner of line 4's service already: leave "
	 "one "
	 "of them out"},

	/* sockets */
	{"dataplane: socket\nservices:\n  - port: 1\n  - address: fe80::1\n",
	 ":4: services[1].address: fe80::1 is link-local: name the interfaces to answer on it"},
	{ETH0 "services:\n  - address: fe80::1%eth1\n",
	 ":4: services[0].address: fe80::1%eth1: eth1 is not among the interfaces: name it there "
	 "too"},
	{ETH0 "services:\n  - address: fe80::1%eth0\n  - address: fe80::1\n",
	 ":5: services[1]: [fe80::1]:3478 is line 4's service again"},
	{"dataplane: dpdk\nservices:\n  - address: fe80::1%eth0\n",
	 ":3: services[0].address: fe80::1%eth0: a port of DPDK is no interface: leave %eth0 out"},
	{ETH0 "services:\n  - address: 2001:db8::1%eth0\n",
	 ":4: services[0].address: '2001:db8::1%eth0': only a link-local address takes an "
	 "interface"},
	{ETH0 "services:\n  - address: fe80::1%\n",
	 ":4: services[0].address: '' is not an interface name (1 to 15 characters)"},
	{ETH0 "services:\n  - address: '%eth0'\n",
	 ":4: services[0].address: '' is not an IPv4 or IPv6 address"},
	{"dataplane: socket\nmetrics: {listen: '[fe80::1%nosuch]:1'}\n",
	 ":2: metrics.listen: '[fe80::1%nosuch]:1' names no interface of this network namespace"},
	{"dataplane: socket\nservices:\n  - address: 0.0.0.0\n",
	 ":3: services[0].address: 0.0.0.0 is no unicast address of a host"},
	{"otherwise: pass\ndataplane: socket\n",
	 ":1: otherwise: sockets cannot pass a packet on to another program: leave its port out of "
	 "services, or use XDP"},
	{"dataplane: socket\npersist: true\n", ":2: persist: sockets end with reflexd, so nothing "
					       "could go on answering: leave it out, or "
					       "use XDP"},
	{"dataplane: auto\n",
	 ": interfaces: name at least one, or set dataplane: socket, which needs none"},

	/* the rest */
	{ETH0 "reply:\n  software: 123456789012345678901234567890123\n",
	 ":4: reply.software: 33 bytes, at most 32 are allowed"},
	{ETH0 "metrics:\n  listen: 9478\n", ":4: metrics.listen: '9478' is not HOST:PORT, such as "
					    "127.0.0.1:9478 or [::1]:9478"},
	{ETH0 "metrics:\n  listen: ::1:9478\n",
	 ":4: metrics.listen: '::1:9478' is not HOST:PORT, such as 127.0.0.1:9478 or [::1]:9478"},
	{ETH0 "metrics:\n  listen: '[::1]'\n",
	 ":4: metrics.listen: '[::1]' is not HOST:PORT, such as 127.0.0.1:9478 or [::1]:9478"},
	{ETH0 "metrics:\n  listen: 127.0.0.1:99999\n",
	 ":4: metrics.listen: 99999 is not a port (1 to 65535)"},
	{ETH0 "metrics:\n  listen: example.org:9478\n",
	 ":4: metrics.listen: 'example.org' is not an IP address (or localhost)"},

	/* not YAML, or more than one */
	{ETH0 "---\n" ETH0, ":4: a second document; only one is read"},
	{ETH0 "reply: {\n",
	 ":4: not YAML: did not find expected node content, while parsing a flow "
	 "node"},
	{ETH0 "legacy: *nobody\n", ":3: not YAML: found undefined alias"},
	{ETH0 "reply:\n\tsoftware: x\n",
	 ":4: not YAML: found character that cannot start any token, "
	 "while scanning for the next token (YAML indents by "
	 "spaces, not by tabs)"},
	{ETH0 "legacy: \xff\n", ":3: not YAML: invalid leading UTF-8 octet"},
};

static void refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if (load(refusals[i].text) != -EINVAL)
			fail_msg("not refused: %s", refusals[i].text);
		assert_string_equal(said(), refusals[i].error);
	}
}

static void too_many(void **state)
{
	static char text[1 << 16];
	size_t length;

	(void)state;
	length = sprintf(text, "interfaces:\n");
	for (int i = 0; i < CONFIG_INTERFACES_MAX; i++)
		length += sprintf(text + length, "- name: eth%d\n", i);
	expect_valid(text);
	assert_int_equal(config.interfaces_count, CONFIG_INTERFACES_MAX);
	sprintf(text + length, "- name: more\n");
	assert_int_equal(load(text), -EINVAL);
	assert_string_equal(said(), ":2: interfaces: 33 items, at most 32 are allowed");

	length = sprintf(text, ETH0 "services:\n");
	for (int i = 1; i <= POLICY_SERVICES_MAX; i++)
		length += sprintf(text + length, "- {address: 192.0.2.1, port: %d}\n", i);
	expect_valid(text);
	assert_int_equal(config.services_count, POLICY_SERVICES_MAX);
	sprintf(text + length, "- port: 1\n");
	assert_int_equal(load(text), -EINVAL);
	assert_string_equal(said(), ":4: services: 1025 items, at most 1024 are allowed");
}

/* Own addresses count when it is known how many they are. */
static void too_many_pairs(void **state)
{
	static char text[1 << 16];
	FILE *out = fmemopen(text, sizeof(text), "w");

	(void)state;
	assert_non_null(out);
	fputs(ETH0 "services:\n", out);
	for (int i = 1; i <= POLICY_SERVICES_MAX / 4; i++)
		fprintf(out,
			"- {address: 192.0.2.1, port: %d, alternate: {address: 192.0.2.2, port: "
			"%d}}\n",
			i, 10000 + i);
	fputs("- port: 1\n", out);
	fflush(out);
	expect_valid(text);
	fputs("- address: 192.0.2.1\n", out);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(load(text), -EINVAL);
	assert_string_equal(said(), ":261: services[257]: one too many: at most 1024 are possible, "
				    "and one with an alternate counts as four");
}

/* Whatever a file holds, it is refused and not believed: no crash, no leak, no endless loop. */
static void torn(void **state)
{
	static const char whole[] = ETH0 "services:\n  - &a {address: 2001:db8::1, port: 53}\n"
					 "  - {address: 192.0.2.1, padding: true,"
					 " alternate: {address: 192.0.2.2, port: 1}}\n"
					 "reply: {software: \"x\\u00e9\", fingerprint: never}\n"
					 "metrics: {listen: '[::1]:9478'}\n";
	char text[sizeof(whole)];

	(void)state;
	for (size_t length = 0; length < sizeof(whole); length++) {
		write_bytes(whole, length);
		config_load(&config, path, CONFIG_DATAPLANE_AUTO, &error);
		for (int byte = 0; byte < 256; byte += 5) {
			memcpy(text, whole, sizeof(whole));
			text[length] = byte;
			write_bytes(text, sizeof(whole) - 1);
			config_load(&config, path, CONFIG_DATAPLANE_AUTO, &error);
		}
	}
}

static void cyclic(void **state)
{
	(void)state;
	assert_int_equal(load("&a interfaces: &b\n  - *b\n"), -EINVAL);
	assert_string_equal(
		said(),
		":1: interfaces[0]: keys and their values are expected, such as `name: ...`");
}

/* Fills a file of so many bytes with a text, over and over, behind a beginning. */
static void write_repeated(const char *begin, const char *text, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(begin, file);
	for (size_t length = strlen(begin); length < size; length += strlen(text))
		fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* Files that take libyaml minutes. */
static void slow(void **state)
{
	static const char *const repeated[][2] = {
		{"services: ", "["}, {"services: ", "[[{"}, {"services: ", "{a: "}, {"", "- "},
		{"", "? "},
	};
	FILE *file;

	(void)state;
	for (size_t i = 0; i < sizeof(repeated) / sizeof(repeated[0]); i++) {
		write_repeated(repeated[i][0], repeated[i][1], 500000);
		assert_int_equal(config_load(&config, path, CONFIG_DATAPLANE_AUTO, &error),
				 -EINVAL);
		assert_string_equal(said(), ":1: nested deeper than 16 levels: no key needs that");
	}
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("services: [", file);
	for (int i = 0; i < 100000; i++)
		fprintf(file, "&a%d x,", i);
	fputs("]\n", file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(config_load(&config, path, CONFIG_DATAPLANE_AUTO, &error), -EINVAL);
	/* A fast machine comes to the end of it: there are too many then. */
	assert_true(strstr(error.text, "takes more than 2 seconds") ||
		    strstr(error.text, "100000 items"));
	assert_true(clock() / CLOCKS_PER_SEC < 20);
}

static void files(void **state)
{
	static char large[(1 << 20) + 1];

	(void)state;
	assert_int_equal(config_load(&config, "/nonexistent/x.yaml", CONFIG_DATAPLANE_AUTO, &error),
			 -ENOENT);
	assert_string_equal(error.text,
			    "/nonexistent/x.yaml: cannot be opened: No such file or directory");
	assert_int_equal(config_load(&config, folder, CONFIG_DATAPLANE_AUTO, &error), -EISDIR);
	assert_string_equal(error.text + strlen(folder),
			    ": is a directory: the configuration must be a regular file");
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0); /* nobody writes it, so opening it would wait */
	assert_int_equal(config_load(&config, path, CONFIG_DATAPLANE_AUTO, &error), -EINVAL);
	assert_string_equal(said(), ": is a pipe: the configuration must be a regular file");
	unlink(path);
	assert_int_equal(config_load(&config, "/dev/zero", CONFIG_DATAPLANE_AUTO, &error), -EINVAL);
	assert_string_equal(error.text,
			    "/dev/zero: is a device: the configuration must be a regular "
			    "file");

	memset(large, '#', sizeof(large));
	write_bytes(large, sizeof(large));
	assert_int_equal(config_load(&config, path, CONFIG_DATAPLANE_AUTO, &error), -EINVAL);
	assert_string_equal(said(), ": larger than 1 MiB, so hardly a configuration");

	write_bytes(ETH0, strlen(ETH0));
	assert_int_equal(chmod(path, 0), 0);
	if (access(path, R_OK) < 0) { /* root reads everything */
		assert_int_equal(config_load(&config, path, CONFIG_DATAPLANE_AUTO, &error),
				 -EACCES);
		assert_string_equal(said(), ": cannot be opened: Permission denied");
	}
	chmod(path, 0600);
}

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/reflexd.yaml", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),	  cmocka_unit_test(every_key),
		cmocka_unit_test(alternate),	  cmocka_unit_test(sockets),
		cmocka_unit_test(pairs),	  cmocka_unit_test(accepted),
		cmocka_unit_test(refused),	  cmocka_unit_test(too_many),
		cmocka_unit_test(too_many_pairs), cmocka_unit_test(torn),
		cmocka_unit_test(cyclic),	  cmocka_unit_test(files),
		cmocka_unit_test(slow),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
