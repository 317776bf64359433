/**
 * The {@code hookq} command: one class a subcommand. The only package that names picocli.
 *
 * <pre>
 * stdout := the answer, and nothing else; UTF-8
 * stderr := "hookq: " what is wrong, lower case, no full stop
 *           [ "hint: " what helps ]
 *
 * exit status
 *   0  fine
 *   1  failed, or the answer is no
 *   2  usage or config
 *   3  the daemon cannot be reached
 *   4  timed out
 * </pre>
 *
 * A command throws; {@link io.hookq.daemon.cli.FailureWords} alone says what went wrong and picks
 * the exit status. Commands know the daemon through its socket only, but for {@code daemon} and
 * {@code demo}, which run one.
 */
@NullMarked
package io.hookq.daemon.cli;

import org.jspecify.annotations.NullMarked;
