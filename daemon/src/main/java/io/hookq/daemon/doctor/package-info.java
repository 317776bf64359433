/**
 * The walk through every link from nix.conf to the server's garbage collector.
 *
 * <pre>
 * here             config → nix-conf → hook → socket → daemon → database → spool → space → gc-roots
 *                  → source-store
 * each destination name → tcp → host-key → login → command → protocol → trust → garbage → clock
 * </pre>
 *
 * In that order, and on past a failure wherever the next link can be looked at without the broken
 * one. Needs no daemon; nothing is changed anywhere but by {@code --write}, which leaves a tiny
 * path on the server. Knows the daemon by its socket and its files only, never the queue's insides.
 */
@NullMarked
package io.hookq.daemon.doctor;

import org.jspecify.annotations.NullMarked;
