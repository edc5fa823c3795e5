// SPDX-License-Identifier: BSD-2-Clause
/*
 * What libre, baresip's library, finds out about a NAT (RFC 5780). Debian's STUN clients ask over
 * UDP only; this one asks over TCP too. It asks and judges by itself; what it says is printed.
 */
#include <re.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Nothing gets lost here, but a busy machine may take its time over all these clients. */
static const struct stun_conf timers = {.rto = 250, .rc = 4, .rm = 8, .ti = 8000};

static struct sa server, local;

struct test {
	const char *name;
	int (*start)(struct test *test);
	void *session;
	int proto;
	bool done;
};

static size_t running;

static void finish(struct test *test, int err, const char *said)
{
	if (test->done)
		return;
	test->done = true;
	printf("%s: %s\n", test->name, err ? strerror(err) : said);
	if (--running == 0)
		re_cancel();
}

static void print_type(int err, enum nat_type type, void *arg)
{
	finish(arg, err, nat_type_str(type));
}

static int start_mapping(struct test *test)
{
	struct nat_mapping *session;
	int err = nat_mapping_alloc(&session, &local, &server, test->proto, &timers, print_type,
				    test);

	if (err)
		return err;
	test->session = session;
	return nat_mapping_start(session);
}

static int start_filtering(struct test *test)
{
	struct nat_filtering *session;
	int err = nat_filtering_alloc(&session, &server, &timers, print_type, test);

	if (err)
		return err;
	test->session = session;
	return nat_filtering_start(session);
}

static void print_hairpinning(int err, bool supported, void *arg)
{
	finish(arg, err, supported ? "yes" : "no");
}

static int start_hairpinning(struct test *test)
{
	struct nat_hairpinning *session;
	int err = nat_hairpinning_alloc(&session, &server, test->proto, &timers, print_hairpinning,
					test);

	if (err)
		return err;
	test->session = session;
	return nat_hairpinning_start(session);
}

static void print_lifetime(int err, const struct nat_lifetime_interval *interval, void *arg)
{
	finish(arg, err, interval->max ? "expired" : "lives");
}

/* Its RESPONSE-PORT is 2 bytes long, natdiscovery's 4. */
static int start_lifetime(struct test *test)
{
	struct nat_lifetime *session;
	int err = nat_lifetime_alloc(&session, &server, 2, &timers, print_lifetime, test);

	if (err)
		return err;
	test->session = session;
	return nat_lifetime_start(session);
}

static void print_alg(int err, uint16_t scode, const char *reason, int status, const struct sa *map,
		      void *arg)
{
	char said[128];

	if (map)
		re_snprintf(said, sizeof(said), "%s %j", status == 1 ? "meddled with" : "untouched",
			    map);
	else
		re_snprintf(said, sizeof(said), "error %u %s", scode, reason);
	finish(arg, err, said);
}

static int start_alg(struct test *test)
{
	struct nat_genalg *session;
	int err = nat_genalg_alloc(&session, &server, test->proto, &timers, print_alg, test);

	if (err)
		return err;
	test->session = session;
	return nat_genalg_start(session);
}

static struct test tests[] = {
	{"udp-mapping", start_mapping, .proto = IPPROTO_UDP},
	{"udp-filtering", start_filtering, .proto = IPPROTO_UDP},
	{"udp-address", start_alg, .proto = IPPROTO_UDP},
	{"udp-hairpinning", start_hairpinning, .proto = IPPROTO_UDP},
	{"udp-lifetime", start_lifetime, .proto = IPPROTO_UDP},
	{"tcp-mapping", start_mapping, .proto = IPPROTO_TCP},
	{"tcp-address", start_alg, .proto = IPPROTO_TCP},
};

static int start(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
		int err;

		if (strcmp(tests[i].name, name) != 0)
			continue;
		running++;
		err = tests[i].start(&tests[i]);
		if (err)
			finish(&tests[i], err, NULL);
		return 0;
	}
	fprintf(stderr, "natbd: no test %s\n", name);
	return -1;
}

int main(int argc, char **argv)
{
	int status = 1;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 4 || sa_set_str(&server, argv[1], 3478) || sa_set_str(&local, argv[2], 0)) {
		fprintf(stderr, "usage: natbd SERVER LOCAL-ADDRESS TEST...\n");
		return 2;
	}
	if (libre_init())
		return 1;
	for (int i = 3; i < argc; i++)
		if (start(argv[i]))
			goto out;
	if (running)
		(void)re_main(NULL);
	status = 0;
out:
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		mem_deref(tests[i].session);
	libre_close();
	return status;
}
