/**
 * What must be sent: asks two stores and returns a value.
 *
 * <pre>
 * wanted paths ── level by level ──▶ Closure ── one question to the destination ──▶ UploadPlan
 * </pre>
 *
 * A plan goes stale, so it is made anew for each attempt and written down nowhere. This package
 * knows no queue, no clock and no configuration, and changes nothing anywhere.
 */
@NullMarked
package io.hookq.daemon.planner;

import org.jspecify.annotations.NullMarked;
