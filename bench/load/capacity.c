// SPDX-License-Identifier: BSD-2-Clause
#include "capacity.h"

#include <stdio.h>

#include "report.h"

#define KEPT  0.99 /* of a rate must have been sent, or the generator is too slow */
#define TRIES 2	   /* of a step: a machine may stall once */

struct search {
	const struct load_settings *settings;
	struct load_settings step; /* the same at the rate of this step */
	double knee;		   /* the highest rate within the bounds; 0: none */
	const char *ended;
	bool interrupted;
	json_t *steps;
};

/* Why this step is not within the bounds; NULL: it is. */
static const char *judge(const struct search *search, const struct load_run_result *result)
{
	const struct statistics *statistics = &result->statistics;
	double p99 = (double)histogram_quantile(&statistics->rtt, 0.99) / 1e3;

	if (result->interrupted)
		return "interrupted";
	if (statistics_wrong(statistics) || statistics->duplicate)
		return "wrong answers";
	if (report_loss(result) > search->settings->capacity.loss)
		return "loss";
	/* If the generator is late, the result is about the generator. */
	if ((double)statistics->sent < KEPT * search->step.rate * search->step.seconds)
		return "the generator";
	if (p99 > search->settings->capacity.p99)
		return "p99";
	return NULL;
}

static void print_step(const struct load_settings *step, const struct load_run_result *result,
		       const char *why)
{
	const struct histogram *rtt = &result->statistics.rtt;

	printf("%12.0f %12.0f %9.4f %10.1f %10.1f %10.1f  %s\n", step->rate, report_rate(result),
	       report_loss(result), (double)histogram_quantile(rtt, 0.5) / 1e3,
	       (double)histogram_quantile(rtt, 0.99) / 1e3, (double)rtt->max / 1e3,
	       why ? why : "ok");
	fflush(stdout);
}

/* Return: whether to go on, or -errno. */
static int take_step(struct load_run *run, struct search *search, double rate, struct error *error)
{
	struct load_settings *step = &search->step;
	struct load_run_result result;
	const char *why;
	int r;

	step->pace = PACE_RATE;
	step->rate = rate;
	run->settings = step;
	r = run_perform(run, &result, error);
	if (r < 0)
		return r;
	why = judge(search, &result);
	if (search->settings->json) {
		json_t *one = report_json(step, run->engine, &result);

		json_object_set_new(one, "passed", why ? json_string(why) : json_null());
		json_array_append_new(search->steps, one);
	} else {
		print_step(step, &result, why);
	}
	search->ended = why;
	search->interrupted = result.interrupted;
	if (!why)
		search->knee = rate;
	return !why;
}

static int conclude(struct search *search)
{
	if (search->settings->json)
		return report_print_json(json_pack("{s:f, s:s?, s:O}", "knee", search->knee,
						   "ended_by", search->ended, "steps",
						   search->steps));
	if (search->knee <= 0)
		printf("no knee: not even the first step is within the bounds (%s)\n",
		       search->ended);
	else if (search->ended)
		printf("knee: %.0f requests/s, then %s\n", search->knee, search->ended);
	else
		printf("no knee up to %.0f requests/s\n", search->knee);
	return 0;
}

int capacity_search(struct load_run *run, const struct load_settings *settings, struct error *error)
{
	struct search search = {.settings = settings, .step = *settings, .steps = json_array()};
	double rate = settings->capacity.from;
	int r = 1;

	if (!settings->json) {
		printf("bounds: %g %% lost, p99 of %g microseconds from the intended send time; %s "
		       "mode\n",
		       settings->capacity.loss, settings->capacity.p99,
		       load_mode_name(run->engine->mode));
		printf("%12s %12s %9s %10s %10s %10s\n", "intended/s", "sent/s", "lost %", "p50 us",
		       "p99 us", "max us");
	}
	for (; r > 0 && rate <= settings->capacity.to; rate *= settings->capacity.step) {
		r = 0;
		for (int i = 0; i < TRIES && r == 0 && !search.interrupted; i++)
			r = take_step(run, &search, rate, error);
	}
	run->settings = settings;
	if (r >= 0)
		r = conclude(&search);
	json_decref(search.steps);
	return r < 0 ? r : search.knee <= 0;
}
