// SPDX-License-Identifier: BSD-2-Clause
/* segment PATH: prints what reflexd would export of the segment, as reflexd does. Ends with status
 * 1 where there is none. */
#include <stdio.h>
#include <stdlib.h>

#include "engine_dpdk.h"
#include "log.h"

int main(int argc, char **argv)
{
	static struct counters_origin origins[SEGMENT_PORTS_MAX];
	struct metrics_writer writer = {stdout, METRICS_TEXT, NULL};
	static struct dpdk dpdk = {.instance = INSTANCE_DEFAULT};
	struct error reason;
	bool there;

	if (argc != 2) {
		fprintf(stderr, "usage: segment PATH\n");
		return EXIT_FAILURE;
	}
	snprintf(dpdk.paths[0], sizeof(dpdk.paths[0]), "%s", argv[1]);
	if (!dpdk_look(&dpdk, &reason))
		fprintf(stderr, "segment: %s\n", reason.text);
	there = dpdk.reader.segment;
	if (there) {
		metrics_counters(&writer, origins, dpdk_origins(&dpdk, origins));
		dpdk_metrics(&dpdk, &writer);
	}
	dpdk_close(&dpdk);
	return there ? EXIT_SUCCESS : EXIT_FAILURE;
}
