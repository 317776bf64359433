/**
 * {@code hookq demo}: a few store paths travel from a build to another store, all of it on this
 * machine and below one temporary folder.
 *
 * <pre>
 * near store ── build ──▶ hook ──▶ daemon ── SSH ──▶ far store
 *
 *          with Nix                       without
 * near     nix-daemon, nix-build          a folder
 * far      nix-store --serve --write      a folder behind our ServeServer
 * SSH      sshd where it is there and     our own server
 *          Nix is, else our own server
 * </pre>
 *
 * Hook and daemon are the real ones in every case. Everything that is started belongs to someone
 * who closes it; nothing of the machine's own Nix or SSH is read or changed.
 */
@NullMarked
package io.hookq.daemon.demo;

import org.jspecify.annotations.NullMarked;
