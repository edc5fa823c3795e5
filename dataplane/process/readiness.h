/* SPDX-License-Identifier: BSD-2-Clause */
/* Says when requests are no longer answered, and when they are again: each change once. */
#ifndef REFLEX_READINESS_H
#define REFLEX_READINESS_H

#include "error.h"

struct readiness {
	struct error trouble; /* as it was logged last; "": none, also before the first look */
};

/**
 * readiness_log - log a change since the call before.
 * @trouble: why requests are not answered now; "": they are
 */
void readiness_log(struct readiness *readiness, const char *trouble);

#endif
